import { cases } from './case.ts';
import { ring } from './labs/ring.ts';
import { routedPods } from './labs/routed-pods.ts';

cases('a ring of routers', ring, {
  'an answer by another way than its request is dropped by the reverse path filter': {
    breaks: { x: 'sysctl -qw net.ipv4.conf.all.rp_filter=1' },
    mends: { x: 'sysctl -qw net.ipv4.conf.all.rp_filter=0' },
    ends: 'failed: reply lost at x:ea',
    cause: 'reverse path filter',
    says: ['net.ipv4.conf.all.rp_filter = 1'],
  },
  'a stateful firewall sees one direction alone': {
    breaks: {
      z: `iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
          iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
          iptables -P FORWARD DROP`,
    },
    mends: { z: 'iptables -F FORWARD\niptables -P FORWARD ACCEPT' },
    ends: 'failed: reply lost at z:ex',
    cause: 'conntrack state invalid',
    says: [/invalid/i, 'FORWARD'],
  },
  'one card of a router does not forward': {
    breaks: { x: 'sysctl -qw net.ipv4.conf.ea.forwarding=0' },
    mends: { x: 'sysctl -qw net.ipv4.conf.ea.forwarding=1' },
    ends: 'failed: lost at x:ey',
    cause: 'forwarding off',
    says: ['net.ipv4.conf.ea.forwarding = 0'],
  },
  'the receiver ignores echo requests': {
    breaks: { b: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=1' },
    mends: { b: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=0' },
    ends: 'failed: reply lost at b:e0',
    cause: 'echo ignored',
    says: ['net.ipv4.icmp_echo_ignore_all = 1'],
  },
  'the receiver ignores echo requests, and no answer is listed': {
    breaks: { b: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=1' },
    mends: { b: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=0' },
    walk: 'a pings b, its answer not listed',
    ends: 'failed: arrived, and nobody answered',
    cause: 'echo ignored',
    says: ['net.ipv4.icmp_echo_ignore_all = 1'],
  },
  'a router before sets a TTL that is spent at the next': {
    breaks: { x: 'iptables -t mangle -A POSTROUTING -p icmp -j TTL --ttl-set 1' },
    mends: { x: 'iptables -t mangle -F POSTROUTING' },
    ends: 'failed: differs at x:ey out',
    isMendedAsTold: true,
    cause: 'TTL spent',
    says: ['it came with TTL 1', 'it had 64 before it left x', 'mangle POSTROUTING', 'TTL'],
  },
  'the sender’s own rule sets a TTL that is spent at the next router but one': {
    breaks: { a: 'iptables -t mangle -A OUTPUT -p icmp -j TTL --ttl-set 2' },
    mends: { a: 'iptables -t mangle -F OUTPUT' },
    ends: 'failed: differs at a:e0 out',
    isMendedAsTold: true,
    cause: 'TTL spent',
    says: ['it came with TTL 1', 'it left a with 2', 'mangle OUTPUT'],
  },
  'a router sets the TTL to what it may not forward': {
    breaks: {
      y: `nft add table ip low
          nft add chain ip low in '{ type filter hook prerouting priority 0; }'
          nft add rule ip low in icmp type echo-request ip ttl set 1`,
    },
    mends: { y: 'nft delete table ip low' },
    ends: 'failed: lost at y:ew',
    isMendedAsTold: true,
    cause: 'TTL spent',
    says: ['a rule of its own sets it', 'ip ttl set 1'],
  },
  'a queue lets nothing through': {
    breaks: { y: 'tc qdisc add dev ew root tbf rate 8kbit burst 40 limit 40' },
    mends: { y: 'tc qdisc del dev ew root' },
    ends: 'failed: lost at y:ew',
    cause: 'queue drops',
    says: [/\btbf\b/, 'ew'],
  },
  'a gateway answers no ARP': {
    breaks: { x: 'sysctl -qw net.ipv4.conf.all.arp_ignore=8', a: 'ip neigh flush dev e0' },
    mends: { x: 'sysctl -qw net.ipv4.conf.all.arp_ignore=0' },
    ends: 'failed: lost at a:e0',
    cause: 'arp_ignore',
    says: ['arp_ignore = 8', 'x:ea'],
  },
  'a gateway’s card has ARP off': {
    breaks: { x: 'ip link set ea arp off', a: 'ip neigh flush dev e0' },
    mends: { x: 'ip link set ea arp on' },
    ends: 'failed: lost at a:e0',
    cause: 'ARP off',
    says: ['NOARP', 'x:ea'],
  },
  'a gateway’s arptables drop what asks': {
    breaks: { x: 'arptables -A INPUT -i ea --opcode 1 -j DROP', a: 'ip neigh flush dev e0' },
    mends: { x: 'arptables -F INPUT' },
    ends: 'failed: lost at a:e0',
    isMendedAsTold: true,
    cause: 'ARP filtered',
    says: ['arp filter INPUT', 'x:ea'],
  },
  'a policy of nftables drops all ARP': {
    breaks: {
      x: "nft add table arp f; nft 'add chain arp f i { type filter hook input priority 0; policy drop; }'",
      a: 'ip neigh flush dev e0',
    },
    mends: { x: 'nft delete table arp f' },
    ends: 'failed: lost at a:e0',
    isMendedAsTold: true,
    cause: 'ARP filtered',
    says: ['arp f i', 'policy drop'],
  },
  'the arptables of who asks keep its question': {
    breaks: { a: 'arptables -A OUTPUT -o e0 --opcode 1 -j DROP; ip neigh flush dev e0' },
    mends: { a: 'arptables -F OUTPUT' },
    ends: 'failed: lost at a:e0',
    isMendedAsTold: true,
    cause: 'ARP filtered',
    says: ['arp filter OUTPUT'],
  },
  'a router gives the packet a source that nobody has': {
    breaks: { y: 'iptables -t nat -A POSTROUTING -o ew -j SNAT --to-source 10.250.0.9' },
    mends: { y: 'iptables -t nat -F POSTROUTING' },
    ends: 'failed: differs at y:ew out',
    isMendedAsTold: true,
    cause: 'source translated',
    says: ['10.250.0.9', 'snat to'],
  },
  'one of a route’s next hops is nobody': {
    breaks: { w: 'ip route replace 10.10.0.0/24 nexthop via 10.11.4.0 nexthop via 10.20.0.77 weight 200' },
    mends: { w: 'ip route replace 10.10.0.0/24 via 10.11.4.0' },
    ends: 'failed: reply lost at w:ez',
    isMendedAsTold: true,
    cause: 'address that nobody has',
    says: ['10.20.0.77', 'was via 10.11.4.0'],
  },
  'a router has a local route to the receiver': {
    breaks: { y: 'ip route add local 10.20.0.2 dev lo' },
    mends: { y: 'ip route del local 10.20.0.2 dev lo || true' },
    ends: 'failed: lost at y:ew',
    isMendedAsTold: true,
    cause: 'local route',
    says: ['y takes 10.20.0.2 for its own', 'local 10.20.0.2 dev lo'],
  },
  'the sender has a local route to the receiver': {
    breaks: { a: 'ip route add local 10.20.0.0/24 dev lo' },
    mends: { a: 'ip route del local 10.20.0.0/24 dev lo || true' },
    ends: 'failed: lost at a:e0',
    isMendedAsTold: true,
    cause: 'local route',
    says: ['a takes 10.20.0.2 for its own', 'local 10.20.0.0/24 dev lo'],
  },
  'a router has a wrong neighbour entry for an address that another place has, too': {
    breaks: {
      z: 'ip address add 10.20.0.2/32 dev lo',
      w: 'ip neigh replace 10.20.0.2 lladdr 02:de:ad:00:00:07 dev eb nud permanent',
    },
    mends: { z: 'ip address del 10.20.0.2/32 dev lo', w: 'ip neigh del 10.20.0.2 dev eb' },
    ends: 'failed: lost at b:e0',
    cause: 'wrong neighbour entry',
    says: ['w sends it to a wrong MAC', '02:de:ad:00:00:07 PERMANENT', 'b:e0, which has 10.20.0.2, has MAC'],
  },
  'an IPsec policy blocks': {
    breaks: { y: 'ip xfrm policy add src 10.10.0.0/24 dst 10.20.0.0/24 dir fwd action block' },
    mends: { y: 'ip xfrm policy flush' },
    ends: 'failed: lost at y:ew',
    cause: 'IPsec policy',
    says: [/ip xfrm policy|XfrmFwdPolBlock|action block/, 'y'],
  },
});

cases('nodes that route their pods', routedPods, {
  'proxy ARP does not answer where there is no route': {
    breaks: { w1: 'ip route del default', p1: 'ip neigh flush dev eth0' },
    mends: { w1: 'ip route add default via 172.18.5.254' },
    ends: 'failed: lost at p1:eth0',
    cause: 'proxy ARP without a route',
    says: ['w1:cali1', '169.254.1.1', /no route|unreachable/i],
  },
  'a block’s blackhole takes what goes to a pod without a route': {
    breaks: { w2: 'ip route del 10.88.2.7' },
    mends: { w2: 'ip route add 10.88.2.7 dev cali1 scope link' },
    ends: 'failed: lost at w2:cali1',
    cause: 'blackhole route',
    says: ['blackhole 10.88.2.0/26'],
  },
  'a smaller MTU on the way, and the sender is told': {
    breaks: { w1: 'ip link set ens3 mtu 1400' },
    mends: { w1: 'ip link set ens3 mtu 1500' },
    walk: 'p1 sends a big one',
    ends: 'failed: lost at w1:ens3',
    cause: 'MTU too small',
    says: ['mtu 1400', 'w1', 'ens3', '1500'],
  },
  'a smaller MTU on the way, and the ICMP is filtered': {
    breaks: {
      w1: 'ip link set ens3 mtu 1400\niptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP',
    },
    mends: { w1: 'ip link set ens3 mtu 1500\niptables -F OUTPUT' },
    walk: 'p1 sends a big one',
    ends: 'failed: lost at w1:ens3',
    cause: 'MTU too small',
    says: ['mtu 1400', 'w1', 'ens3', '1500'],
  },
});
