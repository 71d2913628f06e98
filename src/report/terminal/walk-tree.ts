import { bold, dim, green } from 'yoctocolors';
import type { HopResult, WalkResult } from '../../judge/result.ts';
import type { Header } from '../../packet/index.ts';
import { briefText } from '../brief.ts';
import { changes } from '../changes.ts';
import { hopText, partText, wayText } from '../notation.ts';
import { row, wrapped } from './text.ts';

/** The way of a packet that came by as listed: place by place, and of each hop what became of the packet there. */
export function treeLines(walk: WalkResult, columns: number): string[] {
  const { hops } = walk;
  const names = hops.map((hop) => nameWithin(hop, walk));
  const widest = Math.max(0, ...hops.map(({ kind }, i) => (kind === 'point' ? names[i]!.length : 0)));
  const beneath = ' '.repeat(widest + 4);
  return hops.flatMap((hop, i) => {
    const before = hops[i - 1];
    const turns = before !== undefined && before.part !== hop.part;
    const isElsewhere = turns || before?.place !== hop.place;
    const isLast = hops[i + 1]?.part !== hop.part || hops[i + 1]?.place !== hop.place;
    const known = hops.findLast((each, j) => j < i && each.part === hop.part && each.kind === 'point');
    const head = `  ${isLast ? '└' : '├'} ${green('✓')} ${names[i]!.padEnd(hop.kind === 'point' ? widest : 0)} `;
    const stem = `  ${isLast ? ' ' : '│'} `;
    return [
      ...(turns ? [dim(partText(hop.part, walk))] : []),
      ...(isElsewhere ? [bold(hop.place)] : []),
      ...row(head, hop.because, '', { columns }).map((line, n) => (n ? stem + line.slice(stem.length) : line)),
      ...becameOf(hop, known?.kind === 'point' ? known.seen : null)
        .flatMap((text) => wrapped(text, columns - stem.length - beneath.length))
        .map((line) => `${stem}${beneath}${dim(line)}`),
    ];
  });
}

/** Where a hop is, within its place: `eth0`, `nat POSTROUTING`. */
const nameWithin = (hop: HopResult, walk: WalkResult): string => hopText(hop, walk).slice(hop.place.length + 1);

/** What a packet is where its part begins; behind that, in what it is another one than where it was last seen. */
function becameOf(hop: HopResult, before: readonly Header[] | null): string[] {
  if (hop.kind === 'hook') return hop.seen ? [wayText(hop.seen).replace(/^[ :]+/, '')].filter(Boolean) : [];
  if (!hop.seen) return [];
  if (!before) return [briefText(hop.seen)];
  const text = changes(before, hop.seen).filter((each) => !each.startsWith('to MAC '));
  return text.length ? [text.join('; ')] : [];
}
