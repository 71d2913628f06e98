import { at, daemon, ether, icmp, ip, type Lab, mac, send } from '../../src/index.ts';
import { cases } from './case.ts';

const vip = '192.168.205.100';
const ask = (ttl: number) => [ip({ dst: vip, ttl }), icmp({ type: 'echo request' })];

const answer = (ttl: number) => [ip({ src: vip, ttl }), icmp({ type: 'echo reply' })];

const asReal = (place: 'lb1' | 'lb2' | 'dr1', more: string) => ({
  [place]: ['ip route add default via 192.168.205.1', more].join('\n'),
});

/** Tells the router by an ARP request which MAC has the address, as often as it takes: it holds to what it has learned for a second. */
const claim = `for try in $(seq 40); do arping -q -c 1 -w 1 -s ${vip} -I eth0 192.168.205.1; sleep 0.05; done`;

/** A director hands on what is for the address to the real server, by another MAC alone. */
const leads = `sysctl -q -w net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
  ip route add ${vip} via 192.168.205.31 table 100
  ip rule add pref 1 lookup local
  ip rule add pref 0 fwmark 1 lookup 100
  iptables -t mangle -A PREROUTING -d ${vip} -p icmp -j MARK --set-mark 1
  ip rule del pref 0 lookup local`;

/** Of two directors one has the virtual address; a real server has it, too, on lo, and is silent of it. */
const lab: Lab = {
  title: 'A virtual address at several places',
  nodes: { client: 'host', gw: 'router', lan: 'switch', lb1: 'router', lb2: 'router', dr1: 'host' },
  links: [
    'client:eth0 192.0.2.50/24 -- gw:eth0 192.0.2.1/24',
    'gw:eth1 192.168.205.1/24 -- lan',
    'lb1:eth0 192.168.205.11/24 -- lan',
    'lb2:eth0 192.168.205.12/24 -- lan',
    'dr1:eth0 192.168.205.31/24 -- lan',
  ],
  setup: {
    'The first director has the address': {
      client: 'ip route add default via 192.0.2.1',
      ...asReal('lb1', `${leads}\nip addr add ${vip}/24 dev eth0`),
      ...asReal('lb2', leads),
      ...asReal(
        'dr1',
        `sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2\nip addr add ${vip}/32 dev lo`,
      ),
    },
    'It is held by a daemon': {
      lb1: [daemon('holder', 'socat TCP4-LISTEN:81,fork SYSTEM:cat', { 'It listens': 'ss -ltn | grep -q :81' })],
    },
  },
  walks: {
    'client pings the virtual address': {
      send: send('client', `ping -c 1 ${vip}`),
      request: [
        at('client:eth0', 'It leaves', ask(64)),
        at('gw:eth0', 'To the router', ask(64)),
        at('gw:eth1', 'To the director', ether({ dst: mac('lb1:eth0') }), ask(63)),
        at('lb1:eth0 in', 'The director has the address', ask(63)),
        at('lb1:eth0 out', 'And hands it on', ether({ dst: mac('dr1:eth0') }), ask(62)),
        at('dr1:eth0', 'It arrives', ask(62)),
      ],
      reply: [
        at('dr1:eth0', 'It answers, past the director', ether({ dst: mac('gw:eth1') }), answer(64)),
        at('gw:eth1', 'To the router', answer(64)),
        at('gw:eth0', 'Which spends a TTL', answer(63)),
        at('client:eth0', 'It is answered', answer(63)),
      ],
    },
  },
};

cases('A virtual address', lab, {
  'the real server tells of it by ARP': {
    breaks: { dr1: `sysctl -q -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0\n${claim}` },
    mends: {
      dr1: 'sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
      gw: `ip neigh del ${vip} dev eth1`,
    },
    ends: 'failed: differs at gw:eth1 out',
    cause: 'address twice',
    says: ['dr1:lo and lb1:eth0 have one address', vip, 'the packet went to dr1 and not to lb1'],
    isMendedAsTold: true,
  },
  'both directors have it': {
    breaks: { lb2: `ip addr add ${vip}/24 dev eth0\n${claim}` },
    mends: { lb2: `ip addr del ${vip}/24 dev eth0 2>/dev/null || true`, gw: `ip neigh flush ${vip} dev eth1` },
    ends: 'failed: differs at gw:eth1 out',
    cause: 'address twice',
    says: ['lb2:eth0 and lb1:eth0 have one address', vip, 'the packet went to lb2 and not to lb1'],
  },
  'no director has it any more': {
    breaks: {
      lb1: `kill $(cat /run/holder.pid)\nip addr del ${vip}/24 dev eth0`,
      gw: `ip neigh flush ${vip} dev eth1`,
    },
    mends: { lb1: `ip addr add ${vip}/24 dev eth0` },
    ends: 'failed: lost at gw:eth1',
    cause: 'daemon ended',
    says: ['lb1’s daemon holder does not run', `address ${vip}/24 dev eth0 is gone`],
  },
});
