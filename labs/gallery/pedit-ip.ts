import { at, icmp, ip, json, lab, lines, send } from 'packetwalk';
import { reply, request } from '../kit/ping.ts';

// After pedit_ip.sh and pedit_dsfield.sh, two of the kernel’s selftests of forwarding.
//
//   +---------------------+                    +---------------------+
//   | h1  eth0  192.0.2.1 |                    |  192.0.2.2  eth0 h2 |
//   +-------+-------------+                    +-------------+-------+
//           |                                                |
//   +-------+------------------------------------------------+-------+
//   | sw   swp1                    br1                     swp2      |
//   |    ingress: for .99  ->  for .2             egress: DSCP 46    |
//   |    egress: from .2   ->  from .99                              |
//   +----------------------------------------------------------------+

const [h1, h2, alias] = ['192.0.2.1', '192.0.2.2', '192.0.2.99'];
const mac2 = '02:00:00:00:00:02';
const marked = (dst: string, dscp: number) => [ip({ src: h1, dst, ttl: 64, dscp }), icmp({ type: 'echo request' })];

/** A filter at a port that rewrites bytes of IP headers, and mends the checksum of what it has rewritten. */
const rewrites = (port: string, way: 'ingress' | 'egress', match: string, bytes: string, then = 'pipe csum ip') =>
  `tc filter replace dev ${port} ${way} protocol ip pref 1 handle 1 flower ${match} action pedit ex munge ip ${bytes} ${then}`;

const inward = (then?: string) => rewrites('swp1', 'ingress', `dst_ip ${alias}`, `dst set ${h2}`, then);
const outward = rewrites('swp1', 'egress', `src_ip ${h2}`, `src set ${alias}`);
const expedited = rewrites('swp2', 'egress', `dst_ip ${h2}`, 'dsfield set 0xb8 retain 0xfc');

export default lab({
  title: 'A switch rewrites addresses and DSCP, and knows no connection',
  about:
    'Two hosts on one bridge. Filters of tc at its ports rewrite IP headers byte by byte: a translation in each direction that keeps no state, and a mark for what leaves.',
  nodes: { h1: 'host', sw: 'host', h2: 'host' },
  links: [`h1:eth0 ${h1}/24 -- sw:swp1`, `h2:eth0 ${h2}/24 -- sw:swp2`],
  setup: {
    'Bridge h1 and h2': {
      sw: `
        ip link add br1 up type bridge mcast_snooping 0
        ip link set swp1 master br1
        ip link set swp2 master br1`,
    },
    'Nobody has the other address, so h1 is told at which MAC it is': {
      h2: `ip link set eth0 address ${mac2}`,
      h1: `ip neigh add ${alias} lladdr ${mac2} dev eth0 nud permanent`,
    },
    'Make room for filters at both ports': {
      sw: `
        tc qdisc add dev swp1 clsact
        tc qdisc add dev swp2 clsact`,
    },
    'Rewrite the address in both directions, and the DSCP of what leaves for h2': { sw: [inward(), outward, expedited].join('\n') },
  },
  walks: {
    'h1 pings an address that nobody has': {
      send: send('h1', `ping -c 1 ${alias}`),
      request: [
        at('h1:eth0', 'It leaves for the other address', marked(alias, 0)),
        at('sw:swp1', 'So it comes in', marked(alias, 0)),
        at('sw:swp2', 'It leaves for h2, marked as expedited', marked(h2, 46)),
        at('h2:eth0', 'It arrives at whom it was not sent to', marked(h2, 46)),
      ],
      reply: [
        at('h2:eth0', 'h2 answers for itself', reply(h2, h1)),
        at('sw:swp2', 'Into the bridge', reply(h2, h1)),
        at('sw:swp1', 'Out of it with the other address', reply(alias, h1)),
        at('h1:eth0', 'The ping is answered by whom it was sent to', reply(alias, h1)),
      ],
    },
    'h2 pings h1: to h1 it is the other address that asks': {
      send: send('h2', `ping -c 1 ${h1}`),
      request: [
        at('h2:eth0', 'h2 has one address', request(h2, h1)),
        at('sw:swp2', 'It comes in by a port that rewrites nothing of what comes in', request(h2, h1)),
        at('sw:swp1', 'It leaves with the other address', request(alias, h1)),
        at('h1:eth0', 'It arrives', request(alias, h1)),
      ],
      reply: [
        at('h1:eth0', 'h1 answers whom it was asked by', reply(h1, alias)),
        at('sw:swp1', 'Into the bridge', reply(h1, alias)),
        at('sw:swp2', 'Out of it for h2', reply(h1, h2)),
        at('h2:eth0', 'The ping is answered', reply(h1, h2)),
      ],
    },
  },
  checks: {
    'The filter at the ingress of swp1 rewrites, and mends the checksum': {
      run: 'tc -j filter show dev swp1 ingress',
      see: { sw: json([{ kind: 'flower', options: { keys: { dst_ip: alias }, actions: [{ kind: 'pedit' }, { kind: 'csum', csum: 'iph' }] } }]) },
    },
    'Nobody tracks connections': { run: 'conntrack -L 2>/dev/null | wc -l', see: { sw: lines('0') } },
  },
  faults: {
    'The filter leaves the checksum as it was': {
      break: { sw: inward('') },
      lostAt: 'sw:swp2',
      cause: 'wrong checksum',
      hint: 'Bridges that call iptables check IP headers. Compare `tc filter show dev swp1 ingress` on sw with what it was.',
      fix: { sw: inward() },
    },
    'The answer is not rewritten': {
      break: { sw: 'tc filter del dev swp1 egress pref 1' },
      differsAt: 'reply sw:swp1',
      cause: 'answer not translated back',
      hint: 'h1 gets an answer from an address that it did not ask. Run `tc filter show dev swp1 egress` on sw.',
      fix: { sw: outward },
    },
    'h1 is no longer told who has the other address': {
      break: { h1: `ip neigh del ${alias} dev eth0` },
      lostAt: 'h1:eth0',
      cause: 'address that nobody has',
      hint: 'It asks by ARP, which no filter rewrites. Run `ip neigh` on h1.',
      fix: { h1: `ip neigh replace ${alias} lladdr ${mac2} dev eth0 nud permanent` },
    },
  },
});
