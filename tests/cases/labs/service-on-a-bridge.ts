import { ip, type Lab, send, tcp } from '../../../src/index.ts';
import { hops, pinging, syn } from './journey.ts';

const call = 'curl -s --max-time 1 http://10.96.5.5/';
const refused = (src: string) => [ip({ src, dst: '172.30.9.3' }), tcp({ flags: 'RA' })];

/** A node's bridge of two containers, and a service of the first: connections between ports cross the node's iptables. */
export const serviceOnABridge: Lab = {
  title: 'Two containers on a bridge, and a service of one',
  nodes: { h: 'router', c1: 'pod on h', c2: 'pod on h' },
  links: ['c1:eth0 172.30.9.2/24 -- h:v1', 'c2:eth0 172.30.9.3/24 -- h:v2'],
  setup: {
    'A bridge with hairpin, and a service': {
      h: `
        ip link add mybr up type bridge
        ip addr add 172.30.9.1/24 dev mybr
        ip link set v1 master mybr
        ip link set v2 master mybr
        bridge link set dev v1 hairpin on
        bridge link set dev v2 hairpin on
        iptables -t nat -A PREROUTING -d 10.96.5.5 -p tcp --dport 80 -j DNAT --to-destination 172.30.9.2:8080
        iptables -t nat -A POSTROUTING -s 172.30.9.2 -d 172.30.9.2 -p tcp --dport 8080 -j MASQUERADE`,
      c1: 'ip route add default via 172.30.9.1',
      c2: 'ip route add default via 172.30.9.1',
    },
  },
  walks: {
    'c1 pings c2': pinging(
      { command: 'ping -c 1 172.30.9.3', src: '172.30.9.2', dst: '172.30.9.3' },
      [
        ['c1:eth0', 64],
        ['h:v1', 64],
        ['h:v2', 64],
        ['c2:eth0', 64],
      ],
      [
        ['c2:eth0', 64],
        ['h:v2', 64],
        ['h:v1', 64],
        ['c1:eth0', 64],
      ],
    ),
    'c1 calls its own service': {
      send: send('c1', call),
      request: hops(
        ['c1:eth0', ...syn('172.30.9.2', '10.96.5.5', 80, 64)],
        ['h:v1', ...syn('172.30.9.2', '10.96.5.5', 80, 64)],
        ['h:mybr', ...syn('172.30.9.2', '172.30.9.2', 8080, 64)],
        ['h:v1', ...syn('172.30.9.1', '172.30.9.2', 8080, 64)],
        ['c1:eth0', ...syn('172.30.9.1', '172.30.9.2', 8080, 64)],
      ),
    },
    'c2 calls it': {
      send: send('c2', call),
      request: hops(
        ['c2:eth0', ...syn('172.30.9.3', '10.96.5.5', 80, 64)],
        ['h:v2', ...syn('172.30.9.3', '10.96.5.5', 80, 64)],
        ['h:mybr', ...syn('172.30.9.3', '172.30.9.2', 8080, 64)],
        ['h:v1', ...syn('172.30.9.3', '172.30.9.2', 8080, 64)],
        ['c1:eth0', ...syn('172.30.9.3', '172.30.9.2', 8080, 64)],
      ),
      reply: hops(
        ['c1:eth0', ...refused('172.30.9.2')],
        ['h:v1', ...refused('172.30.9.2')],
        ['h:v2', ip({ src: '10.96.5.5', dst: '172.30.9.3' }), tcp({ src: 80, flags: 'RA' })],
        ['c2:eth0', ip({ src: '10.96.5.5', dst: '172.30.9.3' }), tcp({ src: 80, flags: 'RA' })],
      ),
    },
  },
};
