import { type Lab, send } from '../../../src/index.ts';
import { hops, syn } from './journey.ts';

const toPort = (port: number, uplink: number) => ({
  send: send('c', `curl -s -m 1 http://203.0.113.9:${port}/`),
  request: hops(
    ['c:e0', ...syn('10.1.0.2', '203.0.113.9', port)],
    ['r:lan', ...syn('10.1.0.2', '203.0.113.9', port)],
    [`r:up${uplink}`, ...syn('10.1.0.2', '203.0.113.9', port)],
    [`u${uplink}:e0`, ...syn('10.1.0.2', '203.0.113.9', port)],
  ),
});

/** What is for port 443 leaves by the second uplink: a mark, a rule, a table. */
export const twoUplinks: Lab = {
  title: 'Policy routing by a mark',
  nodes: { c: 'host', r: 'router', u1: 'router', u2: 'router' },
  links: [
    'c:e0 10.1.0.2/24 -- r:lan 10.1.0.1/24',
    'r:up1 10.91.0.1/30 -- u1:e0 10.91.0.2/30',
    'r:up2 10.92.0.1/30 -- u2:e0 10.92.0.2/30',
  ],
  setup: {
    'Two uplinks': {
      c: 'ip route add default via 10.1.0.1',
      r: `
        ip route add default via 10.91.0.2
        ip route add default via 10.92.0.2 table 100
        ip rule add fwmark 0x1 lookup 100
        iptables -t mangle -A PREROUTING -p tcp --dport 443 -j MARK --set-mark 0x1`,
      u1: 'ip addr add 203.0.113.9/32 dev lo\nip route add 10.1.0.0/24 via 10.91.0.1',
      u2: 'ip addr add 203.0.113.9/32 dev lo\nip route add 10.1.0.0/24 via 10.92.0.1',
    },
  },
  walks: { 'c calls 443': toPort(443, 2), 'c calls 80': toPort(80, 1) },
};
