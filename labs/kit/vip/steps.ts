import { daemon, until } from 'packetwalk';
import { forEvery, onEvery } from '../cluster.ts';
import { feed, program } from '../program.ts';
import { announcements, cluster, pools, router } from './cluster.ts';

const [nodesAs, routersAs] = [64_513, 64_512];

const routed = announcements.filter(({ by }) => by === 'BGP');

/** How many next hops the router’s kernel has for each address that is announced by BGP: `3 2`. */
export const nextHops = `echo ${routed.map(({ vip }) => `$(ip route show ${vip} proto bird | grep -o via | wc -l)`).join(' ')}`;
const all = routed.map(({ nodes }) => nodes.length).join(' ');

/** Goes on once the router’s kernel has so many next hops for each. */
export const untilNextHops = (counts = all) =>
  until(`the router’s kernel has so many next hops: ${counts}`, `test "$(${nextHops})" = "${counts}"`, '60 s');

/** The speaker of a node, once it knows of all others. */
export const speaker = (node: keyof typeof cluster) =>
  daemon('speaker', `perl /run/speaker enp0s1 ${node} ${cluster[node].address}`, {
    'it is connected with the other two': "test $(ss -Htn state established '( sport = :7946 or dport = :7946 )' | wc -l) = 2",
  });

const bird = daemon('bird', 'bird -f -c /run/bird.conf', { 'it can be asked': 'birdc show status | grep -q "up and running"' });

const session = (name: string, own: string, peer: string, [ownAs, peerAs]: readonly [number, number], ...more: string[]) => [
  `protocol bgp ${name} {`,
  `  local ${own} as ${ownAs};`,
  `  neighbor ${peer} as ${peerAs};`,
  '  connect delay time 1;',
  '  connect retry time 1;',
  '  error wait time 1, 2;',
  ...more,
  '}',
];

const nodesBird = (node: string, own: string) => [
  `router id ${own};`,
  'protocol device {}',
  '# The addresses of services: announced, and not for this node’s own routes.',
  'protocol static vips {',
  '  ipv4;',
  ...routed.filter(({ nodes }) => nodes.includes(node)).map(({ vip }) => `  route ${vip}/32 unreachable;`),
  '}',
  ...session('upstream', own, router, [nodesAs, routersAs], '  ipv4 { import none; export where source = RTS_STATIC; };'),
];

const blocks = pools.filter(({ announcedBy }) => announcedBy === 'BGP').map(({ cidr }) => `${cidr}{32,32}`);

const routersBird = [
  `router id ${router};`,
  'protocol device {}',
  '# Ways that are as good become one route with a next hop each.',
  'protocol kernel { merge paths yes; ipv4 { import none; export all; }; }',
  ...forEvery(cluster, ({ name, address }) =>
    // Two calls that cross cost seconds: nodes call, and the router waits for them.
    session(name, router, address, [routersAs, nodesAs], '  passive;', `  ipv4 { import where net ~ [${blocks.join()}]; export none; };`),
  ).flat(),
];

/** Steps: what MetalLB’s speakers do, by BGP and in layer 2 mode. */
export const speakers = {
  // Policy 1 has ports as well, but takes a hash that came with the packet: between namespaces one that the sender’s socket drew.
  'Let the router share flows among the next hops of a route: by addresses, protocol and ports (0x37)': {
    gw: 'sysctl -w net.ipv4.fib_multipath_hash_policy=3 net.ipv4.fib_multipath_hash_fields=55',
  },
  'Have each node announce addresses by BGP: BIRD stands for the speaker, and calls the router after a second': {
    ...onEvery(cluster, (n) => ['mkdir -p /run/bird', feed('cat > /run/bird.conf', nodesBird(n.name, n.address)), bird]),
    gw: ['mkdir -p /run/bird', feed('cat > /run/bird.conf', routersBird), bird],
  },
  'Tell each node’s speaker of the others, and which addresses it may announce by ARP': onEvery(cluster, (n) => [
    feed('cat > /run/speaker.conf', [
      ...n.peers.map(({ name, address }) => `peer ${name} ${address}`),
      ...announcements.filter(({ by }) => by === 'ARP').map(({ vip, nodes }) => `vip ${vip} ${nodes.join(' ')}`),
    ]),
    program('vip/speaker', '/run/speaker'),
  ]),
  'Start the speakers: the first of those that live answers for an address': onEvery(cluster, (n) => speaker(n.name)),
  'The router learns by its three BGP sessions who has which address': { gw: untilNextHops() },
};
