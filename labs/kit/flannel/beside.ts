import { at, type Check, icmp, ip, lines, send, udp, vxlan } from 'packetwalk';
import { into, outOf } from './walks.ts';

const plain = (length: number, ttl = 64) => [ip({ src: '10.42.0.65', dst: '10.42.1.9', length, ttl }), icmp({ type: 'echo request' })];
const ping = (ttl = 64) => [ip({ src: '10.52.0.1', dst: '10.52.0.2', length: 1400, ttl }), icmp({ type: 'echo request' })];
const wrapped = (ttl = 64) => [ip({ src: '10.42.0.65', dst: '10.42.1.9', length: 1450, ttl }), udp({ dst: 8472 }), vxlan({ vni: 1 }), ...ping()];

/** How long packets are on their way from podA to podB, plain and wrapped. */
export const lengths = {
  'A packet of 1500 bytes crosses in one piece': {
    claims: ['FH-02', 'FH-05'] as const,
    send: send('podA', 'ping -c 1 -M do -s 1472 10.42.1.9'),
    request: [
      ...outOf('podA', plain(1500)),
      at('master:enp0s1', 'VXLAN would need 50 more than the wire takes', plain(1500, 63)),
      at('node1:enp0s1', 'Here not a byte is added', plain(1500, 63)),
      ...into('podB', plain(1500, 62)),
    ],
  },
  'Of 1400 bytes the wire sees 1400': {
    claims: ['FH-05'] as const,
    send: send('podA', 'ping -c 1 -s 1372 10.42.1.9'),
    request: [
      ...outOf('podA', plain(1400)),
      at('master:enp0s1', 'As long as it was sent', plain(1400, 63)),
      at('node1:enp0s1', 'And as it arrives', plain(1400, 63)),
      ...into('podB', plain(1400, 62)),
    ],
  },
  'Of 1400 bytes by VXLAN the wire sees 1450, and both ends see each packet twice': {
    claims: ['FH-05'] as const,
    send: send('podA', 'ping -c 1 -s 1372 10.52.0.2'),
    request: [
      at('podA:vxlan1', 'It enters the tunnel', ping()),
      ...outOf('podA', wrapped()),
      at('master:enp0s1', '36 bytes of headers and an inner frame’s 14 are carried along', wrapped(63)),
      at('node1:enp0s1', 'All the way', wrapped(63)),
      ...into('podB', wrapped(62)),
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
  /** How much each is given to carry: as much, for what takes longer gets nearer to its best. */
  bytes: string;
}

/**
 * What a way carries and what VXLAN does, in rounds of one after the other: it is so where the best of each shows it, and four
 * rounds more showed it than did not; sixteen rounds that do not end so refute it. On a busy machine they cannot: it makes both
 * slower, by chance, and neither faster than it is. A server that has not done with the client before says that it is busy, and is
 * asked again.
 */
export const throughput = <Node extends string, Id extends string>(
  claim: Id,
  { from, name, to, vxlan, than, bytes }: Ways<Node>,
): Check<Node, Id> => {
  const [shows, says] = than === 'more' ? ['$1 -gt $2', 'more than VXLAN'] : ['$((2 * $1)) -lt $2', 'less than half of what VXLAN carries'];
  return {
    claim,
    run: `
      carried() {
        tries=0
        while said=$(iperf3 -c $1 -n ${bytes} -f m 2>&1); expr "$said" : '.*server is busy' >/dev/null && [ $tries -lt 30 ]; do
          tries=$((tries + 1))
          sleep 0.1
        done
        now=$(echo "$said" | sed -n 's/.* \\([0-9]*\\)[.0-9]* Mbits.*receiver/\\1/p')
        echo \${now:-0}
      }
      more() { [ $1 -gt $2 ] && echo $1 || echo $2; }
      shows() { [ ${shows} ]; }
      own=0 vxlan=0 lead=0 round=0
      until [ $lead -ge 4 ] && shows $own $vxlan || [ $round = 16 ]; do
        a=$(carried ${to}) b=$(carried ${vxlan}) round=$((round + 1))
        shows $a $b && lead=$((lead + 1)) || lead=$((lead - 1))
        own=$(more $own $a) vxlan=$(more $vxlan $b)
      done
      echo "In $round rounds ${name} carries up to $own Mbit/s, VXLAN $vxlan"
      [ $own -gt 0 -a $vxlan -gt 0 ] || exit 0
      [ $lead -ge 4 ] && shows $own $vxlan && echo "${name} carries ${says}" && exit
      [ $(cut -d. -f1 /proc/loadavg) -ge $(nproc) ] && echo 'This machine is too busy to compare them' && exit 75`,
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
