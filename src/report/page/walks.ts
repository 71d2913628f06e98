import type { WalkResult } from '../../judge/result.ts';
import { type MacPoints, withoutChance } from '../../compare/chance.ts';
import { stack } from '../../compare/facts.ts';
import { partOf } from '../../lab/part.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Document } from '../../record/document.ts';
import { carried } from '../layers.ts';
import { escaped } from '../markup.ts';
import { stackLines } from '../terminal/stack.ts';
import { wrapped } from '../terminal/text.ts';
import { block, folded, html, prompted } from './parts.ts';
import { stable } from './stable.ts';

/** The walks as they were observed: the first one open, the others on demand. */
export function walksPart(plan: Plan, { walks }: Document, macs: MacPoints): string {
  const [first, ...others] = walks.map((walk) => ({ walk, text: walkText(walk, plan, macs) }));
  return [
    '## Walks',
    'Headers are shown where they change.',
    `**${escaped(first!.walk.name)}**${proves(first!.walk)}\n\n${first!.text}`,
    ...others.map(({ walk, text }) => folded(`<b>${html(walk.name)}</b>${proves(walk)}`, text)),
  ].join('\n\n');
}

const proves = ({ claims }: WalkResult) => (claims.length ? ` (${claims.join(', ')})` : '');

/** How wide what was seen at a hop may be. */
const WIDTH = 100;

function walkText(walk: WalkResult, plan: Plan, macs: MacPoints): string {
  const widest = Math.max(...walk.hops.map(({ at }) => at.length));
  const told = withoutChance(walk, macs).hops.map((headers) =>
    headers.map((header) => stack([header]).replaceAll(/\bnumber \d+/g, '…')),
  );
  const lines = walk.hops.flatMap((hop, i) => {
    const part = partOf(hop);
    const turns = i > 0 && part !== partOf(walk.hops[i - 1]!);
    const before = turns ? -1 : walk.hops.findLastIndex(({ at }, j) => j < i && isPoint(at));
    const same = isPoint(hop.at) && before >= 0 && unchanged(told[i]!, told[before]!);
    const seen = isPoint(hop.at) ? stackLines(told[i]!, WIDTH) : hookLines(hop);
    return [
      ...(turns ? ['', part] : []),
      `${hop.at.padEnd(widest)}  ${hop.because}`,
      ...(same ? [] : seen.map((line) => `${' '.repeat(widest + 4)}${stable(line, plan, macs)}`)),
    ];
  });
  return block([prompted(walk.send.from, walk.send.command), '', ...lines], Number.POSITIVE_INFINITY);
}

/** Whether it is an interface, and no hook. */
const isPoint = (at: string) => at.includes(':');

const hookLines = ({ seen, translation }: WalkResult['hops'][number]): string[] =>
  [...seen, ...(translation ? [`conntrack: ${translation}`] : [])].flatMap((line) => wrapped(line, WIDTH));

const protocols = (headers: string[]) =>
  headers
    .map((header) => header.slice(0, header.indexOf('(')))
    .filter((protocol) => protocol !== 'ether')
    .join();

/** Whether a hop's headers say nothing that those of the hop before it did not say. */
const unchanged = (headers: string[], before: string[]): boolean =>
  protocols(headers) === protocols(before) && headers.every((header) => carried(header, before));
