import { at, type Check, type Commands, daemon, icmp, ip, lines, send, udp, vxlan } from 'packetwalk';
import { type Cluster, document, introduction, vtep } from './flannel.ts';
import { into, outOf } from './flannel-walks.ts';

const server = daemon('iperf3', 'iperf3 -s', { 'iperf3 listens': "ss -ltnH 'sport = :5201' | grep -q ." });

const beside: Cluster<'master' | 'node1', never> = {
  master: { ...document.master, subnet: '10.52.0', pods: {} },
  node1: { ...document.node1, subnet: '10.52.1', pods: {} },
};

/** flannel’s VXLAN overlay between master and node1, for a network of its own: node1 is 10.52.1.0. */
export const ofNodes: Commands<'master' | 'node1'> = {
  master: [vtep(beside.master), introduction(beside, 'master')],
  node1: [vtep(beside.node1), introduction(beside, 'node1'), server],
};

const end = (own: string, other: string, address: string) => `
  ip link add vxlan1 mtu 1450 type vxlan id 1 local ${own} remote ${other} dev eth0 dstport 8472
  ip link set vxlan1 up
  ip addr add ${address}/24 dev vxlan1`;

/** The same wrapping from podA to podB: podB is 10.52.0.2. */
export const ofPods: Commands<'podA' | 'podB'> = {
  podA: end('10.42.0.65', '10.42.1.9', '10.52.0.1'),
  podB: [end('10.42.1.9', '10.42.0.65', '10.52.0.2'), server],
};

const plain = (length: number, ttl = 64) => [ip({ src: '10.42.0.65', dst: '10.42.1.9', length, ttl }), icmp({ type: 'echo request' })];
const ping = (ttl = 64) => [ip({ src: '10.52.0.1', dst: '10.52.0.2', length: 1400, ttl }), icmp({ type: 'echo request' })];
const wrapped = (ttl = 64) => [ip({ src: '10.42.0.65', dst: '10.42.1.9', length: 1450, ttl }), udp({ dst: 8472 }), vxlan({ vni: 1 }), ...ping()];

/** How long packets are on their way from podA to podB, plain and wrapped. */
export const lengths = {
  'A packet of 1500 bytes crosses in one piece': {
    claims: ['FH-02', 'FH-05'] as const,
    send: send('podA', 'ping -c 1 -M do -s 1472 10.42.1.9'),
    request: [
      ...outOf('master', 'podA', plain(1500)),
      at('master:enp0s1', 'VXLAN would need 50 more than the wire takes', plain(1500, 63)),
      at('node1:enp0s1', 'Here not a byte is added', plain(1500, 63)),
      ...into('node1', 'podB', plain(1500, 62)),
    ],
  },
  'Of 1400 bytes the wire sees 1400': {
    claims: ['FH-05'] as const,
    send: send('podA', 'ping -c 1 -s 1372 10.42.1.9'),
    request: [
      ...outOf('master', 'podA', plain(1400)),
      at('master:enp0s1', 'As long as it was sent', plain(1400, 63)),
      at('node1:enp0s1', 'And as it arrives', plain(1400, 63)),
      ...into('node1', 'podB', plain(1400, 62)),
    ],
  },
  'Of 1400 bytes by VXLAN the wire sees 1450, and both ends see each packet twice': {
    claims: ['FH-05'] as const,
    send: send('podA', 'ping -c 1 -s 1372 10.52.0.2'),
    request: [
      at('podA:vxlan1', 'It enters the tunnel', ping()),
      ...outOf('master', 'podA', wrapped()),
      at('master:enp0s1', '36 bytes of headers and an inner frame’s 14 are carried along', wrapped(63)),
      at('node1:enp0s1', 'All the way', wrapped(63)),
      ...into('node1', 'podB', wrapped(62)),
      at('podB:vxlan1', 'It is unwrapped', ping()),
    ],
  },
};

interface Ways<Node extends string> {
  from: Node;
  name: string;
  to: string;
  vxlan: string;
  than: 'more' | 'less than half';
  bytes: string;
}

/**
 * What a way carries and what VXLAN does, each at its best of some rounds: of four at least, and of sixteen at most if it does
 * not show before. A busy machine makes both slower, and neither faster than it is: where it does not show on one, it cannot be told.
 */
export const throughput = <Node extends string, Id extends string>(
  claim: Id,
  { from, name, to, vxlan, than, bytes }: Ways<Node>,
): Check<Node, Id> => {
  const [shows, says] =
    than === 'more' ? ['$own -gt $vxlan', 'more than VXLAN'] : ['$((2 * own)) -lt $vxlan', 'less than half of what VXLAN carries'];
  return {
    claim,
    run: `
      best() {
        now=$(iperf3 -c $1 -n ${bytes} -f m | sed -n 's/.* \\([0-9]*\\)[.0-9]* Mbits.*receiver/\\1/p')
        [ \${now:-0} -gt $2 ] && echo $now || echo $2
      }
      own=0 vxlan=0 round=0
      until [ $round -ge 4 -a ${shows} -o $round = 16 ]; do
        own=$(best ${to} $own) vxlan=$(best ${vxlan} $vxlan) round=$((round + 1))
      done
      echo "In $round rounds ${name} carries up to $own Mbit/s, VXLAN $vxlan"
      [ $own -gt 0 -a $vxlan -gt 0 -a ${shows} ] && echo "${name} carries ${says}" && exit
      [ $own -gt 0 -a $vxlan -gt 0 -a $(cut -d. -f1 /proc/loadavg) -ge $(nproc) ] && echo 'This machine is too busy to compare them' && exit 75`,
    see: { [from]: lines('Mbit/s', `${name} carries ${says}`) } as Check<Node>['see'],
  };
};

/** What host-gw carries from podA to podB, beside the same packets wrapped. */
export const plainBesideWrapped: Record<string, Check<'podA', 'FH-05'>> = {
  'Plain packets get more across than wrapped ones, on the same way': throughput('FH-05', {
    from: 'podA',
    name: 'host-gw',
    to: '10.42.1.9',
    vxlan: '10.52.0.2',
    than: 'more',
    bytes: '10M',
  }),
};
