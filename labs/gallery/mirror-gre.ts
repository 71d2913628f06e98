import { at, ether, exactly, gre, ip, json, lab, mac, send } from 'packetwalk';
import { reply, request } from '../kit/ping.ts';

// After mirror_gre.sh, one of the kernel’s selftests of forwarding.
//
//   +---------------------+                    +---------------------+
//   | h1  eth0  192.0.2.1 |                    |  192.0.2.2  eth0 h2 |
//   +-------+-------------+                    +-------------+-------+
//           |                                                |
//   +-------+------------------------------------------------+-------+
//   | sw   swp1                    br1                     swp2      |
//   |        | what comes in by swp1 is mirrored to gt4              |
//   |        + - - - - -> gt4  gretap, key 4                         |
//   |                     swp3  198.51.100.1                         |
//   +-----------------------+----------------------------------------+
//                           |
//                +----------+-------------------+
//                | h3  eth0  198.51.100.2       |
//                |     gt4   gretap, key 4      |
//                +------------------------------+

const [h1, h2] = ['192.0.2.1', '192.0.2.2'];
const [sw, h3] = ['198.51.100.1', '198.51.100.2'];
const listener = '02:00:00:00:00:03';
const outer = [ip({ src: sw, dst: h3 }), gre({ protocol: 0x6558, key: 4 })];

const filtered = (action: string) => `tc filter add dev swp1 ingress pref 1 protocol ip matchall action ${action}`;
const unfiltered = 'tc filter del dev swp1 ingress pref 1';
const mirror = 'mirred egress mirror dev gt4';

export default lab({
  title: 'A port’s traffic is mirrored into a GRE tunnel, to a host that listens',
  nodes: { h1: 'host', h2: 'host', sw: 'host', h3: 'host' },
  links: [`h1:eth0 ${h1}/24 -- sw:swp1`, `h2:eth0 ${h2}/24 -- sw:swp2`, `sw:swp3 ${sw}/24 -- h3:eth0 ${h3}/24`],
  setup: {
    'Bridge h1 and h2': {
      sw: `
        ip link add br1 up type bridge mcast_snooping 0
        ip link set swp1 master br1
        ip link set swp2 master br1`,
    },
    'Lay a tunnel for frames to who listens': {
      sw: `ip link add gt4 up type gretap local ${sw} remote ${h3} key 4`,
      h3: `ip link add gt4 up type gretap local ${h3} remote ${sw} key 4`,
    },
    'Tell sw the MAC of h3: a copy that waited for ARP would leave after its packet': {
      h3: `ip link set eth0 address ${listener}`,
      sw: `ip neigh add ${h3} lladdr ${listener} dev swp3 nud permanent`,
    },
    'Mirror what comes in by swp1 into it': {
      sw: `tc qdisc add dev swp1 clsact\n${filtered(mirror)}`,
    },
  },
  walks: {
    'h1 pings h2, and h3 gets a copy': {
      send: send('h1', `ping -c 1 ${h2}`),
      request: [
        at('h1:eth0', 'To h2', request(h1, h2)),
        at('sw:swp1', 'Here it is mirrored, before the bridge has it', request(h1, h2)),
        at('sw:gt4', 'The copy goes into the tunnel', request(h1, h2)),
        at('sw:swp3', 'And leaves, its whole frame wrapped', outer, ether({ src: mac('h1:eth0'), dst: mac('h2:eth0') }), request(h1, h2)),
        at('h3:eth0', 'To who listens', outer, request(h1, h2)),
        at('sw:swp2', 'The bridge has had the packet, too, and sends it on', request(h1, h2)),
        at('h2:eth0', 'It arrives', request(h1, h2)),
      ],
      reply: [
        at('h2:eth0', 'The answer', reply(h2, h1)),
        at('sw:swp2', 'It comes in by another port', reply(h2, h1)),
        at('sw:swp1', 'What goes out here is not mirrored', reply(h2, h1)),
        at('h1:eth0', 'The ping is answered', reply(h2, h1)),
      ],
    },
    'h2 pings h1: the answer is what comes in by swp1': {
      send: send('h2', `ping -c 1 ${h1}`),
      request: [
        at('h2:eth0', 'To h1', request(h2, h1)),
        at('sw:swp2', 'This port is not mirrored', request(h2, h1)),
        at('sw:swp1', 'Nor is what leaves by that one', request(h2, h1)),
        at('h1:eth0', 'It arrives', request(h2, h1)),
      ],
      reply: [
        at('h1:eth0', 'The answer', reply(h1, h2)),
        at('sw:swp1', 'It is mirrored', reply(h1, h2)),
        at('sw:gt4', 'The copy', reply(h1, h2)),
        at('sw:swp3', 'Wrapped', outer, reply(h1, h2)),
        at('h3:eth0', 'To who listens', outer, reply(h1, h2)),
        at('sw:swp2', 'The answer itself', reply(h1, h2)),
        at('h2:eth0', 'The ping is answered', reply(h1, h2)),
      ],
    },
  },
  checks: {
    'The mirror is at the ingress of swp1, and nowhere else': {
      run: 'tc -j filter show dev swp1 ingress',
      see: {
        sw: json([{ kind: 'matchall', options: { actions: [{ kind: 'mirred', mirred_action: 'mirror', direction: 'egress', to_dev: 'gt4' }] } }]),
      },
    },
    'The tunnel is one of frames': {
      run: 'ip -j -d link show gt4',
      see: { sw: json([{ linkinfo: { info_kind: 'gretap', info_data: { local: sw, remote: h3, ikey: '0.0.0.4', okey: '0.0.0.4' } } }]) },
    },
    'gt4 is no port of the bridge: what it gets is by the mirror alone': {
      run: 'bridge -j link show',
      see: { sw: exactly({ ifname: 'swp1', master: 'br1' }, { ifname: 'swp2', master: 'br1' }) },
    },
  },
  faults: {
    'The filter drops instead of mirroring': {
      break: { sw: `${unfiltered}\n${filtered('drop')}` },
      lostAt: 'sw:gt4',
      cause: 'tc filter',
      hint: 'Run `tc -s filter show dev swp1 ingress` on sw.',
      fix: { sw: `${unfiltered}\n${filtered(mirror)}` },
    },
    'The filter redirects instead of mirroring: h3 gets the packet in place of h2': {
      break: { sw: `${unfiltered}\n${filtered('mirred egress redirect dev gt4')}` },
      lostAt: 'sw:swp2',
      cause: 'tc filter',
      hint: 'The copy is there, and nothing that it is a copy of. Run `tc filter show dev swp1 ingress` on sw.',
      fix: { sw: `${unfiltered}\n${filtered(mirror)}` },
    },
    'h2’s port is no port of the bridge: only the copy gets anywhere': {
      break: { sw: 'ip link set swp2 nomaster' },
      lostAt: 'sw:swp2',
      cause: 'port off the bridge',
      hint: 'Run `bridge link` on sw.',
      fix: { sw: 'ip link set swp2 master br1' },
    },
    'The copy bears a key that h3 does not take': {
      break: { sw: `ip link set gt4 type gretap local ${sw} remote ${h3} key 5` },
      differsAt: 'sw:swp3',
      cause: 'tunnel key differs',
      hint: 'h1 and h2 notice nothing. Compare `ip -d link show gt4` on sw and on h3.',
      fix: { sw: `ip link set gt4 type gretap local ${sw} remote ${h3} key 4` },
    },
  },
});
