import type { PointResult, WalkResult } from '../judge/result.ts';
import type { ExpectedHeader, Header } from '../packet/index.ts';
import type { Plan } from '../plan/plan.ts';
import { liveness } from '../plan/script.ts';

/** A command that shows what a node knew when it decided where the packet goes. */
export interface Clue {
  node: string;
  command: string;
}

/**
 * Where to look when a walk was lost: at the last point that saw the packet, and at the one that should have. Nowhere where only
 * the order is another one: no node decided otherwise.
 */
export function clues({ hops, failedAt }: Pick<WalkResult, 'hops' | 'failedAt'>, plan: Plan): Clue[] {
  if (failedAt === null || hops[failedAt]!.fate === 'out of order') return [];
  // A fault may start a daemon again that a step has started.
  const daemons = (...near: string[]) =>
    plan.daemons
      .filter(({ place, name }, i, all) => all.findIndex((each) => each.place === place && each.name === name) === i)
      .flatMap(({ place, ...daemon }) => (near.includes(place) ? [{ node: place, command: liveness(daemon) }] : []));
  const next = hops[failedAt]!;
  if (next.kind === 'hook') {
    const { place, family, table, chain } = next;
    return [{ node: place, command: `nft list chain ${family ?? 'ip'} ${table} ${chain}` }, ...daemons(place)];
  }
  const last = hops.slice(0, failedAt).findLast((hop): hop is PointResult => hop.kind === 'point');
  if (last && last.place !== next.place)
    return [
      { node: last.place, command: `ip route get ${ofIp(last, 'dst', 0)}` },
      { node: last.place, command: `ip neigh show dev ${last.device}` },
      { node: next.place, command: `ip -br link show dev ${next.device}` },
      ...daemons(last.place, next.place),
    ];
  return [...here(last, next, plan).map((command) => ({ node: next.place, command })), ...daemons(next.place)];
}

/** What a node is asked that the packet came to, or began at, and that did not hand it on as listed. */
function here(last: PointResult | undefined, next: PointResult, { pods }: Plan): string[] {
  const isPod = pods.some(({ name }) => name === next.place);
  return [
    ...(wrapped(next) && last && !wrapped(last)
      ? [`ip neigh show dev ${last.device}`, `bridge fdb show dev ${last.device}`]
      : []),
    ...(last && wrapped(last) && !wrapped(next) ? ['ip -d link show type vxlan', 'ss -lun'] : []),
    ...(last && !isPod ? ['sysctl net.ipv4.ip_forward'] : []),
    last
      ? `ip route get ${ofIp(last, 'dst')} from ${ofIp(last, 'src')} iif ${last.device}`
      : `ip route get ${ofIp(next, 'dst')}`,
    "ip rule | grep -vE 'lookup (local|main|default)$'",
    // What was seen with other addresses may have been translated.
    `nft list ruleset 2>/dev/null | grep -E 'drop|reject${next.seen ? '|snat|dnat|masquerade' : ''}'`,
    `ip neigh show dev ${next.device}`,
    `ip -br link show dev ${next.device}`,
  ];
}

const known = ({ seen, expected }: PointResult): (Header | ExpectedHeader)[] => seen ?? expected;

const wrapped = ({ seen, expected }: PointResult) =>
  [...(seen ?? []), ...expected].some(({ protocol }) => protocol === 'vxlan');

/** An address of a hop's innermost IP header, or of the one at an index. */
function ofIp(hop: PointResult, field: 'src' | 'dst', index = -1): string {
  const headers = known(hop).filter(({ protocol }) => protocol === 'ip');
  const address = headers.at(index)?.fields[field];
  return typeof address === 'string' ? address : '';
}
