import { ip, type Lab, send, tcp } from '../../../src/index.ts';
import { hops, syn } from './journey.ts';

const refused = (src: string, dst: string) => [ip({ src, dst }), tcp({ flags: 'RA' })];

/** A client calls a node whose service's pod is on another: the answer must come back by the node that was called. */
export const nodeport: Lab = {
  title: 'A NodePort on the other node',
  nodes: { wire: 'switch', cl: 'host', a: 'router', b: 'router', web: 'pod on b' },
  links: [
    'cl:eth0 172.22.0.50/24 -- wire',
    'a:eth0 172.22.0.1/24 -- wire',
    'b:eth0 172.22.0.2/24 -- wire',
    'web:eth0 10.61.2.4/24 -- b:vw',
  ],
  setup: {
    'NodePort 30080': {
      a: `
        ip route add 10.61.2.0/24 via 172.22.0.2
        iptables -t nat -A PREROUTING -p tcp --dport 30080 -j DNAT --to-destination 10.61.2.4:80
        iptables -t nat -A POSTROUTING -d 10.61.2.4 -j MASQUERADE`,
      b: 'ip addr add 10.61.2.1/24 dev vw',
      web: 'ip route add default via 10.61.2.1',
    },
  },
  walks: {
    'cl calls a': {
      send: send('cl', 'curl -s --max-time 1 http://172.22.0.1:30080/'),
      request: hops(
        ['cl:eth0', ...syn('172.22.0.50', '172.22.0.1', 30080, 64)],
        ['a:eth0', ...syn('172.22.0.50', '172.22.0.1', 30080, 64)],
        ['a:eth0', ...syn('172.22.0.1', '10.61.2.4', 80, 63)],
        ['b:eth0', ...syn('172.22.0.1', '10.61.2.4', 80, 63)],
        ['b:vw', ...syn('172.22.0.1', '10.61.2.4', 80, 62)],
        ['web:eth0', ...syn('172.22.0.1', '10.61.2.4', 80, 62)],
      ),
      reply: hops(
        ['web:eth0', ...refused('10.61.2.4', '172.22.0.1')],
        ['b:vw', ...refused('10.61.2.4', '172.22.0.1')],
        ['b:eth0', ...refused('10.61.2.4', '172.22.0.1')],
        ['a:eth0', ...refused('10.61.2.4', '172.22.0.1')],
        ['a:eth0', ...refused('172.22.0.1', '172.22.0.50')],
        ['cl:eth0', ...refused('172.22.0.1', '172.22.0.50')],
      ),
    },
  },
};
