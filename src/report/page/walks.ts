import { describable, type MacPoints, withoutChance } from '../../compare/chance.ts';
import type { HopResult, WalkResult } from '../../judge/result.ts';
import type { ExpectedHeader } from '../../packet/index.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Document } from '../../record/document.ts';
import { carried } from '../layers.ts';
import { escaped } from '../markup.ts';
import { headerText, hopText, partText, seenOf } from '../notation.ts';
import { stackLines } from '../terminal/stack.ts';
import { wrapped } from '../terminal/text.ts';
import { block, folded, html, prompted } from './parts.ts';
import { stable } from './stable.ts';

/** Where the picture of a lab's walk is, from its page. */
export const pictureOf = (lab: string, walk: number): string => `pictures/${lab}-${walk + 1}.svg`;

/** The walks as they were observed: the first one open, the others on demand. */
export function walksPart(plan: Plan, { walks }: Document, macs: MacPoints): string {
  const [first, ...others] = walks.map((walk, i) => ({
    walk,
    text: `![The way that it takes](${pictureOf(plan.name, i)})\n\n${walkText(walk, plan, macs)}`,
  }));
  return [
    '## Walks',
    'Headers are shown where they change. A hop has its number in the picture.',
    `**${escaped(first!.walk.name)}**${proves(first!.walk)}\n\n${first!.text}`,
    ...others.map(({ walk, text }) => folded(`<b>${html(walk.name)}</b>${proves(walk)}`, text)),
  ].join('\n\n');
}

const proves = ({ claims }: WalkResult) => (claims.length ? ` (${claims.join(', ')})` : '');

/** How wide what was seen at a hop may be. */
const WIDTH = 100;

function walkText(walk: WalkResult, plan: Plan, macs: MacPoints): string {
  const digits = String(walk.hops.length).length;
  const places = walk.hops.map((hop, i) => `${String(i + 1).padStart(digits)}  ${hopText(hop, walk)}`);
  const widest = Math.max(...places.map(({ length }) => length));
  const told = withoutChance(walk, macs).hops.map((headers) => headers.map(describable));
  const lines = walk.hops.flatMap((hop, i) => {
    const turns = i > 0 && hop.part !== walk.hops[i - 1]!.part;
    const before = turns ? -1 : walk.hops.findLastIndex(({ kind }, j) => j < i && kind === 'point');
    const same = hop.kind === 'point' && before >= 0 && unchanged(told[i]!, told[before]!);
    const seen = hop.kind === 'point' ? stackLines(told[i]!, WIDTH, { write }) : hookLines(hop);
    return [
      ...(turns ? ['', partText(hop.part, walk)] : []),
      `${places[i]!.padEnd(widest)}  ${hop.because}`,
      ...(same ? [] : seen.map((line) => `${' '.repeat(widest + 4)}${stable(line, plan, macs)}`)),
    ];
  });
  return block([prompted(walk.send.from, walk.send.command), '', ...lines], Number.POSITIVE_INFINITY);
}

/** A header in which a number that chance chose is left out. */
const write = (header: ExpectedHeader): string =>
  headerText(header)
    .replaceAll(/'number \d+'/g, '…')
    .replaceAll(/'(MAC \d+)'/g, '$1');

/** The way through a hook, the rule that decided beneath it, and what was translated. */
function hookLines(hop: HopResult): string[] {
  const seen = seenOf(hop);
  const way = seen && 'way' in seen ? [seen.way, ...(seen.rule ? [`  ${seen.rule}`] : [])] : [];
  const translation = hop.kind === 'hook' && hop.translation ? [`conntrack: ${hop.translation}`] : [];
  return [...way, ...translation].flatMap((line) => (line.length > WIDTH ? wrapped(line, WIDTH) : [line]));
}

const protocols = (headers: ExpectedHeader[]) =>
  headers
    .map(({ protocol }) => protocol)
    .filter((protocol) => protocol !== 'ether')
    .join();

/** Whether a hop's headers say nothing that those of the hop before it did not say. */
const unchanged = (headers: ExpectedHeader[], before: ExpectedHeader[]): boolean =>
  protocols(headers) === protocols(before) && headers.every((header) => carried(header, before));
