import { at, ether, exactly, ip, json, lab, send, udp, vxlan } from 'packetwalk';
import { request } from '../kit/ping.ts';

// After vxlan_symmetric.sh, one of the kernel’s selftests of forwarding.
//
//   +------------------+                                        +------------------+  +------------------+
//   | h1  10.1.1.101   |                                        | h3  10.1.1.102   |  | h4  10.1.2.102   |
//   +--------+---------+                                        +--------+---------+  +---------+--------+
//            |                                                           |                      |
//   +--------+---------------------+                 +-------------------+----------------------+--------+
//   | l1    swp1                   |                 |                 swp3                   swp4    l2 |
//   |      VLAN 10                 |                 |                VLAN 10                VLAN 20     |
//   |  br1 ----- vlan10, 10.1.1.1  |                 |  10.1.1.1, vlan10 ----- br1 ----- vlan20, 10.1.2.1|
//   |    |          |              |                 |              |           |           |            |
//   |    |         VRF green       |                 |              +------ VRF green ------+            |
//   |    +------ vlan4001          |                 |                       vlan4001                    |
//   |  vx10, vx4001  10.0.0.1      |                 |                     10.0.0.2  vx10, vx4001        |
//   +------------+-----------------+                 +-------------------------+-------------------------+
//                |                     +---------+                             |
//                +---------------------+  spine  +-----------------------------+
//                                      +---------+

const [h1, h3, h4] = ['10.1.1.101', '10.1.1.102', '10.1.2.102'];
const [vtep1, vtep2] = ['10.0.0.1', '10.0.0.2'];
const [mac1, mac2] = ['02:00:5e:00:00:01', '02:00:5e:00:00:02'];
const SEGMENT = 1000;
const VRF = 104001;

const tag = (vlan: number) => ether({ vlan });
const over = (vni: number, ttl: number, [src, dst] = [vtep1, vtep2]) => [ip({ src, dst, ttl }), udp({ dst: 4789 }), vxlan({ vni })];

const bridge = 'ip link add br1 up type bridge vlan_filtering 1 vlan_default_pvid 0 mcast_snooping 0';

/** A port for a host that knows nothing of VLANs. */
const access = (port: string, vlan: number) => `
  ip link set ${port} master br1
  bridge vlan add dev ${port} vid ${vlan} pvid untagged`;

/** The tunnel by which a VLAN goes on at the other leaf: what leaves it bears a VNI in place of the tag. */
const tunnel = (vlan: number, vni: number, local: string) => `
  ip link add vx${vlan} up master br1 type vxlan id ${vni} local ${local} dstport 4789 nolearning
  bridge vlan add dev vx${vlan} vid ${vlan} pvid untagged`;

/** What nobody knows the place of, as an ARP request, goes to the other leaf, too; the gateway is asked at its own leaf alone. */
const floods = (vtep: string) => `
  bridge link set dev vx10 neigh_suppress on
  bridge fdb append 00:00:00:00:00:00 dev vx10 dst ${vtep} self permanent`;

/** The VRF’s interface in a VLAN of the bridge. */
const routed = (vlan: number) => `
  bridge vlan add dev br1 vid ${vlan} self
  ip link add link br1 name vlan${vlan} master green up type vlan id ${vlan}`;

const entry = (mac: string, vtep: string) => `bridge fdb add ${mac} dev vx4001 dst ${vtep} self permanent`;

/** The other leaf as a next hop: its address, whose MAC that is, and behind which VTEP the MAC is. */
const nextHop = (vtep: string, mac: string) => `
  ip neigh add ${vtep} lladdr ${mac} dev vlan4001 nud permanent
  bridge fdb add ${mac} dev vx4001 vlan 4001 master static
  ${entry(mac, vtep)}`;

export default lab({
  title: 'Symmetric routing over VXLAN: both leaves route, and between them goes a VNI of the VRF',
  about:
    'Within a segment a frame goes on in the segment’s VNI. To another segment the first leaf routes it into the VNI that all segments of the VRF share, and the last leaf routes it out: l1 need not have VLAN 20.',
  nodes: { h1: 'host', l1: 'router', spine: 'router', l2: 'router', h3: 'host', h4: 'host' },
  links: [
    `h1:eth0 ${h1}/24 -- l1:swp1`,
    'l1:ul 192.0.2.1/24 -- spine:e1 192.0.2.254/24',
    'l2:ul 198.51.100.2/24 -- spine:e2 198.51.100.254/24',
    `h3:eth0 ${h3}/24 -- l2:swp3`,
    `h4:eth0 ${h4}/24 -- l2:swp4`,
  ],
  setup: {
    'Give each leaf an address of its own, and the spine the ways there': {
      l1: `ip addr add ${vtep1}/32 dev lo\nip route add default via 192.0.2.254`,
      l2: `ip addr add ${vtep2}/32 dev lo\nip route add default via 198.51.100.254`,
      spine: `ip route add ${vtep1} via 192.0.2.1\nip route add ${vtep2} via 198.51.100.2`,
    },
    'Bridge the hosts, each in its VLAN': {
      l1: bridge + access('swp1', 10),
      l2: bridge + access('swp3', 10) + access('swp4', 20),
    },
    'Tunnel the segment of VLAN 10': {
      l1: tunnel(10, SEGMENT, vtep1) + floods(vtep2),
      l2: tunnel(10, SEGMENT, vtep2) + floods(vtep1),
    },
    'Give the VRF an interface in each VLAN: the hosts’ gateways': {
      l1: `ip link add green up type vrf table 10${routed(10)}\nip addr add 10.1.1.1/24 dev vlan10`,
      l2: `ip link add green up type vrf table 10${routed(10)}${routed(20)}\nip addr add 10.1.1.1/24 dev vlan10\nip addr add 10.1.2.1/24 dev vlan20`,
    },
    'Tunnel the VRF: a VLAN that no host is in, and in it the MAC of each leaf': {
      l1: `${tunnel(4001, VRF, vtep1)}${routed(4001)}\nip link set vlan4001 address ${mac1}\nbridge fdb add ${mac1} dev br1 vlan 4001 self local`,
      l2: `${tunnel(4001, VRF, vtep2)}${routed(4001)}\nip link set vlan4001 address ${mac2}\nbridge fdb add ${mac2} dev br1 vlan 4001 self local`,
    },
    'Tell each leaf of the hosts behind the other, as BGP would': {
      l1: `${nextHop(vtep2, mac2)}\nip route add ${h4} via ${vtep2} dev vlan4001 onlink vrf green`,
      l2: `${nextHop(vtep1, mac1)}\nip route add ${h1} via ${vtep1} dev vlan4001 onlink vrf green`,
    },
    'Each host has its leaf as gateway': {
      h1: 'ip route add default via 10.1.1.1',
      h3: 'ip route add default via 10.1.1.1',
      h4: 'ip route add default via 10.1.2.1',
    },
  },
  walks: {
    'h1 pings h3: one segment, bridged': {
      send: send('h1', `ping -c 1 ${h3}`),
      request: [
        at('h1:eth0', 'h3 is a neighbour', request(h1, h3)),
        at('l1:swp1', 'In by an access port: VLAN 10', request(h1, h3)),
        at('l1:vx10', 'h3’s MAC is behind the tunnel', request(h1, h3)),
        at('l1:ul', 'In the segment’s VNI', over(SEGMENT, 64), request(h1, h3)),
        at('spine:e1', 'The spine sees leaves alone', over(SEGMENT, 64), request(h1, h3)),
        at('spine:e2', 'Routed by the outer header', over(SEGMENT, 63), request(h1, h3)),
        at('l2:ul', 'For this leaf', over(SEGMENT, 63), request(h1, h3)),
        at('l2:vx10', 'Unwrapped, into VLAN 10', request(h1, h3)),
        at('l2:swp3', 'Out by h3’s port', request(h1, h3)),
        at('h3:eth0', 'No TTL is spent', request(h1, h3)),
      ],
    },
    'h1 pings h4: another segment, routed at both leaves': {
      send: send('h1', `ping -c 1 ${h4}`),
      request: [
        at('h1:eth0', 'To the gateway', request(h1, h4)),
        at('l1:swp1', 'VLAN 10', request(h1, h4)),
        at('l1:br1 in', 'Up to the leaf itself, with the tag', tag(10), request(h1, h4)),
        at('l1:vlan10', 'Into the VRF', request(h1, h4)),
        at('l1:vlan4001', 'Its route is by the other leaf: one TTL is spent', ether({ dst: mac2 }), request(h1, h4, 63)),
        at('l1:br1 out', 'Into the bridge again', tag(4001), request(h1, h4, 63)),
        at('l1:vx4001', 'The leaf’s MAC is behind this tunnel', request(h1, h4, 63)),
        at('l1:ul', 'In the VNI of the VRF', over(VRF, 64), ether({ dst: mac2 }), request(h1, h4, 63)),
        at('spine:e1', 'To the spine', over(VRF, 64), request(h1, h4, 63)),
        at('spine:e2', 'Routed by the outer header', over(VRF, 63), request(h1, h4, 63)),
        at('l2:ul', 'For this leaf', over(VRF, 63), request(h1, h4, 63)),
        at('l2:vx4001', 'Unwrapped, into VLAN 4001', request(h1, h4, 63)),
        at('l2:br1 in', 'The MAC is the leaf’s own', tag(4001), request(h1, h4, 63)),
        at('l2:vlan4001', 'Into the VRF', request(h1, h4, 63)),
        at('l2:vlan20', 'h4 is a neighbour here: one more TTL', request(h1, h4, 62)),
        at('l2:br1 out', 'Into the bridge', tag(20), request(h1, h4, 62)),
        at('l2:swp4', 'Out by h4’s port, without a tag', request(h1, h4, 62)),
        at('h4:eth0', 'It arrives', request(h1, h4, 62)),
      ],
    },
  },
  checks: {
    'l1 has no VLAN 20': {
      run: 'bridge -j vlan show dev br1',
      see: { l1: json([{ vlans: [{ vlan: 10 }, { vlan: 4001 }] }]) },
    },
    'And reaches h4 by a route for it alone': {
      run: 'ip -j route show vrf green proto boot',
      see: { l1: exactly({ dst: h4, gateway: vtep2, dev: 'vlan4001', flags: ['onlink'] }) },
    },
    'The spine knows no host': {
      run: 'ip -j route',
      see: { spine: exactly({ dst: vtep1 }, { dst: vtep2 }, { dst: '192.0.2.0/24' }, { dst: '198.51.100.0/24' }) },
    },
  },
  faults: {
    'l1 does not know behind which leaf the next hop’s MAC is': {
      break: { l1: `bridge fdb del ${mac2} dev vx4001 dst ${vtep2} self` },
      walk: 'h1 pings h4: another segment, routed at both leaves',
      lostAt: 'l1:ul',
      untouched: ['h1 pings h3: one segment, bridged'],
      cause: 'VTEP unknown',
      hint: 'It enters vx4001, and nothing leaves. Run `bridge fdb show dev vx4001` on l1.',
      fix: { l1: entry(mac2, vtep2) },
    },
    'l2 has another MAC than l1 was told': {
      break: { l2: 'ip link set vlan4001 address 02:00:5e:00:00:99' },
      walk: 'h1 pings h4: another segment, routed at both leaves',
      lostAt: 'l2:br1 in',
      untouched: ['h1 pings h3: one segment, bridged'],
      cause: 'wrong neighbour entry',
      hint: 'Compare `ip neigh show dev vlan4001` on l1 with `ip link show vlan4001` on l2.',
      fix: { l2: `ip link set vlan4001 address ${mac2}\nip neigh replace ${vtep1} lladdr ${mac1} dev vlan4001 nud permanent` },
    },
    'The port of h4 is no longer in VLAN 20': {
      break: { l2: 'bridge vlan del dev swp4 vid 20' },
      walk: 'h1 pings h4: another segment, routed at both leaves',
      lostAt: 'l2:swp4',
      untouched: ['h1 pings h3: one segment, bridged'],
      cause: 'VLAN filtering',
      hint: 'Both leaves have routed it. Run `bridge vlan show` on l2.',
      fix: { l2: 'bridge vlan add dev swp4 vid 20 pvid untagged' },
    },
  },
});
