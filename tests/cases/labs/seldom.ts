import { daemon, ip, type Lab, send, udp, vxlan } from '../../../src/index.ts';
import { datagram, hops, pinging } from './journey.ts';

const [ASKS, ANSWERS] = ['10.5.0.1', '10.5.0.2'];
const says = (port: number) =>
  daemon('says', `socat UDP4-RECVFROM:${port},fork SYSTEM:"read line; echo welcome"`, {
    'It listens': `ss -lun | grep -q :${port}`,
  });

const tunnel = (me: number) => `
  ip link add vx type vxlan id 7 dstport 4789 local 192.0.${me}.1 remote 192.0.${3 - me}.1
  ip addr add 10.7.0.${me}/24 dev vx
  ip link set vx up
  ip route add 192.0.${3 - me}.0/24 via 192.0.${me}.254`;
const wrapped = (ttl: number) => [
  ip({ src: '192.0.1.1', dst: '192.0.2.1', ttl }),
  udp({ dst: 4789 }),
  vxlan({ vni: 7 }),
];

const asking = (address: string, timeoutS = 3) =>
  `timeout ${timeoutS} bash -c 'exec 3<>/dev/udp/${address}/17; echo hi >&3; read -u 3 line'`;
const asked = (address: string) => ({
  send: send('a', asking(address)),
  request: hops(['a:eth0', ...datagram(ASKS, address, 17, 64)], ['b:eth0', ...datagram(ASKS, address, 17, 64)]),
  reply: hops(
    ['b:eth0', ip({ src: address, dst: ASKS }), udp({ src: 17 })],
    ['a:eth0', ip({ src: address, dst: ASKS }), udp({ src: 17 })],
  ),
});

/** Two hosts on a switch, of whom one has a macvlan and a second address, and a tunnel that crosses a router. */
export const seldom: Lab = {
  title: 'What is seldom broken',
  nodes: { sw: 'switch', a: 'host', b: 'host', m1: 'router', r: 'router', m2: 'router' },
  links: [
    `a:eth0 ${ASKS}/24 -- sw`,
    `b:eth0 ${ANSWERS}/24 -- sw`,
    'm1:eth0 192.0.1.1/24 -- r:e1 192.0.1.254/24',
    'r:e2 192.0.2.254/24 -- m2:eth0 192.0.2.1/24',
  ],
  setup: {
    'A server, a second address, a macvlan, a tunnel, and a route as a daemon makes it': {
      a: 'ip route add 10.9.9.0/24 via 10.5.0.2 dev eth0 proto bird',
      b: [
        'ip addr add 10.5.0.3/24 dev eth0',
        'ip addr add 10.9.9.9/32 dev lo',
        'sysctl -qw net.ipv4.conf.all.arp_ignore=1',
        'ip link add mv0 link eth0 type macvlan mode bridge',
        'ip addr add 10.5.0.9/24 dev mv0',
        'ip link set mv0 up',
        says(17),
      ],
      m1: tunnel(1),
      m2: tunnel(2),
    },
  },
  walks: {
    'a pings b': pinging({ command: `ping -c 1 ${ANSWERS}`, src: ASKS, dst: ANSWERS }, [
      ['a:eth0', 64],
      ['b:eth0', 64],
    ]),
    'a pings what b has told of': pinging({ command: 'ping -c 1 10.9.9.9', src: ASKS, dst: '10.9.9.9' }, [
      ['a:eth0', 64],
      ['b:eth0', 64],
    ]),
    'a pings the macvlan': pinging({ command: 'ping -c 1 10.5.0.9', src: ASKS, dst: '10.5.0.9' }, [
      ['a:eth0', 64],
      ['b:eth0', 64],
      ['b:mv0', 64],
    ]),
    'a asks b': asked(ANSWERS),
    'a big ping by the tunnel': pinging({ command: 'ping -c 1 -s 1400 10.7.0.2', src: '10.7.0.1', dst: '10.7.0.2' }, [
      ['m1:vx', 64],
      ['m1:eth0', 64, wrapped(64)],
      ['r:e1', 64, wrapped(64)],
      ['r:e2', 64, wrapped(63)],
      ['m2:eth0', 64, wrapped(63)],
      ['m2:vx', 64],
    ]),
  },
};

/** What is asked of the server's second address, from which it does not answer. */
export const askingTheSecond = asking('10.5.0.3', 2);
