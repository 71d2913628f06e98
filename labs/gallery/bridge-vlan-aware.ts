import { at, ether, exactly, fails, json, lab, send } from 'packetwalk';
import { reply, request } from '../kit/ping.ts';

// After bridge_vlan_aware.sh, one of the kernel’s selftests of forwarding.
//
//   +------------------------+                  +------------------------+
//   | h1                     |                  |                     h2 |
//   |   eth0     192.0.2.1   |                  |   192.0.2.2       eth0 |
//   |   eth0.10  198.51.100.1|                  |   198.51.100.2 eth0.10 |
//   |   eth0.20  203.0.113.1 |                  |   203.0.113.2  eth0.20 |
//   +-------+----------------+                  +----------------+-------+
//           |                                                    |
//   +-------+----------------------------------------------------+-------+
//   | sw  swp1               br0, vlan_filtering 1             swp2      |
//   |     1 pvid untagged, 10, 20                 1 pvid untagged, 10    |
//   +--------------------------------------------------------------------+

const [plain1, plain2] = ['192.0.2.1', '192.0.2.2'];
const [ten1, ten2] = ['198.51.100.1', '198.51.100.2'];
const [twenty1, twenty2] = ['203.0.113.1', '203.0.113.2'];
const tag = (vlan: number) => ether({ vlan });

/** A host’s interface for what bears a VLAN’s tag. */
const tagged = (vlan: number, address: string) => `
  ip link add link eth0 name eth0.${vlan} type vlan id ${vlan}
  ip addr add ${address}/24 dev eth0.${vlan}
  ip link set eth0.${vlan} up`;

export default lab({
  title: 'A VLAN-aware bridge forwards a frame only to ports of its VLAN',
  about:
    'Two hosts at two ports. What bears no tag belongs to the VLAN that is the port’s PVID; what bears one, to that of the tag. VLAN 20 is known at one port alone.',
  nodes: { h1: 'host', sw: 'host', h2: 'host' },
  links: [`h1:eth0 ${plain1}/24 -- sw:swp1`, `h2:eth0 ${plain2}/24 -- sw:swp2`],
  setup: {
    'Join both ports by a bridge that looks at tags': {
      sw: `
        ip link add br0 up type bridge vlan_filtering 1 mcast_snooping 0
        ip link set swp1 master br0
        ip link set swp2 master br0`,
    },
    'Let VLAN 10 pass at both ports, with its tag; VLAN 20 at one': {
      sw: `
        bridge vlan add dev swp1 vid 10
        bridge vlan add dev swp2 vid 10
        bridge vlan add dev swp1 vid 20`,
    },
    'Give each host an interface in either VLAN': {
      h1: tagged(10, ten1) + tagged(20, twenty1),
      h2: tagged(10, ten2) + tagged(20, twenty2),
    },
    'h1 need not ask who h2 is in VLAN 20': {
      h1: `ip neigh add ${twenty2} lladdr 02:00:00:00:00:02 dev eth0.20 nud permanent`,
    },
  },
  walks: {
    'h1 pings h2 without a tag': {
      send: send('h1', `ping -c 1 ${plain2}`),
      request: [
        at('h1:eth0', 'No tag', request(plain1, plain2)),
        at('sw:swp1', 'It belongs to VLAN 1 from here on, the port’s PVID', request(plain1, plain2)),
        at('sw:swp2', 'A port of VLAN 1, which it leaves without a tag', request(plain1, plain2)),
        at('h2:eth0', 'The bridge was not to be noticed', request(plain1, plain2)),
      ],
      reply: [
        at('h2:eth0', 'The answer bears no tag, either', reply(plain2, plain1)),
        at('sw:swp2', 'VLAN 1 again', reply(plain2, plain1)),
        at('sw:swp1', 'The bridge has learned where h1 is', reply(plain2, plain1)),
        at('h1:eth0', 'The ping is answered', reply(plain2, plain1)),
      ],
    },
    'h1 pings h2 in VLAN 10': {
      send: send('h1', `ping -c 1 ${ten2}`),
      request: [
        at('h1:eth0.10', 'An interface of VLAN 10', request(ten1, ten2)),
        at('h1:eth0', 'It leaves with the tag', tag(10), request(ten1, ten2)),
        at('sw:swp1', 'The port lets VLAN 10 in', tag(10), request(ten1, ten2)),
        at('sw:swp2', 'And this one lets it out, with its tag', tag(10), request(ten1, ten2)),
        at('h2:eth0', 'Tagged on the wire', tag(10), request(ten1, ten2)),
        at('h2:eth0.10', 'h2 takes the tag off', request(ten1, ten2)),
      ],
      reply: [
        at('h2:eth0.10', 'By the same interface', reply(ten2, ten1)),
        at('h2:eth0', 'Tagged', tag(10), reply(ten2, ten1)),
        at('sw:swp2', 'VLAN 10 in', tag(10), reply(ten2, ten1)),
        at('sw:swp1', 'VLAN 10 out', tag(10), reply(ten2, ten1)),
        at('h1:eth0', 'Tagged', tag(10), reply(ten2, ten1)),
        at('h1:eth0.10', 'Without the tag', reply(ten2, ten1)),
      ],
    },
    'h1 pings h2 in VLAN 20, which ends at the bridge': {
      send: send('h1', `ping -c 1 -W 0.2 ${twenty2}`),
      request: [
        at('h1:eth0.20', 'h1 has an interface for it', request(twenty1, twenty2)),
        at('h1:eth0', 'And sends it', tag(20), request(twenty1, twenty2)),
        at('sw:swp1', 'The bridge lets it in; no other port is of VLAN 20', tag(20), request(twenty1, twenty2)),
      ],
      reply: [],
    },
  },
  checks: {
    'Each port has its VLANs': {
      run: 'bridge -j vlan show',
      see: {
        sw: json([
          { ifname: 'swp1', vlans: [{ vlan: 1, flags: ['PVID', 'Egress Untagged'] }, { vlan: 10 }, { vlan: 20 }] },
          { ifname: 'swp2', vlans: [{ vlan: 1, flags: ['PVID', 'Egress Untagged'] }, { vlan: 10 }] },
        ]),
      },
    },
    'It learns a MAC once in each VLAN': {
      run: `bridge -j fdb show br br0 brport swp2 dynamic | tr -d '\\n' | grep -o '"vlan":[0-9]*' | sort | sed 's/.*:/{"vlan":/; s/$/}/' | paste -sd, | sed 's/.*/[&]/'`,
      see: { sw: exactly({ vlan: 1 }, { vlan: 10 }) },
    },
    'In VLAN 20 nobody answers': { run: `ping -c 1 -W 0.2 ${twenty2}`, see: { h1: fails('100% packet loss') } },
  },
  faults: {
    'swp1 has no PVID: what bears no tag has no VLAN': {
      break: { sw: 'bridge vlan del dev swp1 vid 1' },
      lostAt: 'sw:swp2',
      untouched: ['h1 pings h2 in VLAN 10'],
      cause: 'VLAN filtering',
      hint: 'Only what bears a tag gets through. Run `bridge vlan show dev swp1` on sw.',
      fix: { sw: 'bridge vlan add dev swp1 vid 1 pvid untagged' },
    },
    'VLAN 10 is deleted from swp2': {
      break: { sw: 'bridge vlan del dev swp2 vid 10' },
      walk: 'h1 pings h2 in VLAN 10',
      lostAt: 'sw:swp2',
      untouched: ['h1 pings h2 without a tag'],
      cause: 'VLAN filtering',
      hint: 'It comes in by swp1. Run `bridge vlan show` on sw: where may it go out?',
      fix: { sw: 'bridge vlan add dev swp2 vid 10' },
    },
    'swp2 takes the tag of VLAN 10 off': {
      break: { sw: 'bridge vlan add dev swp2 vid 10 untagged' },
      walk: 'h1 pings h2 in VLAN 10',
      differsAt: 'sw:swp2',
      untouched: ['h1 pings h2 without a tag'],
      cause: 'VLAN tag',
      hint: 'Run `tcpdump -e` on h2: what is missing from the frame?',
      fix: { sw: 'bridge vlan add dev swp2 vid 10' },
    },
  },
});
