import { cases } from './case.ts';
import { byWire, natCards, tunnel } from './labs/nat-cards.ts';
import { overlay } from './labs/overlay.ts';

cases('pods of two nodes and a tunnel', overlay, {
  'the receiver’s tunnel device has another MAC than its peer knows': {
    breaks: { m2: 'ip link set flan address 3e:11:22:33:44:55' },
    mends: {
      m2: `ip link set flan address 02:00:00:00:00:02
           ip neigh replace 10.77.1.0 lladdr 02:00:00:00:00:01 dev flan nud permanent`,
    },
    ends: 'failed: lost at m2:flan',
    cause: 'VTEP MAC differs',
    says: ['02:00:00:00:00:02', '3e:11:22:33:44:55', 'flan'],
  },
  'the neighbour entry of the other end is gone, and a tunnel asks nobody': {
    breaks: { m2: 'ip neigh del 10.77.1.0 dev flan' },
    mends: { m2: 'ip neigh replace 10.77.1.0 lladdr 02:00:00:00:00:01 dev flan nud permanent' },
    ends: 'failed: reply lost at m2:flan',
    cause: 'VTEP unknown',
    says: ['m2’s flan', 'it asks since m2: neighbour 10.77.1.0', 'is gone'],
    isMendedAsTold: true,
  },
  'a rule marks what the tunnel sends, and its mark leads to a table without a way': {
    breaks: {
      m1: `iptables -t mangle -A OUTPUT -p udp --dport 8472 -j MARK --set-mark 0x7
           ip route add blackhole default table 77
           ip rule add fwmark 0x7 lookup 77`,
    },
    mends: {
      m1: `iptables -t mangle -F OUTPUT
           ip rule del fwmark 0x7 lookup 77 || true
           ip route flush table 77`,
    },
    ends: 'failed: lost at m1:eth1',
    isMendedAsTold: true,
    cause: 'no route for the tunnel',
    says: ['blackhole default', 'fwmark 0x7 lookup 77', 'mangle OUTPUT'],
  },
  'a policy rule leads what the tunnel sends to a table without a way': {
    breaks: { m1: 'ip route add unreachable default table 77\nip rule add to 192.168.56.12 lookup 77' },
    mends: { m1: 'ip rule del to 192.168.56.12 lookup 77 || true\nip route flush table 77' },
    ends: 'failed: lost at m1:eth1',
    isMendedAsTold: true,
    cause: 'no route for the tunnel',
    says: ['unreachable default', 'by the policy rule from all to 192.168.56.12 lookup 77'],
  },
  'a rule gives what the tunnel sends another destination': {
    breaks: {
      m1: `iptables -t nat -A OUTPUT -p udp --dport 8472 -j DNAT --to-destination 192.168.56.99
           conntrack -D -p udp --dport 8472 2>/dev/null || true`,
    },
    mends: { m1: 'iptables -t nat -F OUTPUT\nconntrack -D -p udp --dport 8472 2>/dev/null || true' },
    ends: 'failed: lost at m1:eth1',
    isMendedAsTold: true,
    cause: 'tunnel packet translated',
    says: [
      'm1 translates the destination of what flan sends from 192.168.56.12 to 192.168.56.99',
      'dnat to 192.168.56.99',
    ],
  },
  'a rule gives what the tunnel sends another source': {
    breaks: {
      m1: `iptables -t nat -A POSTROUTING -o eth1 -p udp --dport 8472 -j SNAT --to-source 192.168.56.77
           conntrack -D -p udp --dport 8472 2>/dev/null || true`,
    },
    mends: { m1: 'iptables -t nat -F POSTROUTING\nconntrack -D -p udp --dport 8472 2>/dev/null || true' },
    ends: 'failed: differs at m1:eth1 out',
    isMendedAsTold: true,
    cause: 'tunnel packet translated',
    says: ['m1 translates the source of what flan sends from 192.168.56.11 to 192.168.56.77', 'snat to 192.168.56.77'],
  },
  'FORWARD’s policy is DROP on the receiving node': {
    breaks: { m2: 'iptables -P FORWARD DROP\niptables -A FORWARD -i docker0 -j ACCEPT' },
    mends: { m2: 'iptables -P FORWARD ACCEPT\niptables -F FORWARD' },
    ends: 'failed: lost at m2:br-pod',
    cause: 'firewall policy',
    says: ['m2', 'FORWARD', 'policy drop'],
  },
  'the underlay drops what the tunnel sends': {
    breaks: { m2: 'iptables -t raw -A PREROUTING -p udp --dport 8472 -j DROP' },
    mends: { m2: 'iptables -t raw -F PREROUTING' },
    ends: 'failed: lost at m2:flan',
    cause: 'firewall rule',
    says: ['m2', 'raw PREROUTING', '8472'],
    isMendedAsTold: true,
  },
  'the receiver’s card has a smaller MTU, and swallows what is bigger': {
    breaks: { m2: 'ip link set eth1 mtu 1450' },
    mends: { m2: 'ip link set eth1 mtu 1500' },
    walk: 'p1 sends a big one',
    ends: 'failed: lost at m2:eth1',
    cause: 'receiver’s MTU too small',
    says: ['mtu 1450', 'm2', 'eth1'],
  },
  'a better route to a node’s own pods leads back: a loop': {
    breaks: {
      m2: `ip route del 10.77.2.0/24 dev br-pod
           ip route add 10.77.2.0/24 dev br-pod metric 200 src 10.77.2.1
           ip route add 10.77.2.0/24 via 192.168.56.11 dev eth1 metric 10`,
    },
    mends: {
      m2: `ip route del 10.77.2.0/24 via 192.168.56.11 dev eth1 metric 10
           ip route del 10.77.2.0/24 dev br-pod metric 200
           ip route add 10.77.2.0/24 dev br-pod proto kernel scope link src 10.77.2.1`,
    },
    ends: 'failed: lost at m2:br-pod',
    cause: ['routing loop', 'wrong route'],
    says: ['10.77.2.0/24 via 192.168.56.11 dev eth1', /m2/],
  },
  'both tunnel ends have one MAC': {
    breaks: {
      m2: `ip link set flan address 02:00:00:00:00:01
           ip neigh replace 10.77.1.0 lladdr 02:00:00:00:00:01 dev flan nud permanent
           bridge fdb replace 02:00:00:00:00:01 dev flan dst 192.168.56.11 self permanent`,
      m1: `ip neigh replace 10.77.2.0 lladdr 02:00:00:00:00:01 dev flan nud permanent
           bridge fdb replace 02:00:00:00:00:01 dev flan dst 192.168.56.12 self permanent`,
    },
    mends: {
      m2: `ip link set flan address 02:00:00:00:00:02
           ip neigh replace 10.77.1.0 lladdr 02:00:00:00:00:01 dev flan nud permanent`,
      m1: `ip neigh replace 10.77.2.0 lladdr 02:00:00:00:00:02 dev flan nud permanent
           bridge fdb del 02:00:00:00:00:01 dev flan dst 192.168.56.12 self`,
    },
    ends: 'failed: lost at m2:flan',
    cause: 'equal MACs',
    says: ['02:00:00:00:00:01', 'm2', 'flan'],
  },
  'two pods of a node have one address': {
    breaks: {
      q2: 'ip addr add 10.77.2.5/24 dev eth0',
      m2: `ip neigh replace 10.77.2.5 lladdr $(ip netns exec q2 cat /sys/class/net/eth0/address) dev br-pod nud reachable`,
    },
    mends: { q2: 'ip addr del 10.77.2.5/24 dev eth0', m2: 'ip neigh flush dev br-pod' },
    ends: 'failed: not seen at m2:vpod, and went on',
    cause: 'address twice',
    says: ['10.77.2.5', 'q2'],
  },
  'a pod calls its own node, whose INPUT drops': {
    breaks: { m1: 'iptables -P INPUT DROP' },
    mends: { m1: 'iptables -P INPUT ACCEPT' },
    walk: 'p1 pings its own node',
    ends: 'failed: arrived, and its sender was not answered',
    cause: 'firewall policy',
    says: ['m1', 'INPUT', 'policy drop'],
  },
  'of four rules that drop, one did': {
    breaks: {
      m2: `iptables -N DOCKER-ISOLATION-2
           iptables -A DOCKER-ISOLATION-2 -o docker0 -j DROP
           iptables -A DOCKER-ISOLATION-2 -j RETURN
           iptables -A FORWARD -j DOCKER-ISOLATION-2
           iptables -N KUBE-FIREWALL
           iptables -A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP
           iptables -A INPUT -j KUBE-FIREWALL
           iptables -A OUTPUT -j KUBE-FIREWALL
           iptables -N cali-tw-p2
           iptables -A cali-tw-p2 -m conntrack --ctstate INVALID -j DROP
           iptables -A cali-tw-p2 -s 10.77.1.6 -j ACCEPT
           iptables -A cali-tw-p2 -m comment --comment "Drop if no profiles matched" -j DROP
           iptables -A FORWARD -d 10.77.2.5 -j cali-tw-p2`,
    },
    mends: { m2: 'iptables -F\niptables -X' },
    ends: 'failed: lost at m2:br-pod',
    cause: 'firewall rule',
    says: ['m2', 'cali-tw-p2', 'Drop if no profiles matched'],
    isMendedAsTold: true,
  },
  'a port of the pod bridge is blocking': {
    breaks: { m2: 'bridge link set dev vpod state 0' },
    mends: { m2: 'bridge link set dev vpod state 3' },
    ends: 'failed: lost at m2:vpod',
    cause: 'bridge port blocking',
    says: ['m2', 'vpod', /state (disabled|blocking)|disabled|blocking/],
  },
  'a port of the pod bridge is blocking, and nobody knows a neighbour': {
    breaks: { m2: 'bridge link set dev vpod state 0' },
    mends: { m2: 'bridge link set dev vpod state 3' },
    cold: true,
    ends: 'failed: lost at m2:br-pod',
    cause: 'bridge port blocking',
    says: ['m2', 'vpod', /state (disabled|blocking)|disabled|blocking/],
  },
  'the switch between the nodes drops what the tunnel sends': {
    breaks: {
      wire: `nft add table bridge t
             nft add chain bridge t c '{ type filter hook forward priority 0; }'
             nft add rule bridge t c udp dport 8472 drop`,
    },
    mends: { wire: 'nft delete table bridge t' },
    ends: 'failed: lost at m2:eth1',
    cause: 'bridge firewall',
    says: ['wire', 'bridge t c', '8472'],
  },
  'a port of the switch between the nodes is blocking': {
    breaks: { wire: 'bridge link set dev m2 state 0' },
    mends: { wire: 'bridge link set dev m2 state 3' },
    ends: 'failed: lost at m2:eth1',
    cause: 'bridge port blocking',
    says: ['wire', 'm2', /state (disabled|blocking)|disabled|blocking/],
  },
});

cases('two machines behind one NAT each', natCards, {
  'both tunnel ends took the card that has one address on both': {
    breaks: {
      m1: `ip link del flan${tunnel(1, 'eth0', '10.0.2.15', '10.0.2.15')}`,
      m2: `ip link del flan${tunnel(2, 'eth0', '10.0.2.15', '10.0.2.15')}`,
    },
    mends: { m1: `ip link del flan${byWire(1)}`, m2: `ip link del flan${byWire(2)}` },
    ends: 'failed: lost at m1:eth1',
    cause: 'tunnel to itself',
    says: ['10.0.2.15', 'm1', /eth0|own address|local 10\.0\.2\.15/],
  },
});
