import { at, icmp, ip, json, lab, lines, oneOf, send, udp } from 'packetwalk';

// After router_multipath.sh, one of the kernel’s selftests of forwarding.
//
//   +--------------------+                                       +----------------------+
//   | h1  eth0           |                                       |  198.51.100.2  eth0  | h2
//   |      192.0.2.2     |                                       |                      |
//   +-------+------------+                                       +-----------+----------+
//           |                                                                |
//   +-------+------------------------+              +------------------------+----------+
//   | r1  lan  192.0.2.1             |              |            198.51.100.1   lan  r2 |
//   |                                |              |                                   |
//   |   way1  169.254.2.12           +--------------+   169.254.2.22  way1              |
//   |   way2  169.254.3.13           +--------------+   169.254.3.23  way2              |
//   +--------------------------------+              +-----------------------------------+

const [h1, h2] = ['192.0.2.2', '198.51.100.2'];
const datagram = (ttl: number) => [ip({ src: h1, dst: h2, ttl }), udp({ dst: 5000 })];
const ping = (kind: 'request' | 'reply', ttl: number) => [
  kind === 'request' ? ip({ src: h1, dst: h2, ttl }) : ip({ src: h2, dst: h1, ttl }),
  icmp({ type: `echo ${kind}` }),
];

/** A route to a subnet by both cables, of so many parts of the flows each. */
const both = (subnet: string, via1: string, via2: string, [first, second] = [1, 1]) =>
  `ip route add ${subnet} nexthop via ${via1} weight ${first} nexthop via ${via2} weight ${second}`;

/** Asks r1 by which cable it sends each of 200 flows, which differ in their source port; counts those by the first one. */
const byTheFirst = (address: string) =>
  `for port in $(seq 10001 10200); do ip -o route get ${address} from ${h1} iif lan ipproto udp sport $port dport 5000; done | grep -c 'dev way1 '`;

/** The cable that a packet takes from r1 to r2, whichever that is. */
const eitherCable = (packet: typeof datagram) =>
  oneOf({
    'there by way1': [
      at('r1:way1', 'Addresses and ports decide which one it takes: here it is the first', packet(63)),
      at('r2:way1', 'The other end of that cable', packet(63)),
    ],
    'there by way2': [
      at('r1:way2', 'Addresses and ports decide which one it takes: here it is the second', packet(63)),
      at('r2:way2', 'The other end of that cable', packet(63)),
    ],
  });

export default lab({
  title: 'A route with two next hops sends each flow by one of them',
  about:
    'Which of the ways a flow takes follows from a hash that starts anew with each boot of the kernel. So a walk lists both, and passes by either.',
  nodes: { r1: 'router', h1: 'host', r2: 'router', h2: 'host' },
  links: [
    `h1:eth0 ${h1}/24 -- r1:lan 192.0.2.1/24`,
    'r1:way1 169.254.2.12/24 -- r2:way1 169.254.2.22/24',
    'r1:way2 169.254.3.13/24 -- r2:way2 169.254.3.23/24',
    `r2:lan 198.51.100.1/24 -- h2:eth0 ${h2}/24`,
  ],
  setup: {
    'Each host sends what is elsewhere to its router': {
      h1: 'ip route add default via 192.0.2.1',
      h2: 'ip route add default via 198.51.100.1',
    },
    'Ports are a part of the hash': {
      r1: 'sysctl -w net.ipv4.fib_multipath_hash_policy=1',
      r2: 'sysctl -w net.ipv4.fib_multipath_hash_policy=1',
    },
    'One route has both cables': {
      r1: both('198.51.100.0/24', '169.254.2.22', '169.254.3.23'),
      r2: both('192.0.2.0/24', '169.254.2.12', '169.254.3.13'),
    },
    'Another one gives the second cable four parts of five': { r1: both('203.0.113.0/24', '169.254.2.22', '169.254.3.23', [11, 45]) },
  },
  walks: {
    'h1 sends a datagram, to a port where nobody listens': {
      send: send('h1', `bash -c "echo hello > /dev/udp/${h2}/5000"`),
      request: [
        at('h1:eth0', 'A datagram', datagram(64)),
        at('r1:lan', 'Two ways lead there, and are as good', datagram(64)),
        eitherCable(datagram),
        at('r2:lan', 'Routed', datagram(62)),
        at('h2:eth0', 'It arrives', datagram(62)),
      ],
    },
    'h1 pings h2: the answer may come by the other cable': {
      send: send('h1', `ping -c 1 ${h2}`),
      request: [
        at('h1:eth0', 'To h2', ping('request', 64)),
        at('r1:lan', 'A ping has no ports: its addresses decide', ping('request', 64)),
        eitherCable((ttl) => ping('request', ttl)),
        at('r2:lan', 'Routed', ping('request', 62)),
        at('h2:eth0', 'It arrives', ping('request', 62)),
      ],
      reply: [
        at('h2:eth0', 'The answer', ping('reply', 64)),
        at('r2:lan', 'r2 has two ways back, and a hash of its own', ping('reply', 64)),
        oneOf({
          'back by way1': [at('r2:way1', 'By the first', ping('reply', 63)), at('r1:way1', 'Its end', ping('reply', 63))],
          'back by way2': [at('r2:way2', 'By the second', ping('reply', 63)), at('r1:way2', 'Its end', ping('reply', 63))],
        }),
        at('r1:lan', 'Routed', ping('reply', 62)),
        at('h1:eth0', 'The ping is answered', ping('reply', 62)),
      ],
    },
  },
  checks: {
    'The route has two next hops of one weight': {
      run: 'ip -j route show 198.51.100.0/24',
      see: {
        r1: json([
          {
            nexthops: [
              { dev: 'way1', weight: 1 },
              { dev: 'way2', weight: 1 },
            ],
          },
        ]),
      },
    },
    'Of 200 flows each cable has between 60 and 140': {
      run: `by=$(${byTheFirst(h2)}); test $by -ge 60 -a $by -le 140 && echo balanced`,
      see: { r1: lines('balanced') },
    },
    'By weights of 11 and 45 the first cable has between 15 and 65': {
      run: `by=$(${byTheFirst('203.0.113.2')}); test $by -ge 15 -a $by -le 65 && echo weighted`,
      see: { r1: lines('weighted') },
    },
  },
  faults: {
    'r2 takes nothing that comes by the cables': {
      break: { r2: 'iptables -I FORWARD -i way+ -j DROP' },
      lostAt: 'r2:lan',
      cause: 'firewall rule',
      hint: 'It gets to r2, by whichever cable. Run `iptables -nvL FORWARD` on r2.',
      fix: { r2: 'iptables -D FORWARD -i way+ -j DROP' },
    },
    'r1 takes MACs for its next hops that nobody has': {
      break: {
        r1: `
          ip neigh replace 169.254.2.22 lladdr 02:00:00:00:00:98 dev way1 nud permanent
          ip neigh replace 169.254.3.23 lladdr 02:00:00:00:00:99 dev way2 nud permanent`,
      },
      lostAt: ['r2:way1', 'r2:way2'],
      cause: 'wrong neighbour entry',
      hint: 'It leaves by one of the cables, and r2 does not read it. Run `ip neigh` on r1.',
      fix: { r1: 'ip neigh del 169.254.2.22 dev way1\nip neigh del 169.254.3.23 dev way2' },
    },
  },
});
