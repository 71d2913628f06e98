import { arp, at, ether, type Hop, ip, mac, send, vrrp } from 'packetwalk';
import { advertS, holds, type VirtualRouter } from './keepalived.ts';
import { until } from './until.ts';

/** Two load balancers, and who else is on their segment. */
interface Segment {
  router: VirtualRouter<'lb1' | 'lb2'>;
  /** Every interface on it. */
  segment: readonly string[];
  /** The interface of the one that sends calls to the address, and what it does when it hears that the address has moved. */
  caller: string;
  callerLearns: string;
}

/** So many packets to groups a place has sent. */
const sentToGroups = `awk '/^IpExt:/ && !n { n = split($0, name) } /^IpExt: [0-9]/ { for (i in name) if (name[i] == "OutMcastPkts") print $i }' /proc/net/netstat`;

/** A number that is added to a node’s priority: keepalived reads /run/duty when it is written. */
const duty = (plus: number) => `echo ${plus} > /run/duty`;

/** What load balancers tell each other, and everybody, by themselves: VRRP, and a gratuitous ARP at fail-over. */
export function failover<Place extends string>({ router, segment, caller, callerLearns }: Segment) {
  type Name = Place | 'lb1' | 'lb2';
  const vip = router.vip.split('/')[0] ?? '';
  const { address, priority } = router.nodes.lb1;
  const hop = (point: string, why: string, headers: Parameters<typeof at>[2]) =>
    at(point as `${string}:${string}`, why, headers) as Hop<string> as Hop<Name>;
  const allBut = (one: string) => segment.filter((point) => !point.startsWith(`${one}:`));

  const advertisement = [
    ether({ dst: '01:00:5e:00:00:12' }),
    ip({ src: address, dst: '224.0.0.18', ttl: 255 }),
    vrrp({ version: 3, vrid: router.vrid, priority, addresses: vip, interval: advertS }),
  ];
  /** Of an ARP request for one's own address nobody is asked, and everybody told (RFC 5227, section 3). */
  const gratuitous = [ether({ src: mac('lb2:eth0'), dst: 'ff:ff:ff:ff:ff:ff' }), arp({ op: 'request', sha: mac('lb2:eth0'), spa: vip, tpa: vip })];

  return {
    'lb1 tells lb2 twice a second that it has the VIP': {
      send: send('lb1' as Name, `before=$(${sentToGroups}); ${until(`[ $(${sentToGroups}) -gt $before ]`)}`),
      request: [
        hop('lb1:eth0', 'VRRP: to its group, with the number of the router, the priority, and the address', advertisement),
        ...allBut('lb1').map((point) =>
          point === 'lb2:eth0'
            ? hop(point, 'Its TTL is still 255, so it is from this segment; a higher priority than its own: lb2 waits on', advertisement)
            : hop(point, 'A switch floods what is for a group: it is heard here, and nobody listens', advertisement),
        ),
      ],
    },
    'lb2 has a higher priority for a moment, takes over, and tells everybody by ARP': {
      send: send('lb2' as Name, `${duty(150)}; ${until(holds(router))}; ${duty(0)}; ${until(`! ${holds(router)}`)}`),
      request: [
        hop('lb2:eth0', 'A gratuitous ARP: the VIP is at lb2’s MAC from now on', gratuitous),
        ...allBut('lb2').map((point) =>
          point === caller
            ? hop(point, callerLearns, gratuitous)
            : hop(point, 'Everybody hears it, and who knew the old MAC learns the new one', gratuitous),
        ),
      ],
    },
  };
}
