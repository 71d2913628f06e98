import type { Commands } from 'packetwalk';

/** So many neighbours the kernel keeps in all its namespaces together (gc_thresh3, arp(7)); permanent ones do not count. */
const NEIGHBOURS = 1024;

/** A MAC that spells an address: Docker's 02:42, then its four bytes. */
const spelt = (address: string) => ['02', '42', ...address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');

const segmentOf = (address: string) => address.slice(0, address.lastIndexOf('.'));

/** A step for segments, a /24 each, of so many nodes that the kernel could not keep who has which MAC: it is told once for all. */
export function acquainted<Node extends string>(nodes: Record<Node, { address: string }>, device = 'enp0s1'): Record<string, Commands<Node>> {
  const all = Object.entries<{ address: string }>(nodes);
  const told = all.map(([name, { address }]) => {
    const peers = all.filter(([other, peer]) => other !== name && segmentOf(peer.address) === segmentOf(address));
    return { name, address, peers: peers.map(([, peer]) => peer.address) };
  });
  if (told.reduce((sum, { peers }) => sum + peers.length, 0) < NEIGHBOURS / 2) return {};
  const lines = told.map(({ name, address, peers }) => [
    name,
    [
      `ip link set dev ${device} address ${spelt(address)}`,
      ...peers.map((peer) => `ip neigh add ${peer} lladdr ${spelt(peer)} dev ${device} nud permanent`),
    ].join('\n'),
  ]);
  return { 'Tell the nodes each other’s MAC: their kernel has room for 1024 neighbours in all': Object.fromEntries(lines) as Commands<Node> };
}
