import { at, icmp, ip, type Lab, send, udp } from '../../src/index.ts';
import { cases } from './case.ts';

const [client, server] = ['10.0.0.1', '10.0.0.2'];

const lab: Lab = {
  title: 'A call that nobody takes is refused by ICMP',
  nodes: { c: 'host', s: 'host' },
  links: [`c:eth0 ${client}/24 -- s:eth0 ${server}/24`],
  setup: { 'Every call is refused': { s: 'sysctl -w net.ipv4.icmp_ratelimit=0' } },
  walks: {
    'c calls a port where nobody listens': {
      send: send('c', `timeout 1 bash -c "exec 3<>/dev/udp/${server}/9; echo hello >&3; cat <&3"`),
      request: [
        at('c:eth0', 'A datagram', ip({ src: client, dst: server }), udp({ dst: 9 })),
        at('s:eth0', 'Nobody takes it', ip({ src: client, dst: server }), udp({ dst: 9 })),
      ],
      reply: [
        at('s:eth0', 'The kernel says so', ip({ src: server, dst: client }), icmp({ type: 'unreachable', code: 3 })),
        at('c:eth0', 'The caller is told', ip({ src: server, dst: client }), icmp({ type: 'unreachable', code: 3 })),
      ],
    },
  },
};

cases('where calls are refused', lab, {
  'a server has refused as many calls as it may': {
    breaks: [
      { s: 'sysctl -w net.ipv4.icmp_ratelimit=60000' },
      { c: `bash -c 'for call in 1 2 3 4 5 6 7 8; do (exec 3<>/dev/udp/${server}/9; echo hello >&3); done'` },
    ],
    mends: {},
    isMendedAsTold: true,
    ends: 'failed: reply lost at s:eth0',
    cause: 'ICMP rate limit',
    says: ['s sends no ICMP error', 'net.ipv4.icmp_ratelimit'],
  },
});
