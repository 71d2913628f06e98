import { type Lab, send, through } from '../../../src/index.ts';
import { datagram, hops } from './journey.ts';

const metric = send('app', 'sh -c "echo hits:1 | socat -t 0.2 - UDP4:10.96.7.7:8125,sourceport=40111"');
const before = hops(
  ['app:eth0', ...datagram('10.40.0.2', '10.96.7.7', 8125, 64)],
  ['h:va', ...datagram('10.40.0.2', '10.96.7.7', 8125, 64)],
);
const after = hops(
  ['h:vn', ...datagram('10.40.0.2', '10.40.2.2', 8125, 63)],
  ['fresh:eth0', ...datagram('10.40.0.2', '10.40.2.2', 8125, 63)],
);

/** The service's rule, once its endpoint is another one. */
export const endpoint = (address: string) => `
  iptables -t nat -F PREROUTING
  iptables -t nat -A PREROUTING -d 10.96.7.7 -p udp --dport 8125 -j DNAT --to-destination ${address}:8125`;

/** Who sends metrics keeps its port; the service that it sends them to has got another endpoint. */
export const udpService: Lab = {
  title: 'A service of UDP whose endpoint moves',
  nodes: { h: 'router', app: 'pod on h', old: 'pod on h', fresh: 'pod on h' },
  links: ['app:eth0 10.40.0.2/24 -- h:va', 'old:eth0 10.40.1.2/24 -- h:vo', 'fresh:eth0 10.40.2.2/24 -- h:vn'],
  setup: {
    'The service': {
      h: `
        ip addr add 10.40.0.1/24 dev va
        ip addr add 10.40.1.1/24 dev vo
        ip addr add 10.40.2.1/24 dev vn${endpoint('10.40.2.2')}`,
      app: 'ip route add default via 10.40.0.1',
      old: 'ip route add default via 10.40.1.1',
      fresh: 'ip route add default via 10.40.2.1',
    },
  },
  walks: { 'app sends a metric': { send: metric, request: [...before, ...after] } },
};

/** The same, with the hook listed where the endpoint is chosen. */
export const byItsRule: Lab = {
  ...udpService,
  walks: {
    'app sends a metric': {
      send: metric,
      request: [...before, through('h', 'nat PREROUTING: dnat to 10.40.2.2:8125', 'The new endpoint'), ...after],
    },
  },
};
