import { at, gre, icmp, ip, json, lab, lines, send } from 'packetwalk';

// After gre_multipath.sh, one of the kernel’s selftests of forwarding.
//
//   +---------------------------+                   +---------------------------+
//   | h1  eth0  192.0.2.2       |                   |  203.0.113.2 to .30  eth0 | h2
//   +-------+-------------------+                   +-------------------+-------+
//           |                                                           |
//   +-------+-------------------+                   +-------------------+-------+
//   | sw1  ol  192.0.2.1        |                   |       203.0.113.1  ol     |
//   |                           |                   |                           |
//   |   +-- g1a  10.0.1.1  .......................... 10.0.1.2  g2a --+         |
//   | 203.0.113.0/24            |                   |       192.0.2.0/24        |
//   |   +-- g1b  10.0.2.1  .......................... 10.0.2.2  g2b --+         |
//   |                           |                   |                           |
//   |       ul   198.51.100.1   +-------------------+   198.51.100.2  ul    sw2 |
//   +---------------------------+                   +---------------------------+

const h1 = '192.0.2.2';
const [under1, under2] = ['198.51.100.1', '198.51.100.2'];
const asked = (ttl: number) => [ip({ src: h1, ttl }), icmp({ type: 'echo request' })];
const outer = (net: number) => [ip({ src: `10.0.${net}.1`, dst: `10.0.${net}.2`, ttl: 64 }), gre()];

/** Two tunnels, from addresses of the node’s own to those of the other. */
const tunnels = (me: number) => `
  ip addr add 10.0.1.${me}/32 dev lo
  ip addr add 10.0.2.${me}/32 dev lo
  ip link add g${me}a up type gre local 10.0.1.${me} remote 10.0.1.${3 - me} ttl 64
  ip link add g${me}b up type gre local 10.0.2.${me} remote 10.0.2.${3 - me} ttl 64`;

/** Leaves the first of h2’s addresses that sw1 sends into a tunnel in a file of its name; fails where there is none. */
const firstBy = (tunnel: string) => `
  for i in $(seq 2 30); do ip -o route get 203.0.113.$i from ${h1} iif ol | grep -q 'dev ${tunnel} ' && echo 203.0.113.$i; done | head -1 > /run/by-${tunnel}
  test -s /run/by-${tunnel}`;

/** The way of a ping to an address that goes by one of the tunnels. */
const by = <const One extends 'g1a' | 'g1b', const Two extends 'g2a' | 'g2b'>(one: One, two: Two, net: number) => ({
  send: send('h1', `ping -c 1 $(cat /run/by-${one})`),
  request: [
    at('h1:eth0', 'To an address of h2', asked(64)),
    at('sw1:ol', 'Two ways lead there, and are as good', asked(64)),
    at(`sw1:${one}`, 'The addresses of sender and receiver decide which it takes', asked(63)),
    at('sw1:ul', 'Wrapped from this tunnel’s one end to its other', outer(net), asked(63)),
    at('sw2:ul', 'Both tunnels go by one wire', outer(net), asked(63)),
    at(`sw2:${two}`, 'The outer addresses tell by which it came', asked(63)),
    at('sw2:ol', 'Routed', asked(62)),
    at('h2:eth0', 'It arrives', asked(62)),
  ],
});

export default lab({
  title: 'A route with two GRE tunnels sends each pair of addresses through one of them',
  about:
    'Which of the ways a flow takes follows from a hash that starts anew with each boot of the kernel. So sw1 is asked first, and leaves an address for either way in a file; h1 is a pod of it and can read that.',
  nodes: { sw1: 'router', h1: 'pod on sw1', sw2: 'router', h2: 'host' },
  links: [`h1:eth0 ${h1}/24 -- sw1:ol 192.0.2.1/24`, `sw1:ul ${under1}/24 -- sw2:ul ${under2}/24`, 'sw2:ol 203.0.113.1/24 -- h2:eth0 203.0.113.2/24'],
  setup: {
    'h2 has many addresses; each host sends what is elsewhere to its node': {
      h1: 'ip route add default via 192.0.2.1',
      h2: `
        for i in $(seq 3 30); do ip addr add 203.0.113.$i/24 dev eth0; done
        ip route add default via 203.0.113.1`,
    },
    'Lay two tunnels': { sw1: tunnels(1), sw2: tunnels(2) },
    'Each node knows where the other ends are': {
      sw1: `
        ip route add 10.0.1.2 via ${under2}
        ip route add 10.0.2.2 via ${under2}`,
      sw2: `
        ip route add 10.0.1.1 via ${under1}
        ip route add 10.0.2.1 via ${under1}`,
    },
    'One route has both tunnels': {
      sw1: 'ip route add 203.0.113.0/24 nexthop dev g1a nexthop dev g1b',
      sw2: 'ip route add 192.0.2.0/24 nexthop dev g2a nexthop dev g2b',
    },
    'Ask sw1 which of h2’s addresses it reaches by which': { sw1: firstBy('g1a') + firstBy('g1b') },
  },
  walks: {
    'h1 pings an address that goes by the first tunnel': by('g1a', 'g2a', 1),
    'h1 pings an address that goes by the second': by('g1b', 'g2b', 2),
  },
  checks: {
    'The route has two ways of one weight': {
      run: 'ip -j route show 203.0.113.0/24',
      see: {
        sw1: json([
          {
            nexthops: [
              { dev: 'g1a', weight: 1 },
              { dev: 'g1b', weight: 1 },
            ],
          },
        ]),
      },
    },
    'The hash is of addresses alone': { run: 'sysctl net.ipv4.fib_multipath_hash_policy', see: { sw1: lines('= 0') } },
    'An address keeps its way: ten lookups say the same': {
      run: 'for i in $(seq 10); do ip -o route get $(cat /run/by-g1b) from 192.0.2.2 iif ol; done | grep -o "dev g1." | sort | uniq -c',
      see: { sw1: lines('10 dev g1b') },
    },
  },
  faults: {
    'sw1 does not know where the first tunnel ends': {
      break: { sw1: 'ip route del 10.0.1.2' },
      lostAt: 'sw1:ul',
      untouched: ['h1 pings an address that goes by the second'],
      cause: 'no route for the tunnel',
      hint: 'Half of h2’s addresses answer. Run `ip route get 10.0.1.2` on sw1.',
      fix: { sw1: `ip route add 10.0.1.2 via ${under2}` },
    },
    'The second tunnel of sw2 expects another sender': {
      break: { sw2: 'ip link set g2b type gre local 10.0.2.2 remote 10.0.2.9 ttl 64' },
      walk: 'h1 pings an address that goes by the second',
      lostAt: 'sw2:g2b',
      untouched: ['h1 pings an address that goes by the first tunnel'],
      cause: 'tunnel remote differs',
      hint: 'It arrives at sw2:ul and no tunnel takes it. Run `ip -d link show g2b` on sw2.',
      fix: { sw2: 'ip link set g2b type gre local 10.0.2.2 remote 10.0.2.1 ttl 64' },
    },
  },
});
