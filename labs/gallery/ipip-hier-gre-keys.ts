import { at, gre, icmp, ip, json, lab, lines, send } from 'packetwalk';
import { reply, request } from '../kit/ping.ts';

// After ipip_hier_gre_keys.sh, one of the kernel’s selftests of forwarding.
//
//   +---------------------+                               +---------------------+
//   | h1  eth0  192.0.2.2 |                               | 203.0.113.2 eth0 h2 |
//   +-------+-------------+                               +-------------+-------+
//           |                                                           |
//   +-------+---------------------------+   +---------------------------+-------+
//   | sw1  ol  192.0.2.1                |   |                203.0.113.1  ol    |
//   |      g1  gre, okey 111, ikey 222 ................ okey 222, ikey 111  g2  |
//   |  - - - - - - - - - - - VRF over - |   | - - - - - - - - - - - VRF over - -|
//   |  dummy1  10.0.0.1                 |   |                 10.0.0.2  dummy2  |
//   |      ul  198.51.100.1  VRF under  |   |  VRF under  198.51.100.2  ul  sw2 |
//   +-------+---------------------------+   +---------------------------+-------+
//           |                                                           |
//           +-----------------------------------------------------------+

const [h1, h2] = ['192.0.2.2', '203.0.113.2'];
const [end1, end2] = ['10.0.0.1', '10.0.0.2'];
const [under1, under2] = ['198.51.100.1', '198.51.100.2'];

const outer = (src: string, dst: string, key: number, dscp = 0) => [ip({ src, dst, dscp }), gre({ key })];
const marked = (ttl: number) => [ip({ src: h1, dst: h2, ttl, dscp: 10 }), icmp({ type: 'echo request' })];

/** A node with two routing tables: one for what the tunnel joins, one for what the tunnel goes by. */
const tables = (end: string, dummy: string) => `
  ip link add over up type vrf table 10
  ip link add under up type vrf table 20
  ip link set ol master over
  ip link set ul master under
  ip link add ${dummy} up master under type dummy
  ip addr add ${end}/32 dev ${dummy}`;

const tunnel = (name: string, ends: string, keys: string, dummy: string) => `
  ip link add ${name} type gre ${ends} ${keys} tos inherit dev ${dummy}
  ip link set ${name} master over up`;

export default lab({
  title: 'A GRE tunnel in one VRF goes by another, and has a key for each direction',
  about:
    'Each node has two VRFs. The tunnel belongs to the upper one, and its outer packets are routed in the lower one, where the tunnel’s ends are addresses of a dummy device.',
  nodes: { h1: 'host', sw1: 'router', sw2: 'router', h2: 'host' },
  links: [`h1:eth0 ${h1}/24 -- sw1:ol 192.0.2.1/24`, `sw1:ul ${under1}/24 -- sw2:ul ${under2}/24`, `sw2:ol 203.0.113.1/24 -- h2:eth0 ${h2}/24`],
  setup: {
    'Each host sends what is elsewhere to its node': {
      h1: 'ip route add default via 192.0.2.1',
      h2: 'ip route add default via 203.0.113.1',
    },
    'Divide each node into two VRFs, and give the lower one an address': {
      sw1: tables(end1, 'dummy1'),
      sw2: tables(end2, 'dummy2'),
    },
    'The lower one knows the other node’s address': {
      sw1: `ip route add ${end2} via ${under2} vrf under`,
      sw2: `ip route add ${end1} via ${under1} vrf under`,
    },
    'Lay the tunnel: what one end sends with a key, the other takes by it': {
      sw1: tunnel('g1', `local ${end1} remote ${end2}`, 'okey 111 ikey 222', 'dummy1'),
      sw2: tunnel('g2', `local ${end2} remote ${end1}`, 'okey 222 ikey 111', 'dummy2'),
    },
    'The upper one has its routes into the tunnel': {
      sw1: 'ip route add 203.0.113.0/24 dev g1 vrf over',
      sw2: 'ip route add 192.0.2.0/24 dev g2 vrf over',
    },
  },
  walks: {
    'h1 pings h2': {
      send: send('h1', `ping -c 1 ${h2}`),
      request: [
        at('h1:eth0', 'To its node', request(h1, h2)),
        at('sw1:ol', 'What comes in here is routed in the upper VRF', request(h1, h2)),
        at('sw1:g1', 'Its table leads into the tunnel: one TTL is spent', request(h1, h2, 63)),
        at('sw1:ul', 'Wrapped, with the key of this direction, and routed in the lower VRF', outer(end1, end2, 111), request(h1, h2, 63)),
        at('sw2:ul', 'The end’s address is one of the lower VRF', outer(end1, end2, 111), request(h1, h2, 63)),
        at('sw2:g2', 'The key is the one that this end takes', request(h1, h2, 63)),
        at('sw2:ol', 'Routed in the upper VRF again', request(h1, h2, 62)),
        at('h2:eth0', 'It arrives', request(h1, h2, 62)),
      ],
      reply: [
        at('h2:eth0', 'To its node', reply(h2, h1)),
        at('sw2:ol', 'The upper VRF', reply(h2, h1)),
        at('sw2:g2', 'Into the tunnel', reply(h2, h1, 63)),
        at('sw2:ul', 'The other direction has another key', outer(end2, end1, 222), reply(h2, h1, 63)),
        at('sw1:ul', 'The lower VRF', outer(end2, end1, 222), reply(h2, h1, 63)),
        at('sw1:g1', 'Unwrapped', reply(h2, h1, 63)),
        at('sw1:ol', 'The upper VRF', reply(h2, h1, 62)),
        at('h1:eth0', 'The ping is answered', reply(h2, h1, 62)),
      ],
    },
    'The outer packet has the inner one’s DSCP': {
      send: send('h1', `ping -c 1 -Q 40 ${h2}`),
      request: [
        at('h1:eth0', 'TOS 40 is DSCP 10, AF11', marked(64)),
        at('sw1:ol', 'The node leaves it as it is', marked(64)),
        at('sw1:g1', 'So does routing', marked(63)),
        at('sw1:ul', 'The tunnel inherits it: `tos inherit`', outer(end1, end2, 111, 10), marked(63)),
        at('sw2:ul', 'On the wire all the same', outer(end1, end2, 111, 10), marked(63)),
        at('sw2:g2', 'The inner one is as it was', marked(63)),
        at('sw2:ol', 'Routed', marked(62)),
        at('h2:eth0', 'It arrives as it was sent', marked(62)),
      ],
    },
  },
  checks: {
    'Each VRF knows only its own': {
      run: 'ip -j route show vrf over; ip -j route show vrf under',
      see: { sw1: lines('"dst":"203.0.113.0/24","dev":"g1"', `"dst":"${end2}","gateway":"${under2}","dev":"ul"`) },
    },
    'GRE with a key costs 28 bytes of MTU: 20 of IP, 4 of GRE, 4 of the key': {
      run: 'ip -j -d link show type gre',
      see: {
        sw1: json([{ ifname: 'g1', mtu: 1472, link: 'dummy1', master: 'over', linkinfo: { info_data: { ikey: '0.0.0.222', okey: '0.0.0.111' } } }]),
      },
    },
    'traceroute sees both nodes, and nothing of the tunnel': { run: `traceroute -n ${h2}`, see: { h1: lines('1 192.0.2.1', `3 ${h2}`) } },
  },
  faults: {
    'sw2 takes another key than sw1 sends': {
      break: { sw2: 'ip link set g2 type gre ikey 333 okey 222' },
      lostAt: 'sw2:g2',
      cause: 'tunnel key differs',
      hint: 'It arrives at sw2:ul and no tunnel takes it. Compare `ip -d link show type gre` on both nodes.',
      fix: { sw2: 'ip link set g2 type gre ikey 111 okey 222' },
    },
    'The lower VRF of sw1 has no route to the tunnel’s other end': {
      break: { sw1: `ip route del ${end2} vrf under` },
      lostAt: 'sw1:ul',
      cause: 'no route for the tunnel',
      hint: `The upper one is complete. Run \`ip route get ${end2} vrf under\` on sw1.`,
      fix: { sw1: `ip route add ${end2} via ${under2} vrf under` },
    },
    'The tunnel of sw2 is in the lower VRF': {
      break: { sw2: 'ip link set g2 master under' },
      lostAt: 'sw2:ol',
      cause: 'VRF differs',
      hint: 'It is unwrapped, and looked up in the table of where it was unwrapped. Run `ip -br link show master over` on sw2.',
      fix: {
        sw2: `
          ip link set g2 master over
          ip route add 192.0.2.0/24 dev g2 vrf over`,
      },
    },
  },
});
