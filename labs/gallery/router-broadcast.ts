import { at, ether, lab, lines, mac, send } from 'packetwalk';
import { reply, request } from '../kit/ping.ts';

// After router_broadcast.sh, one of the kernel’s selftests of forwarding.
//
//   +----------------------+
//   | h1  eth0  192.0.2.2  |
//   +-----+----------------+
//         |
//   +-----+----------------+
//   | r   rp1  192.0.2.1   |
//   |     rp2  198.51.100.1|
//   +-----+----------------+
//         |
//   ------+----------+-------------------------+-------- lan
//                    |                         |
//   +----------------+--------+ +--------------+----------+
//   | h2  eth0  198.51.100.2  | | h3  eth0  198.51.100.3  |
//   |     answers broadcasts  | |     does not            |
//   +-------------------------+ +-------------------------+

const [h1, h2, h3] = ['192.0.2.2', '198.51.100.2', '198.51.100.3'];
const [subnet, limited] = ['198.51.100.255', '255.255.255.255'];
const forwards = (setting: 0 | 1) => `sysctl -w net.ipv4.conf.all.bc_forwarding=${setting} net.ipv4.conf.rp1.bc_forwarding=${setting}`;

/** A frame for everybody on the segment. */
const fromRouter = ether({ src: mac('r:rp2'), dst: 'ff:ff:ff:ff:ff:ff' });
const fromHost = ether({ src: mac('h3:eth0'), dst: 'ff:ff:ff:ff:ff:ff' });

export default lab({
  title: 'A router forwards a directed broadcast where it is told to, and the limited one never',
  about:
    'A packet for the last address of another subnet travels as any other, up to the router that has the subnet. That sends it to all who are there, if bc_forwarding says so (RFC 2644 asks for the opposite by default).',
  nodes: { lan: 'switch', h1: 'host', r: 'router', h2: 'host', h3: 'host' },
  links: [`h1:eth0 ${h1}/24 -- r:rp1 192.0.2.1/24`, 'r:rp2 198.51.100.1/24 -- lan', `h2:eth0 ${h2}/24 -- lan`, `h3:eth0 ${h3}/24 -- lan`],
  setup: {
    'Each host sends what is elsewhere to the router': {
      h1: 'ip route add default via 192.0.2.1',
      h2: 'ip route add default via 198.51.100.1',
      h3: 'ip route add default via 198.51.100.1',
    },
    'h2 answers who pings everybody': { h2: 'sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0' },
    'The router forwards broadcasts that come in by rp1': { r: forwards(1) },
  },
  walks: {
    'h1 pings everybody in the other subnet': {
      send: send('h1', `ping -b -c 1 ${subnet}`),
      request: [
        at('h1:eth0', 'To h1 it is an address as any other: it goes to the router', ether({ dst: mac('r:rp1') }), request(h1, subnet)),
        at('r:rp1', 'The router knows that it is a broadcast', request(h1, subnet)),
        at('r:rp2', 'It leaves once, for every MAC', fromRouter, request(h1, subnet, 63)),
        at('h2:eth0', 'The segment has it for h2', fromRouter, request(h1, subnet, 63)),
        at('h3:eth0', 'And for h3', fromRouter, request(h1, subnet, 63)),
      ],
      reply: [
        at('h2:eth0', 'h2 answers with its own address', reply(h2, h1)),
        at('r:rp2', 'As any answer', reply(h2, h1)),
        at('r:rp1', 'Routed', reply(h2, h1, 63)),
        at('h1:eth0', 'The ping is answered by one of those it asked', reply(h2, h1, 63)),
      ],
    },
    'h3 pings everybody on its segment': {
      send: send('h3', `ping -b -c 1 -I eth0 ${limited}`),
      request: [
        at('h3:eth0', 'For every MAC, and for no subnet', fromHost, request(h3, limited)),
        at('h2:eth0', 'h2 gets it', fromHost, request(h3, limited)),
        at('r:rp2', 'So does the router, which keeps it', fromHost, request(h3, limited)),
      ],
      reply: [at('h2:eth0', 'h2 is who answers', reply(h2, h3)), at('h3:eth0', 'A neighbour’s answer', reply(h2, h3))],
    },
  },
  checks: {
    'The router forwards broadcasts of rp1 alone': {
      run: 'sysctl net.ipv4.conf.rp1.bc_forwarding net.ipv4.conf.rp2.bc_forwarding',
      see: { r: lines('net.ipv4.conf.rp1.bc_forwarding = 1', 'net.ipv4.conf.rp2.bc_forwarding = 0') },
    },
    'The subnet’s last address is a broadcast to the router, and to h1 none': {
      run: `ip route get ${subnet}`,
      see: { r: lines(`broadcast ${subnet} dev rp2`), h1: lines(`${subnet} via 192.0.2.1 dev eth0`) },
    },
  },
  faults: {
    'The router keeps directed broadcasts to itself': {
      break: { r: forwards(0) },
      lostAt: 'r:rp2',
      cause: 'broadcast forwarding off',
      hint: 'It comes in by rp1. Run `sysctl net.ipv4.conf.rp1.bc_forwarding` on r.',
      fix: { r: forwards(1) },
    },
    'h2 answers no broadcasts either': {
      break: { h2: 'sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=1' },
      lostAt: 'reply h2:eth0',
      cause: 'echo ignored',
      hint: 'Everybody got it. Run `sysctl net.ipv4.icmp_echo_ignore_broadcasts` on h2.',
      fix: { h2: 'sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0' },
    },
    'The router has the mask of a smaller subnet': {
      break: { r: 'ip addr del 198.51.100.1/24 dev rp2\nip addr add 198.51.100.1/25 dev rp2' },
      lostAt: 'r:rp2',
      cause: 'prefix length differs',
      hint: 'Which is the last address of the subnet? Run `ip addr show rp2` on r.',
      fix: { r: 'ip addr del 198.51.100.1/25 dev rp2\nip addr add 198.51.100.1/24 dev rp2' },
    },
  },
});
