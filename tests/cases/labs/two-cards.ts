import { ether, icmp, ip, type Lab, mac, send } from '../../../src/index.ts';
import { hops } from './journey.ts';

const echo = [ip({ src: '192.168.60.2', dst: '192.168.60.10', ttl: 64 }), icmp({ type: 'echo request' })];

/** A server with two cards on one segment, of which each answers for its own address alone. */
export const twoCards: Lab = {
  title: 'Two cards on one segment',
  nodes: { lan: 'switch', c: 'host', srv: 'host' },
  links: [
    'c:eth0 192.168.60.2/24 -- lan',
    'srv:eth0 192.168.60.10/24 -- lan:s0',
    'srv:eth1 192.168.60.11/24 -- lan:s1',
  ],
  setup: {
    'Each card answers for itself': {
      srv: 'sysctl -qw net.ipv4.conf.all.arp_ignore=1\nsysctl -qw net.ipv4.conf.all.arp_announce=2',
    },
  },
  walks: {
    'c pings the first card': {
      send: send('c', 'ping -c 1 192.168.60.10'),
      request: hops(
        ['c:eth0', ether({ dst: mac('srv:eth0') }), ...echo],
        ['srv:eth0', ether({ dst: mac('srv:eth0') }), ...echo],
      ),
    },
  },
};
