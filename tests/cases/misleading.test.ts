import { cases } from './case.ts';
import { misleading } from './labs/misleading.ts';

const before = (rule: string) => `ip rule add pref 9 lookup local\nip rule del pref 0\nip rule add pref 8 ${rule}`;
const asBefore = 'ip rule add pref 0 lookup local || true\nip rule del pref 8 || true\nip rule del pref 9 || true';
const back = 'ip route replace 10.0.1.0/24 dev ec proto kernel scope link src 10.0.1.1';
const filtered = { walk: 'c pings p1', ends: 'failed: lost at r:br2', isMendedAsTold: true } as const;
const by6 = { walk: 'c pings p3 by IPv6', ends: 'failed: lost at r:br3', isMendedAsTold: true } as const;

cases('what drops a packet is not what is wrong:', misleading, {
  'a rule that asks for the way back drops what a route leads back elsewhere': {
    ...filtered,
    breaks: { r: 'ip route add 10.0.1.2/32 dev br3' },
    mends: { r: 'ip route del 10.0.1.2/32 dev br3 || true' },
    cause: 'wrong route',
    says: ['r’s way back to 10.0.1.2', 'so its rule of PREROUTING drops', 'dev br3 scope link is new'],
  },
  'it drops what has no way back any more': {
    ...filtered,
    breaks: { r: 'ip route del 10.0.1.0/24 dev ec' },
    mends: { r: back },
    cause: 'no route',
    says: ['r’s way back to 10.0.1.2', '10.0.1.0/24 dev ec', 'it has none now'],
  },
  'it drops what a policy rule leads back elsewhere': {
    ...filtered,
    breaks: { r: 'ip route add blackhole default table 88\nip rule add pref 7 to 10.0.1.2 lookup 88' },
    mends: { r: 'ip rule del pref 7 || true\nip route flush table 88' },
    cause: 'blackhole route',
    says: ['r’s way back to 10.0.1.2', 'rule 7: from all to 10.0.1.2 lookup 88 is new'],
  },
  'a reverse path filter that was there before drops what a route leads back elsewhere': {
    ...filtered,
    breaks: {
      r: 'iptables -t raw -D PREROUTING -m rpfilter --validmark --invert -j DROP\nip route replace 10.0.1.0/24 dev br3',
    },
    mends: { r: `${back}\niptables -t raw -A PREROUTING -m rpfilter --validmark --invert -j DROP` },
    cause: 'wrong route',
    says: ['r’s way back to 10.0.1.2', 'its reverse path filter (net.ipv4.conf.ec.rp_filter = 1) drops'],
  },
  'one’s own address is refused before one’s own addresses are looked up': {
    walk: 'p1 pings itself',
    isMendedAsTold: true,
    breaks: { p1: before('to 10.0.2.2 prohibit') },
    mends: { p1: asBefore },
    ends: 'failed: lost at p1:lo',
    cause: 'own address routed away',
    says: ['p1 does not take 10.0.2.2 for its own address', 'policy rule 8: from all to 10.0.2.2 prohibit'],
  },
  'a bridge without a port that forwards takes the route by it away': {
    ...by6,
    breaks: { r: 'bridge link set dev v3 state 0' },
    mends: { r: 'bridge link set dev v3 state 3' },
    cause: 'bridge port blocking',
    says: ['r’s bridge br3 has no carrier', 'its port v3, which is in state disabled'],
  },
  'a bridge without a port does': {
    ...by6,
    breaks: { r: 'ip link set v3 nomaster' },
    mends: { r: 'ip link set v3 master br3' },
    cause: 'port off the bridge',
    says: ['r’s bridge br3 has no carrier', 'v3 is no port of br3'],
  },
  'an interface loses its last address, and all routes by it, so that another one is taken': {
    breaks: { r: 'ip addr del 10.0.3.1/24 dev br3' },
    mends: { r: 'ip addr replace 10.0.3.1/24 dev br3\nip route replace 10.9.0.0/24 via 10.0.3.2' },
    walk: 'c pings what p3 has',
    ends: 'failed: lost at r:br3',
    isMendedAsTold: true,
    cause: 'address missing',
    says: ['r’s br3 has no address any more, as it had 10.0.3.1/24', '10.9.0.0/24 via 10.0.3.2 dev br3'],
  },
  'a refusal is dropped by who refuses': {
    breaks: { p1: 'iptables -A OUTPUT -p icmp -j DROP' },
    mends: { p1: 'iptables -F OUTPUT' },
    walk: 'c asks p1 where nobody listens',
    ends: 'failed: reply lost at p1:eth0',
    isMendedAsTold: true,
    cause: 'firewall rule',
    says: ['p1’s filter OUTPUT drops the ICMP error by which it would be refused'],
  },
  'IPsec refuses what a translation has made of it': {
    breaks: { r: 'ip xfrm policy add src 10.0.2.1 dst 10.0.2.2 dir out action block' },
    mends: { r: 'ip xfrm policy delete src 10.0.2.1 dst 10.0.2.2 dir out || true' },
    walk: 'r calls its own port',
    ends: 'failed: lost at r:br2',
    isMendedAsTold: true,
    cause: 'IPsec policy',
    says: ['IPsec at r drops it', 'src 10.0.2.1/32 dst 10.0.2.2/32 dir out action block'],
  },
  'a bridge takes a frame by the MAC of a port, and routes it to whom it is for': {
    breaks: { r: 'ip link set v2 address 02:00:00:00:00:01', p2: 'ip link set eth0 address 02:00:00:00:00:01' },
    mends: { r: 'ip link set v2 address 02:00:00:00:00:22', p2: 'ip link set eth0 address 02:00:00:00:00:02' },
    walk: 'p1 pings p2',
    cold: true,
    ends: 'failed: differs at r:v2 out',
    cause: 'equal MACs',
    says: ['r:br2 and p2:eth0 have one MAC', 'r takes for its own what goes to 10.0.2.3, which is p2’s'],
  },
});
