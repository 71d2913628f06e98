import { at, daemon, icmp, icmp6, ip, ip6, lab, lines, send } from 'packetwalk';
import { doesNotForward } from './kit/faults.ts';

// The underlay, the pods, and the MAC that Calico gives to every node’s end of a pod’s cable.
const [master, node1] = ['192.168.205.4', '192.168.205.3'];
const [master6, node16] = ['fd00:205::4', 'fd00:205::3'];
const [A, B] = ['10.42.0.65', '10.42.1.9'];
const [A6, B6] = ['fd00:42::65', 'fd00:42:1::9'];
const cali = 'ee:ee:ee:ee:ee:ee';
const gateway6 = 'fe80::ecee:eeff:feee:eeee';

const ping = (ttl: number) => [ip({ src: A, dst: B, ttl }), icmp({ type: 'echo request' })];
const pong = (ttl: number) => [ip({ src: B, dst: A, ttl }), icmp({ type: 'echo reply' })];
const ping6 = (hopLimit: number) => [ip6({ src: A6, dst: B6, hopLimit }), icmp6({ type: 'echo request' })];
const pong6 = (hopLimit: number) => [ip6({ src: B6, dst: A6, hopLimit }), icmp6({ type: 'echo reply' })];

const on = 'sysctl -w net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.disable_ipv6=0';

/** A node’s end of a pod’s cable: no address but the link-local one that its MAC gives it, and a route to the pod of each stack. */
const endOf = (card: string, pod: string, pod6: string) => `
  ip link set ${card} address ${cali}
  sysctl -w net.ipv4.conf.${card}.proxy_arp=1 net.ipv4.neigh.${card}.proxy_delay=0
  ip route add ${pod} dev ${card} scope link
  sysctl -w net.ipv6.conf.${card}.accept_dad=0 net.ipv6.conf.${card}.disable_ipv6=1
  sysctl -w net.ipv6.conf.${card}.disable_ipv6=0
  ip -6 route add ${pod6} dev ${card}`;

const pod = (own6: string) => `
  ${on}
  ip -6 addr add ${own6}/128 dev eth0 nodad
  ip route add 169.254.1.1 dev eth0 scope link
  ip route add default via 169.254.1.1 dev eth0
  ip -6 route add default via ${gateway6} dev eth0`;

/** One BIRD of Calico’s two: it tells the other node of its own block, and gives the kernel what it learns. */
const config = (file: string, family: 'ipv4' | 'ipv6', id: string, own: string, peer: string, block: string) => `
  cat > /run/${file}.cfg <<'END'
  router id ${id};
  protocol device { }
  protocol kernel { ${family} { export all; }; }
  protocol static { ${family}; route ${block} blackhole; }

  # How to send to the peer, and so to the pods that it announces.
  ${family} table next_hops;
  protocol static { ${family} { table next_hops; }; route ${peer}/${family === 'ipv4' ? 32 : 128} via ${peer}; }

  protocol bgp mesh {
    local ${own} as 64512;
    neighbor ${peer} as 64512;
    multihop;
    connect delay time 1;
    connect retry time 1;
    error wait time 1, 4;
    ${family} { import all; export where source = RTS_STATIC; igp table next_hops; };
  }
  END`;

const bird = (name: 'bird' | 'bird6', learned: string) =>
  daemon(name, `bird -f -c /run/${name}.cfg -s /run/${name}.ctl`, {
    'Its session is Established': `birdc -s /run/${name}.ctl show protocols mesh | grep -q Established`,
    'The kernel has the other node’s block': `ip ${name === 'bird' ? '-4' : '-6'} route show ${learned} proto bird | grep -q via`,
  });

export default lab({
  title: 'Calico with two stacks routes both by BGP, by a BIRD for each',
  about:
    'Two nodes on one segment, each with a block of pod addresses of IPv4 and one of IPv6. What confd would write for BIRD is typed. A pod’s gateway of IPv4 is 169.254.1.1, which the node answers for by proxy ARP; that of IPv6 is the link-local address of the node’s end.',
  nodes: { lan: 'switch', gw: 'router', master: 'router', node1: 'router', podA: 'pod on master', podB: 'pod on node1' },
  links: [
    'gw:eth0 192.168.205.1/24 -- lan',
    `master:enp0s1 ${master}/24 -- lan`,
    `node1:enp0s1 ${node1}/24 -- lan`,
    `podA:eth0 ${A}/32 -- master:caliA`,
    `podB:eth0 ${B}/32 -- node1:caliB`,
  ],
  setup: {
    'Point each node to the gateway: proxy ARP answers only where there is a route': {
      master: 'ip route add default via 192.168.205.1',
      node1: 'ip route add default via 192.168.205.1',
    },
    'Switch IPv6 on; nodes forward it': {
      master: `${on}\nsysctl -w net.ipv6.conf.all.forwarding=1\nip -6 addr add ${master6}/64 dev enp0s1 nodad`,
      node1: `${on}\nsysctl -w net.ipv6.conf.all.forwarding=1\nip -6 addr add ${node16}/64 dev enp0s1 nodad`,
    },
    'Give each pod its routes, and its node a route to it': {
      master: endOf('caliA', A, A6),
      node1: endOf('caliB', B, B6),
      podA: pod(A6),
      podB: pod(B6),
    },
    'Configure a BIRD for each stack': {
      master: config('bird', 'ipv4', master, master, node1, '10.42.0.64/26') + config('bird6', 'ipv6', master, master6, node16, 'fd00:42::40/122'),
      node1: config('bird', 'ipv4', node1, node1, master, '10.42.1.0/26') + config('bird6', 'ipv6', node1, node16, master6, 'fd00:42:1::/122'),
    },
    'Start them: each node tells the other of its blocks': {
      master: [bird('bird', '10.42.1.0/26'), bird('bird6', 'fd00:42:1::/122')],
      node1: [bird('bird', '10.42.0.64/26'), bird('bird6', 'fd00:42::40/122')],
    },
  },
  walks: {
    'podA pings podB by IPv4': {
      send: send('podA', `ping -c 1 ${B}`),
      request: [
        at('podA:eth0', 'The pod hands it to 169.254.1.1', ping(64)),
        at('master:caliA', 'It comes to the node', ping(64)),
        at('master:enp0s1', 'The route that BIRD learned leads to the other node, unwrapped', ping(63)),
        at('node1:enp0s1', 'It arrives there', ping(63)),
        at('node1:caliB', 'The pod’s own route leads to its cable', ping(62)),
        at('podB:eth0', 'The pod has it', ping(62)),
      ],
      reply: [
        at('podB:eth0', 'The answer begins', pong(64)),
        at('node1:caliB', 'It comes to the node', pong(64)),
        at('node1:enp0s1', 'Routed to master', pong(63)),
        at('master:enp0s1', 'It arrives there', pong(63)),
        at('master:caliA', 'Routed to the pod', pong(62)),
        at('podA:eth0', 'Back at the pod', pong(62)),
      ],
    },
    'podA pings podB by IPv6': {
      send: send('podA', `ping -c 1 ${B6}`),
      request: [
        at('podA:eth0', 'The pod hands it to the node’s link-local address', ping6(64)),
        at('master:caliA', 'It comes to the node', ping6(64)),
        at('master:enp0s1', 'The route that the other BIRD learned leads to the other node', ping6(63)),
        at('node1:enp0s1', 'It arrives there', ping6(63)),
        at('node1:caliB', 'The pod’s own route leads to its cable', ping6(62)),
        at('podB:eth0', 'The pod has it', ping6(62)),
      ],
      reply: [
        at('podB:eth0', 'The answer begins', pong6(64)),
        at('node1:caliB', 'It comes to the node', pong6(64)),
        at('node1:enp0s1', 'Routed to master', pong6(63)),
        at('master:enp0s1', 'It arrives there', pong6(63)),
        at('master:caliA', 'Routed to the pod', pong6(62)),
        at('podA:eth0', 'Back at the pod', pong6(62)),
      ],
    },
  },
  checks: {
    'Each block of the other node is behind its address of that stack': {
      run: 'ip route show proto bird; ip -6 route show proto bird',
      see: { master: lines(`10.42.1.0/26 via ${node1} dev enp0s1`, `fd00:42:1::/122 via ${node16} dev enp0s1`) },
    },
  },
  faults: {
    'node1 does not forward IPv4': doesNotForward('node1', { lostAt: 'node1:caliB', untouched: ['podA pings podB by IPv6'] }),
    'node1 has no route to podB: the packet ends in its block’s blackhole': {
      break: { node1: `ip route del ${B}` },
      lostAt: 'node1:caliB',
      cause: 'blackhole route',
      untouched: 'all',
      hint: 'Run `ip route get 10.42.1.9` on node1, then `ip route show 10.42.1.0/26`.',
      fix: { node1: `ip route add ${B} dev caliB scope link` },
    },
    'master no longer has what it learned of node1’s IPv6 pods': {
      break: { master: 'birdc -s /run/bird6.ctl disable mesh\nuntil ! ip -6 route show fd00:42:1::/122 | grep -q via; do sleep 0.05; done' },
      walk: 'podA pings podB by IPv6',
      lostAt: 'master:enp0s1',
      cause: 'no IPv6 route',
      untouched: 'all',
      hint: 'Run `birdc -s /run/bird6.ctl show protocols` on master. Which of the two BIRDs has lost its session?',
      fix: { master: 'birdc -s /run/bird6.ctl enable mesh\nuntil ip -6 route show fd00:42:1::/122 | grep -q via; do sleep 0.05; done' },
    },
    'node1 forwards nothing of IPv6': {
      break: { node1: 'sysctl -w net.ipv6.conf.all.forwarding=0' },
      walk: 'podA pings podB by IPv6',
      lostAt: 'node1:caliB',
      cause: 'IPv6 forwarding off',
      untouched: 'all',
      hint: 'Run `sysctl net.ipv6.conf.all.forwarding` on node1. Its IPv4 has a switch of its own.',
      fix: { node1: 'sysctl -w net.ipv6.conf.all.forwarding=1' },
    },
  },
});
