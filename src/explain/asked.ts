import type { HopResult, WalkResult } from '../judge/result.ts';
import type { Plan } from '../plan/plan.ts';
import { liveness } from '../plan/script.ts';

/** A command that shows what a node knew when it decided where the packet goes. */
export interface Clue {
  node: string;
  command: string;
}

/** Where to look when a walk was lost: at the last point that saw the packet, and at the one that should have. */
export function clues({ hops, lostAt }: WalkResult, plan: Plan): Clue[] {
  if (!lostAt) return [];
  const daemons = (...near: string[]) =>
    plan.daemons.flatMap(({ place, ...daemon }) =>
      near.includes(place) ? [{ node: place, command: liveness(daemon) }] : [],
    );
  const index = hops.findIndex((hop) => hop.verdict !== 'passed');
  const next = hops[index]!;
  const last = hops.findLast(({ at }, i) => i < index && at.includes(':'));
  if (!next.at.includes(':')) {
    const [at = '', table, chain] = next.at.split(' ');
    return [{ node: at, command: `nft list chain ip ${table} ${chain}` }, ...daemons(at)];
  }
  const [node, device] = split((last ?? next).at);
  const [nextNode, nextDevice] = split(next.at);
  if (last && node !== nextNode)
    return [
      { node, command: `ip route get ${ofIp(last, 'dst', 0)}` },
      { node, command: `ip neigh show dev ${device}` },
      { node: nextNode, command: `ip -br link show dev ${nextDevice}` },
      ...daemons(node, nextNode),
    ];
  const routed = last ? `ip route get ${ofIp(last, 'dst')} from ${ofIp(last, 'src')} iif ${device}` : undefined;
  const commands = [
    ...(wrapped(next) && last && !wrapped(last)
      ? [`ip neigh show dev ${device}`, `bridge fdb show dev ${device}`]
      : []),
    ...(last && wrapped(last) && !wrapped(next) ? ['ip -d link show type vxlan', 'ss -lun'] : []),
    ...(last && !plan.pods.some(({ name }) => name === node) ? ['sysctl net.ipv4.ip_forward'] : []),
    routed ?? `ip route get ${ofIp(next, 'dst')}`,
    "ip rule | grep -vE 'lookup (local|main|default)$'",
    // What was seen with other addresses may have been translated.
    `nft list ruleset 2>/dev/null | grep -E 'drop|reject${next.seen.length ? '|snat|dnat|masquerade' : ''}'`,
    `ip neigh show dev ${nextDevice}`,
    `ip -br link show dev ${nextDevice}`,
  ];
  return [...commands.map((command) => ({ node, command })), ...daemons(node)];
}

const wrapped = ({ seen, expected }: HopResult) => [...seen, ...expected].some((header) => header.startsWith('vxlan('));

/** An address of a hop's innermost IP header, or of the one at an index. */
function ofIp({ seen, expected }: HopResult, field: 'src' | 'dst', index = -1): string {
  const headers = (seen.length ? seen : expected).filter((header) => header.startsWith('ip('));
  return new RegExp(`${field}: '([\\d.]+)'`).exec(headers.at(index) ?? '')?.[1] ?? '';
}

const split = (point: string): [string, string] => {
  const at = point.indexOf(':');
  return [point.slice(0, at), point.slice(at + 1)];
};
