import type { ExpectedHeader, Header } from './protocol.ts';

/** A header and its place in its stack, the outermost being 0. */
export interface Placed<H> {
  header: H;
  at: number;
}

/** An expected header beside the seen one that best answers to it; either may have no counterpart. */
export interface Pair {
  expected?: Placed<ExpectedHeader>;
  seen?: Placed<Header>;
}

interface Alignment {
  pairs: Pair[];
  cost: number;
}

/** More than the fields in which two headers of one protocol can differ. */
const UNPAIRED = 20;

const contradictions = (expected: ExpectedHeader, seen: Header) =>
  Object.entries(expected.fields).filter(([name, stated]) => typeof stated !== 'object' && stated !== seen.fields[name])
    .length;

const cost = ({ expected, seen }: Pair) => (expected && seen ? contradictions(expected.header, seen.header) : UNPAIRED);

const cheapest = (choices: Alignment[]): Alignment =>
  choices.reduce((best, choice) => (choice.cost < best.cost ? choice : best), choices[0] ?? { pairs: [], cost: 0 });

const placed = <H>(stack: readonly H[], at: number): Placed<H> | undefined => {
  const header = stack[at];
  return header && { header, at };
};

const joined = (pair: Pair, rest: Alignment): Alignment => ({
  pairs: [pair, ...rest.pairs],
  cost: cost(pair) + rest.cost,
});

/** Pairs two stacks, outermost first, so that as little as possible differs; of equals, the innermost. */
export const aligned = (expecteds: readonly ExpectedHeader[], seens: readonly Header[]): Pair[] => {
  const found = new Map<number, Alignment>();

  const search = (e: number, s: number): Alignment => {
    const expected = placed(expecteds, e);
    const seen = placed(seens, s);
    const choices: Alignment[] = [];
    if (seen) choices.push(joined({ seen }, from(e, s + 1)));
    if (expected) choices.push(joined({ expected }, from(e + 1, s)));
    if (expected && expected.header.protocol === seen?.header.protocol)
      choices.push(joined({ expected, seen }, from(e + 1, s + 1)));
    return cheapest(choices);
  };

  const from = (e: number, s: number): Alignment => {
    const place = e * (seens.length + 1) + s;
    const best = found.get(place) ?? search(e, s);
    found.set(place, best);
    return best;
  };

  return from(0, 0).pairs;
};
