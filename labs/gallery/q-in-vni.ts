import { at, ether, exactly, ip, json, lab, send, udp, vxlan } from 'packetwalk';
import { reply, request } from '../kit/ping.ts';

// After q_in_vni.sh, one of the kernel’s selftests of forwarding.
//
//   +-----------------------+                             +-----------------------+
//   | h1  eth0.10  10.1.0.1 |                             | 10.1.0.2  eth0.10  h2 |
//   |     eth0.20  10.2.0.1 |                             | 10.2.0.2  eth0.20     |
//   +---------+-------------+                             +-------------+---------+
//             | tag 10 or 20                                            |
//   +---------+-------------------+                 +-------------------+---------+
//   | pe1  swp1                   |                 |                   swp2  pe2 |
//   |   br1, 802.1ad, VLAN 100    |                 |    br1, 802.1ad, VLAN 100   |
//   |      vx100, VNI 1000 ................................. vx100, VNI 1000      |
//   |        ul  192.0.2.1        +-----------------+  192.0.2.2  ul              |
//   +-----------------------------+                 +-----------------------------+

const [ul1, ul2] = ['192.0.2.1', '192.0.2.2'];
const tag = (vlan: number) => ether({ vlan });
const over = (src: string, dst: string) => [ip({ src, dst }), udp({ dst: 4789 }), vxlan({ vni: 1000 })];

const onlyItsOwn = [{ vlan: 100, flags: ['PVID', 'Egress Untagged'] }];

/** What a customer has in two VLANs. */
const customer = (me: number) => `
  ip link add link eth0 name eth0.10 up type vlan id 10
  ip link add link eth0 name eth0.20 up type vlan id 20
  ip addr add 10.1.0.${me}/24 dev eth0.10
  ip addr add 10.2.0.${me}/24 dev eth0.20`;

/** A bridge whose VLANs are of the provider: to it the customer’s tags are payload. */
const provider = (port: string) => `
  ip link add br1 up type bridge vlan_filtering 1 vlan_protocol 802.1ad vlan_default_pvid 0 mcast_snooping 0
  ip link set ${port} master br1
  bridge vlan add dev ${port} vid 100 pvid untagged`;

const tunnel = (local: string, remote: string) => `
  ip link add vx100 up master br1 type vxlan id 1000 local ${local} remote ${remote} dstport 4789 noudpcsum
  bridge vlan add dev vx100 vid 100 pvid untagged`;

/** The way of a ping in one of the customer’s VLANs: its tag travels with it. */
const inside = <const Vlan extends 10 | 20>(vlan: Vlan, src: string, dst: string) => ({
  send: send('h1', `ping -c 1 ${dst}`),
  request: [
    at(`h1:eth0.${vlan}`, 'The customer’s VLAN', request(src, dst)),
    at('h1:eth0', 'With the customer’s tag', tag(vlan), request(src, dst)),
    at('pe1:swp1', 'The port puts it into VLAN 100, whatever its tag', tag(vlan), request(src, dst)),
    at('pe1:vx100', 'VLAN 100 ends here, the customer’s tag stays', tag(vlan), request(src, dst)),
    at('pe1:ul', 'The frame in the tunnel has the tag', over(ul1, ul2), tag(vlan), request(src, dst)),
    at('pe2:ul', 'One VNI for all of the customer’s VLANs', over(ul1, ul2), tag(vlan), request(src, dst)),
    at('pe2:vx100', 'Unwrapped, into VLAN 100', tag(vlan), request(src, dst)),
    at('pe2:swp2', 'Out of VLAN 100', tag(vlan), request(src, dst)),
    at('h2:eth0', 'As it was sent', tag(vlan), request(src, dst)),
    at(`h2:eth0.${vlan}`, 'In the customer’s VLAN', request(src, dst)),
  ],
});

export default lab({
  title: 'Q-in-VNI: one VXLAN segment carries all VLANs of a customer, with their tags',
  about:
    'The provider’s bridges count VLANs by the tag of 802.1ad. To them a customer’s frame bears none, so it belongs to the port’s PVID, and its own tag is payload.',
  nodes: { h1: 'host', pe1: 'host', pe2: 'host', h2: 'host' },
  links: ['h1:eth0 -- pe1:swp1', `pe1:ul ${ul1}/24 -- pe2:ul ${ul2}/24`, 'pe2:swp2 -- h2:eth0'],
  setup: {
    'The customer uses VLANs 10 and 20 at both places': { h1: customer(1), h2: customer(2) },
    'The provider has a bridge at each, with the customer’s port in its VLAN 100': { pe1: provider('swp1'), pe2: provider('swp2') },
    'And tunnels VLAN 100 between them': { pe1: tunnel(ul1, ul2), pe2: tunnel(ul2, ul1) },
  },
  walks: {
    'h1 pings h2 in VLAN 10': {
      ...inside(10, '10.1.0.1', '10.1.0.2'),
      reply: [
        at('h2:eth0.10', 'The answer', reply('10.1.0.2', '10.1.0.1')),
        at('h2:eth0', 'Tagged', tag(10), reply('10.1.0.2', '10.1.0.1')),
        at('pe2:swp2', 'Into VLAN 100', tag(10), reply('10.1.0.2', '10.1.0.1')),
        at('pe2:vx100', 'Out of it', tag(10), reply('10.1.0.2', '10.1.0.1')),
        at('pe2:ul', 'Wrapped', over(ul2, ul1), tag(10), reply('10.1.0.2', '10.1.0.1')),
        at('pe1:ul', 'Carried', over(ul2, ul1), tag(10), reply('10.1.0.2', '10.1.0.1')),
        at('pe1:vx100', 'Unwrapped', tag(10), reply('10.1.0.2', '10.1.0.1')),
        at('pe1:swp1', 'Out of VLAN 100', tag(10), reply('10.1.0.2', '10.1.0.1')),
        at('h1:eth0', 'Tagged', tag(10), reply('10.1.0.2', '10.1.0.1')),
        at('h1:eth0.10', 'The ping is answered', reply('10.1.0.2', '10.1.0.1')),
      ],
    },
    'h1 pings h2 in VLAN 20': inside(20, '10.2.0.1', '10.2.0.2'),
  },
  checks: {
    'The provider’s VLANs are those of 802.1ad': {
      run: 'ip -j -d link show br1',
      see: {
        pe1: json([{ linkinfo: { info_data: { vlan_filtering: 1, vlan_protocol: '802.1ad' } } }]),
        pe2: json([{ linkinfo: { info_data: { vlan_filtering: 1, vlan_protocol: '802.1ad' } } }]),
      },
    },
    'The provider has VLAN 100 at its ports, and no other': {
      run: 'bridge -j vlan show',
      see: {
        pe1: exactly({ ifname: 'swp1', vlans: onlyItsOwn }, { ifname: 'vx100', vlans: onlyItsOwn }),
        pe2: exactly({ ifname: 'swp2', vlans: onlyItsOwn }, { ifname: 'vx100', vlans: onlyItsOwn }),
      },
    },
  },
  faults: {
    'The provider’s bridge at pe2 takes the customer’s tags for its own': {
      break: { pe2: 'ip link set br1 type bridge vlan_protocol 802.1Q' },
      lostAt: 'pe2:swp2',
      cause: 'VLAN filtering',
      hint: 'It is unwrapped and stays in the bridge. Run `ip -d link show br1` on both: by which tag do they count VLANs?',
      fix: { pe2: 'ip link set br1 type bridge vlan_protocol 802.1ad' },
    },
    'The ends count the customer by different VNIs': {
      break: { pe2: `ip link del vx100${tunnel(ul2, ul1).replace('id 1000', 'id 2000')}` },
      lostAt: 'pe2:vx100',
      cause: 'tunnel id differs',
      hint: 'It arrives at pe2:ul. Compare `ip -d link show vx100` on both.',
      fix: { pe2: `ip link del vx100${tunnel(ul2, ul1)}` },
    },
  },
});
