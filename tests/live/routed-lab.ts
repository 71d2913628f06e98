import { at, icmp, ip, type Lab, lines, send } from '../../src/index.ts';

export const evil = '<script>document.title="owned"</script><img src=x onerror=alert(1)>';

const request = (ttl: number) => [ip({ src: '10.0.1.1', dst: '10.0.2.1', ttl }), icmp({ type: 'echo request' })];
const reply = (ttl: number) => [ip({ src: '10.0.2.1', dst: '10.0.1.1', ttl }), icmp({ type: 'echo reply' })];

/** Two hosts with a router between them that can be told to forward nothing; texts would like to be markup. */
export const routedLab = (): Lab => ({
  title: `Two hosts and a router ${evil}`,
  about: 'An escape: \u001b[31mred',
  nodes: { a: 'host', r: 'router', b: 'host' },
  links: ['a:eth0 10.0.1.1/24 -- r:eth1 10.0.1.2/24', 'r:eth2 10.0.2.2/24 -- b:eth0 10.0.2.1/24'],
  setup: {
    [`Each host knows the router ${evil}`]: {
      a: 'ip route add default via 10.0.1.2',
      b: 'ip route add default via 10.0.2.2',
    },
  },
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.2.1'),
      request: [
        at('a:eth0', `It leaves ${evil}`, request(64)),
        at('r:eth1', 'The router gets it', request(64)),
        at('r:eth2', 'It forwards it', request(63)),
        at('b:eth0', 'It arrives', request(63)),
      ],
      reply: [
        at('b:eth0', 'The answer leaves', reply(64)),
        at('r:eth2', 'The router gets it', reply(64)),
        at('r:eth1', 'It forwards it', reply(63)),
        at('a:eth0', 'The answer arrives', reply(63)),
      ],
    },
  },
  checks: { 'a has a route': { run: 'ip route show default', see: { a: lines('via 10.0.1.2') } } },
  faults: {
    'r forwards nothing': {
      break: { r: 'sysctl -w net.ipv4.ip_forward=0' },
      lostAt: 'r:eth2',
      hint: 'Look at the settings of r',
      fix: { r: 'sysctl -w net.ipv4.ip_forward=1' },
    },
  },
});
