import type { WalkResult } from './events.ts';
import type { Plan } from './plan.ts';

/** A command that shows what a node knew when it decided where the packet goes. */
export interface Clue {
  node: string;
  command: string;
}

/** Where to look when a walk was lost: at the last point that saw the packet, and at the one that should have. */
export function clues({ hops, lostAt }: WalkResult, plan: Plan): Clue[] {
  if (!lostAt) return [];
  const index = hops.findIndex((hop) => `${hop.reply ? 'reply ' : ''}${hop.at}` === lostAt && hop.verdict !== 'passed');
  const [last, next] = [hops[index - 1], hops[index]!];
  const [node, device] = split((last ?? next).at);
  const [nextNode, nextDevice] = split(next.at);
  const headers = (last?.seen.length ? last.seen : next.expected).filter((header) => header.startsWith('ip('));
  const inner = /dst: '([\d.]+)'/.exec(headers.at(-1) ?? '')?.[1];
  const outer = headers.length > 1 ? /dst: '([\d.]+)'/.exec(headers[0]!)?.[1] : undefined;
  const list: Clue[] = [];
  const add = (command: string, at = node) => list.push({ node: at, command });
  if (!last || node === nextNode) {
    if (inner) add(`ip route get ${inner}`);
    if (!plan.pods.some((pod) => pod.name === node)) add('sysctl net.ipv4.ip_forward');
    for (const each of new Set([device, nextDevice])) {
      add(`ip -d link show dev ${each}`);
      add(`ip neigh show dev ${each}`);
    }
    add('bridge fdb show');
  } else {
    if (outer ?? inner) add(`ip route get ${outer ?? inner}`);
    add(`ip neigh show dev ${device}`);
    add(`ip -d link show dev ${nextDevice}`, nextNode);
  }
  return list;
}

const split = (point: string): [string, string] => {
  const at = point.indexOf(':');
  return [point.slice(0, at), point.slice(at + 1)];
};
