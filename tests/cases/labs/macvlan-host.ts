import type { Lab } from '../../../src/index.ts';
import { pinging } from './journey.ts';

/** A pod that has a macvlan of its host's card: others reach it, its host does not. */
export const macvlanHost: Lab = {
  title: 'A macvlan on the host’s card',
  nodes: { lan: 'switch', host: 'host', nas: 'host', box: 'pod on host' },
  links: ['host:eth0 192.168.50.2/24 -- lan', 'nas:eth0 192.168.50.9/24 -- lan'],
  setup: {
    'The pod gets a macvlan': {
      host: 'ip link add mv0 link eth0 type macvlan mode bridge\nip link set mv0 netns box',
      box: 'ip addr add 192.168.50.77/24 dev mv0\nip link set mv0 up',
    },
  },
  walks: {
    'nas pings the pod': pinging({ command: 'ping -c 1 192.168.50.77', src: '192.168.50.9', dst: '192.168.50.77' }, [
      ['nas:eth0', 64],
      ['host:eth0', 64],
      ['box:mv0', 64],
    ]),
  },
};
