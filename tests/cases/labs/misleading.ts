import { at, type Hop, icmp, icmp6, ip, ip6, type Lab, send, tcp } from '../../../src/index.ts';
import { datagram, hops, pinging, syn } from './journey.ts';

const on6 = 'sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0';
const [C, P1, P2] = ['10.0.1.2', '10.0.2.2', '10.0.2.3'];
const refused = (ttl: number) => [ip({ src: P1, dst: C, ttl }), icmp({ type: 'unreachable' })];
const bridge = (n: number) => `
        ip link add br${n} up type bridge
        ip addr add 10.0.${n}.1/24 dev br${n}
        ip -6 addr add fd00:${n}::1/64 dev br${n} nodad`;
const by6 = (...stops: [point: string, hopLimit: number][]): Hop[] =>
  stops.map(([point, hopLimit]) =>
    at(
      point as 'c:e0',
      'It is here',
      ip6({ src: 'fd00:1::2', dst: 'fd00:3::2', hopLimit }),
      icmp6({ type: 'echo request' }),
    ),
  );

/**
 * A router with pods on two bridges, which drops what comes by another interface than it would answer by, and has one of its own
 * ports lead to a pod: whatever is broken, something else than what is wrong drops the packet.
 */
export const misleading: Lab = {
  title: 'What drops a packet is not always what is wrong',
  nodes: { c: 'host', r: 'router', p1: 'pod on r', p2: 'pod on r', p3: 'pod on r' },
  links: [
    `c:e0 ${C}/24 -- r:ec 10.0.1.1/24`,
    `p1:eth0 ${P1}/24 -- r:v1`,
    `p2:eth0 ${P2}/24 -- r:v2`,
    'p3:eth0 10.0.3.2/24 -- r:v3',
  ],
  setup: {
    'Bridges, ways of both versions of IP, a filter of ways back, and a port': {
      c: `
        ${on6}
        ip route add default via 10.0.1.1
        ip -6 addr add fd00:1::2/64 dev e0 nodad
        ip -6 route add default via fd00:1::1`,
      r: `
        ${on6}
        ${bridge(2)}
        ${bridge(3)}
        ip link set v1 master br2
        ip link set v2 master br2
        ip link set v3 master br3
        ip route add 10.8.0.0/13 via 10.0.2.3
        ip route add 10.9.0.0/24 via 10.0.3.2
        ip -6 addr add fd00:1::1/64 dev ec nodad
        sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.conf.br2.route_localnet=1 net.ipv4.conf.ec.rp_filter=1
        iptables -t raw -A PREROUTING -m rpfilter --validmark --invert -j DROP
        iptables -t nat -A OUTPUT -d 127.0.0.1 -p tcp --dport 8080 -j DNAT --to-destination ${P1}:80
        iptables -t nat -A POSTROUTING -s 127.0.0.1 -j MASQUERADE`,
      p1: 'ip route add default via 10.0.2.1',
      p2: 'ip route add default via 10.0.2.1',
      p3: `
        ${on6}
        ip route add default via 10.0.3.1
        ip addr add 10.9.0.1/32 dev lo
        ip -6 addr add fd00:3::2/64 dev eth0 nodad
        ip -6 route add default via fd00:3::1`,
    },
  },
  walks: {
    'c pings p1': pinging({ command: `ping -c 1 ${P1}`, src: C, dst: P1 }, [
      ['c:e0', 64],
      ['r:ec', 64],
      ['r:br2', 63],
      ['r:v1', 63],
      ['p1:eth0', 63],
    ]),
    'p1 pings p2': pinging({ command: `ping -c 1 ${P2}`, src: P1, dst: P2 }, [
      ['p1:eth0', 64],
      ['r:v1', 64],
      ['r:v2', 64],
      ['p2:eth0', 64],
    ]),
    'c pings what p3 has': pinging({ command: 'ping -c 1 10.9.0.1', src: C, dst: '10.9.0.1' }, [
      ['c:e0', 64],
      ['r:ec', 64],
      ['r:br3', 63],
      ['r:v3', 63],
      ['p3:eth0', 63],
    ]),
    'p1 pings itself': pinging({ command: `ping -c 1 ${P1}`, src: P1, dst: P1 }, [['p1:lo', 64]]),
    'c pings p3 by IPv6': {
      send: send('c', 'ping -6 -c 1 fd00:3::2'),
      request: by6(['c:e0', 64], ['r:ec', 64], ['r:br3', 63], ['r:v3', 63], ['p3:eth0', 63]),
    },
    'c asks p1 where nobody listens': {
      send: send('c', `timeout 1 bash -c 'exec 3<>/dev/udp/${P1}/9; echo hi >&3; read -u 3 line'`),
      request: hops(
        ['c:e0', ...datagram(C, P1, 9, 64)],
        ['r:ec', ...datagram(C, P1, 9, 64)],
        ['r:br2', ...datagram(C, P1, 9, 63)],
        ['r:v1', ...datagram(C, P1, 9, 63)],
        ['p1:eth0', ...datagram(C, P1, 9, 63)],
      ),
      reply: hops(
        ['p1:eth0', ...refused(64)],
        ['r:v1', ...refused(64)],
        ['r:br2', ...refused(64)],
        ['r:ec', ...refused(63)],
        ['c:e0', ...refused(63)],
      ),
    },
    'r calls its own port': {
      send: send('r', 'timeout 1 bash -c "</dev/tcp/127.0.0.1/8080"'),
      request: hops(
        ['r:br2', ...syn('10.0.2.1', P1, 80)],
        ['r:v1', ...syn('10.0.2.1', P1, 80)],
        ['p1:eth0', ...syn('10.0.2.1', P1, 80)],
      ),
      reply: hops(
        ['p1:eth0', ip({ src: P1 }), tcp({ flags: 'RA' })],
        ['r:v1', ip({ src: P1 }), tcp({ flags: 'RA' })],
        ['r:br2', ip({ src: P1 }), tcp({ flags: 'RA' })],
      ),
    },
  },
};
