import type { Commands } from 'packetwalk';

/** So many neighbours the kernel keeps in all its namespaces together (gc_thresh3, arp(7)); permanent ones do not count. */
const NEIGHBOURS = 1024;

/** A MAC that spells an address: Docker's 02:42, then its four bytes. */
const spelt = (address: string) => ['02', '42', ...address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');

/** A step for a segment of so many nodes that the kernel could not keep who has which MAC: it is told once for all. */
export function acquainted<Node extends string>(nodes: Record<Node, { address: string }>, device = 'enp0s1'): Record<string, Commands<Node>> {
  const all = Object.entries<{ address: string }>(nodes);
  if (all.length * (all.length - 1) < NEIGHBOURS / 2) return {};
  const told = all.map(([name, { address }]) => [
    name,
    [
      `ip link set dev ${device} address ${spelt(address)}`,
      ...all
        .filter(([other]) => other !== name)
        .map(([, peer]) => `ip neigh add ${peer.address} lladdr ${spelt(peer.address)} dev ${device} nud permanent`),
    ].join('\n'),
  ]);
  return { 'Tell the nodes each other’s MAC: their kernel has room for 1024 neighbours in all': Object.fromEntries(told) as Commands<Node> };
}
