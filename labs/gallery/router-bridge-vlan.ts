import { at, ether, json, lab, lines, mac, send } from 'packetwalk';
import { reply, request } from '../kit/ping.ts';

// After router_bridge_vlan.sh, one of the kernel’s selftests of forwarding.
//
//   +--------------------------+
//   | h1  eth0.555  192.0.2.2  |
//   +-----+--------------------+
//         | tag 555
//   +-----+-------------------------------------------+
//   | r   swp1 -- br1, VLAN 555 -- br1.555  192.0.2.1 |
//   |                                                 |
//   |                                198.51.100.1     |
//   |                                   swp2          |
//   +------------------------------------+------------+
//                                        |
//                        +---------------+-----------+
//                        | h2  eth0  198.51.100.2    |
//                        +---------------------------+

const [h1, h2] = ['192.0.2.2', '198.51.100.2'];
const gateway = '192.0.2.1';
const tag = ether({ vlan: 555 });

export default lab({
  title: 'A router has an interface in one VLAN of its bridge',
  about:
    'The bridge belongs to the router. VLAN 555 of it reaches br1 itself, with its tag; br1.555 takes that off, and is what the router routes by.',
  nodes: { h1: 'host', r: 'router', h2: 'host' },
  links: ['h1:eth0 -- r:swp1', `r:swp2 198.51.100.1/24 -- h2:eth0 ${h2}/24`],
  setup: {
    'h1 is in VLAN 555': {
      h1: `
        ip link add link eth0 name eth0.555 up type vlan id 555
        ip addr add ${h1}/24 dev eth0.555`,
    },
    'The router has a bridge with one port': {
      r: `
        ip link add br1 up type bridge vlan_filtering 1 vlan_default_pvid 0
        ip link set swp1 master br1`,
    },
    'VLAN 555 passes at the port, and at the bridge itself': {
      r: `
        bridge vlan add dev swp1 vid 555
        bridge vlan add dev br1 vid 555 self`,
    },
    'The router takes part in VLAN 555': {
      r: `
        ip link add link br1 name br1.555 up type vlan id 555
        ip addr add ${gateway}/24 dev br1.555`,
    },
    'Each host sends what is elsewhere to the router': {
      h1: `ip route add default via ${gateway}`,
      h2: 'ip route add default via 198.51.100.1',
    },
  },
  walks: {
    'h1 pings h2, out of the VLAN': {
      send: send('h1', `ping -c 1 ${h2}`),
      request: [
        at('h1:eth0.555', 'The default route is by the VLAN', request(h1, h2)),
        at('h1:eth0', 'It leaves with a tag', tag, request(h1, h2)),
        at('r:swp1', 'The port lets VLAN 555 in', tag, request(h1, h2)),
        at('r:br1', 'The frame is for the bridge’s own MAC', ether({ dst: mac('r:br1'), vlan: 555 }), request(h1, h2)),
        at('r:br1.555', 'The tag is off', request(h1, h2)),
        at('r:swp2', 'Routed: one TTL is spent', request(h1, h2, 63)),
        at('h2:eth0', 'It arrives', request(h1, h2, 63)),
      ],
      reply: [
        at('h2:eth0', 'To the router', reply(h2, h1)),
        at('r:swp2', 'It is for h1', reply(h2, h1)),
        at('r:br1.555', 'The route to h1 is by the VLAN', reply(h2, h1, 63)),
        at('r:br1', 'Into the bridge, with a tag', tag, reply(h2, h1, 63)),
        at('r:swp1', 'Out by the port where h1’s MAC is', tag, reply(h2, h1, 63)),
        at('h1:eth0', 'Tagged', tag, reply(h2, h1, 63)),
        at('h1:eth0.555', 'The ping is answered', reply(h2, h1, 63)),
      ],
    },
    'h1 pings its gateway': {
      send: send('h1', `ping -c 1 ${gateway}`),
      request: [
        at('h1:eth0.555', 'The gateway is in the same VLAN', request(h1, gateway)),
        at('h1:eth0', 'Tagged', tag, request(h1, gateway)),
        at('r:swp1', 'In by the port', tag, request(h1, gateway)),
        at('r:br1', 'Up to the bridge itself', tag, request(h1, gateway)),
        at('r:br1.555', 'The address is this interface’s', request(h1, gateway)),
      ],
    },
  },
  checks: {
    'The bridge itself is a member of VLAN 555, and of no other': {
      run: 'bridge -j vlan show dev br1',
      see: { r: json([{ ifname: 'br1', vlans: [{ vlan: 555 }] }]) },
    },
    'A router is a hop: traceroute counts it': { run: `traceroute -n ${h2}`, see: { h1: lines(`1 ${gateway}`, `2 ${h2}`) } },
  },
  faults: {
    'VLAN 555 no longer reaches the bridge itself': {
      break: { r: 'bridge vlan del dev br1 vid 555 self' },
      lostAt: 'r:br1',
      cause: 'VLAN filtering',
      hint: 'The port has the VLAN, and the router sees nothing. Run `bridge vlan show` on r, and mind the line of br1.',
      fix: { r: 'bridge vlan add dev br1 vid 555 self' },
    },
    'The router’s interface is in VLAN 556': {
      break: {
        r: `
          ip link del br1.555
          ip link add link br1 name br1.555 up type vlan id 556
          ip addr add ${gateway}/24 dev br1.555`,
      },
      lostAt: 'r:br1.555',
      cause: 'VLAN tag',
      hint: 'A name is no setting. Run `ip -d link show br1.555` on r.',
      fix: {
        r: `
          ip link del br1.555
          ip link add link br1 name br1.555 up type vlan id 555
          ip addr add ${gateway}/24 dev br1.555`,
      },
    },
    'The port takes VLAN 555 for untagged': {
      break: { r: 'bridge vlan add dev swp1 vid 555 untagged' },
      differsAt: 'reply r:swp1',
      cause: 'VLAN tag',
      hint: 'The question arrives, and its answer is not what h1 waits for. Run `bridge vlan show dev swp1` on r.',
      fix: { r: 'bridge vlan add dev swp1 vid 555' },
    },
  },
});
