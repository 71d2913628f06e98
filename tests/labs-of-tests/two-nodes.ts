import { at, icmp, ip, lab, send } from 'packetwalk';

const request = [ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 64 }), icmp({ type: 'echo request' })];
const reply = [ip({ src: '10.0.0.2', dst: '10.0.0.1', ttl: 64 }), icmp({ type: 'echo reply' })];

export default lab({
  title: 'Two hosts on a cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {},
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [at('a:eth0', 'It leaves', request), at('b:eth0', 'It arrives', request)],
      reply: [at('b:eth0', 'The answer leaves', reply), at('a:eth0', 'The answer arrives', reply)],
    },
  },
});
