import { type Crossed, type HopAt, whereOfHop, whereOfStray } from '../judge/outcome.ts';
import type { Stray, WalkResult } from '../judge/result.ts';
import { laterIndex, type Part } from '../lab/part.ts';
import { describe, type ExpectedHeader, type Header, shown } from '../packet/index.ts';
import { type Ending, type HookAt, type Way, whereText } from '../plan/hops.ts';

/** A text in a lab's own notation, in quotes: `'It’s'`, `'the pod\'s'`. */
export const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\r', '\\r').replaceAll('\n', '\\n')}'`;

/** A header as a lab states it: `ip({ dst: '10.42.1.9', ttl: 63 })`. */
export const headerText = (header: ExpectedHeader): string => describe([header])[0]!;

/** Seen headers in a line, with the fields that are worth attention and those that `like` states. */
export const seenText = (seen: readonly Header[], like: readonly ExpectedHeader[] = []): string =>
  describe(seen, like).join(', ');

/** How a way ends: `policy accept`, `dnat to 10.42.1.6:80`. */
const endingText = ({ policy, verdict, to }: Ending): string =>
  [...(policy ? ['policy'] : []), verdict, ...(to ? ['to', to] : [])].join(' ');

/** A way behind its base chain: ` > KUBE-SERVICES: accept`; nothing where nothing is said of it. */
export const wayText = ({ chains, ending }: Way): string =>
  chains.map((chain) => ` > ${chain}`).join('') + (ending ? `: ${endingText(ending)}` : '');

/** A way through a base chain as `through` takes it: `nat PREROUTING > KUBE-SERVICES: dnat to 10.42.1.6:80`. */
export const throughText = (hook: Pick<HookAt, 'table' | 'chain'> & { family?: HookAt['family'] | null }, way: Way) =>
  hookText(hook) + wayText(way);

/** A base chain without its place; the family of iptables goes unsaid. */
function hookText({ family, table, chain }: Parameters<typeof throughText>[0]): string {
  return [...(family && family !== 'ip' ? [family] : []), table, chain].join(' ');
}

/** What is listed or seen at a hop or besides, to be written: headers, or a way through a hook and the rule that decided. */
export type Content = { headers: ExpectedHeader[] } | { way: string; rule?: string };

/** What the lab lists at a hop. */
export const expectedOf = (hop: HopAt): Content =>
  hop.kind === 'point' ? { headers: hop.expected } : { way: throughText(hop, hop.expected) };

/** What was seen at a hop, with the fields that are worth attention and those that are stated; null where nothing was. */
export function seenOf(hop: HopAt): Content | null {
  if (!hop.seen) return null;
  return hop.kind === 'point' ? { headers: shown(hop.seen, hop.expected) } : hookContent(hop, hop.seen);
}

const hookContent = (hook: Parameters<typeof throughText>[0], { rule, ...way }: Way & { rule?: string }): Content => ({
  way: throughText(hook, way),
  ...(rule && { rule }),
});

/** Of several ways that a walk lists, the one that it is told by, in a line; nothing where it lists one. */
export function waysText({ ways = [], verdict }: Pick<WalkResult, 'ways' | 'verdict'>): string[] {
  if (!ways.length) return [];
  const told = {
    passed: 'it took the way',
    failed: 'of its ways, it came furthest on',
    unknown: 'told by the way',
    skipped: 'told by the way',
  };
  return [`${told[verdict]} ${ways.map(quoted).join(', ')}`];
}

/** Where a hop is, in a walk's listing, without the part that it belongs to. */
export const hopText = (hop: HopAt, walk: Crossed): string => whereText(whereOfHop(hop, walk));

/** The packet that a part is: `request`, `reply`, `end`, or what the lab says that a later one is. */
export const partText = (part: Part, { later = [] }: Pick<WalkResult, 'later'>): string =>
  later[laterIndex(part) ?? -1] ?? part;

const whose = (part: Part): string => (part === 'request' ? '' : `the ${part} was `);

/** That a packet was where it should not be, in a line: `seen 63 times at m1:flan, where it should not be`. */
export function strayText(stray: Stray, walk: Crossed): string {
  const often = stray.kind === 'point' && stray.times > 1 ? ` ${stray.times} times` : '';
  return `${whose(stray.part)}seen${often} at ${whereText(whereOfStray(stray, walk))}, where it should not be`;
}

/** That the command by which a packet was sent failed, or was interrupted, in a line; nothing where it did not. */
export function commandText({ code, interrupted }: { code: number; interrupted?: true }): string[] {
  if (interrupted) return ["the sender's command was interrupted: nothing of its packet was under way any more"];
  return code ? [`the sender's command ended with ${code}`] : [];
}
