import { type Change, type Entry, lacking } from './entry.ts';
import { type Block, blocksIn } from './firewall-lines.ts';

interface Placed {
  line: string;
  index: number;
}

/**
 * What differs between two rule sets, line by line in each chain and set. Tables and chains without a rule decide nothing,
 * nor does a base chain whose policy is to accept.
 */
export function firewallChanges(then: string, now: string): Change[] {
  const [was, is] = [blocksIn(then), blocksIn(now)];
  const paths = [...new Set([...was, ...is].map(({ path }) => path))];
  return paths.flatMap((path) => {
    const [before, after] = [linesOf(was, path), linesOf(is, path)];
    return [
      ...changesOfLines(path, before.filter(isBase), after.filter(isBase)).filter(decides),
      ...changesOfLines(path, before.filter(isRule), after.filter(isRule)),
    ];
  });
}

const linesOf = (blocks: readonly Block[], path: string) => blocks.find((each) => each.path === path)?.lines ?? [];

/** The line by which a chain hooks into the stack, with its policy. */
const isBase = (line: string) => /^type \w+ hook /.test(line);
/** A line of a chain that is a rule of it. */
export const isRule = (line: string): boolean => !isBase(line);

const decides = ({ before, after }: Change) =>
  (before !== undefined && after !== undefined) || !/policy accept;/.test((before ?? after)!.value);

function changesOfLines(path: string, then: readonly string[], now: readonly string[]): Change[] {
  const subject = path.replace(/^chain /, '');
  const entry = ({ line }: Placed): Entry => ({
    what: 'firewall rule',
    key: `${path}: ${line}`,
    subject,
    value: line,
    text: `${subject}: ${line}`,
  });
  const placed = (lines: readonly string[]) => lines.map((line, index) => ({ line, index }));
  const same = ({ line }: Placed) => line;
  const was = lacking(placed(then), placed(now), same);
  const is = lacking(placed(now), placed(then), same);
  const isChain = path.startsWith('chain ');
  if (!was.length && !is.length) return isChain ? moved(then, now, entry) : [];
  const keepsPlaces = isChain && then.length === now.length;
  const replaced = keepsPlaces ? was.filter(({ index }) => is.some((each) => each.index === index)) : [];
  const isReplaced = ({ index }: Placed) => replaced.some((each) => each.index === index);
  return [
    ...replaced.map((before) => ({
      before: entry(before),
      after: entry(is.find(({ index }) => index === before.index)!),
    })),
    ...was.filter((each) => !isReplaced(each)).map((each) => ({ before: entry(each) })),
    ...is.filter((each) => !isReplaced(each)).map((each) => ({ after: entry(each) })),
  ];
}

/** Where the same rules stand in another order, the first that is not where it was. */
function moved(then: readonly string[], now: readonly string[], entry: (placed: Placed) => Entry): Change[] {
  const index = then.findIndex((line, i) => line !== now[i]);
  if (index < 0) return [];
  const at = (line = '') => {
    const found = entry({ line, index });
    return { ...found, subject: `${found.subject}, line ${index + 1}` };
  };
  return [{ before: at(then[index]), after: at(now[index]) }];
}
