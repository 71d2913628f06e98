import { at, icmp, ip, lab, lines, send } from 'packetwalk';

const request = [ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 64 }), icmp({ type: 'echo request' })];
const reply = [ip({ src: '10.0.0.2', dst: '10.0.0.1', ttl: 64 }), icmp({ type: 'echo reply' })];

export default lab({
  title: 'Two hosts on a cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {
    'b has a second address': { b: 'ip addr add 10.0.0.3/24 dev eth0' },
  },
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [at('a:eth0', 'It leaves a', request), at('b:eth0', 'It reaches b', request)],
      reply: [at('b:eth0', 'The answer leaves b', reply), at('a:eth0', 'It reaches a', reply)],
    },
  },
  checks: {
    'b answers for both addresses': {
      run: 'ip -br address show eth0',
      see: { b: lines('10.0.0.2/24 10.0.0.3/24') },
    },
  },
  faults: {
    'b drops every echo request': {
      break: { b: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=1' },
      lostAt: 'reply b:eth0',
      hint: 'Run `sysctl net.ipv4.icmp_echo_ignore_all` on b. May b answer?',
      fix: { b: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=0' },
    },
  },
});
