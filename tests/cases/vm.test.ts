import { ether, geneve, gre, ip, type Lab, udp } from '../../src/index.ts';
import { whyNot } from '../runtime/vm/image.ts';
import { cases } from './case.ts';
import { inMachine } from './in-machine.ts';
import { pinging } from './labs/journey.ts';

const end = (me: number, key: number) => `
  ip tunnel add g1 mode gre local 192.0.2.${me} remote 192.0.2.${3 - me} key ${key}
  ip addr add 10.9.0.${me}/30 dev g1
  ip link set g1 up`;

const access = (port: string, vlan: number) =>
  `ip link set ${port} master vb\nbridge vlan del dev ${port} vid 1\nbridge vlan add dev ${port} vid ${vlan} pvid untagged`;

const tagged = (card: string, vlan: number, address: string) =>
  `ip link add link ${card} name ${card}.${vlan} type vlan id ${vlan}\nip addr add ${address} dev ${card}.${vlan}\nip link set ${card}.${vlan} up`;

const layer2 = (me: number, remote = 3 - me) => `
  ip link add gt1 type gretap local 192.0.2.${me} remote 192.0.2.${remote}
  ip addr add 10.9.1.${me}/30 dev gt1
  ip link set gt1 up`;

const overUdp = (me: number, { id = 9, port = 6081 } = {}) => `
  ip link add gv1 type geneve id ${id} remote 192.0.2.${3 - me} dstport ${port}
  ip addr add 10.9.2.${me}/30 dev gv1
  ip link set gv1 up`;

/** A tunnel of IP in IP without a remote, as Calico's: to whom it wraps, the routes say. */
const overIp = (me: number) => `
  ip tunnel add t1 mode ipip local 192.0.2.${me}
  ip addr add 10.9.4.${me}/32 dev t1
  ip link set t1 up
  ip route add 10.9.4.${3 - me} via 192.0.2.${3 - me} dev t1 onlink`;

const bonded = (me: number) => `
  ip link add bond0 type bond mode active-backup miimon 50
  ip link set e1 down
  ip link set e2 down
  ip link set e1 master bond0
  ip link set e2 master bond0
  ip link set bond0 type bond primary e1
  ip link set bond0 up
  ip addr add 10.9.3.${me}/24 dev bond0`;
const active = (card: string) => `until ip -d link show bond0 | grep -q 'active_slave ${card}'; do sleep 0.05; done`;

/**
 * Takes all room for neighbours that the machine's kernel has, which an attempt to make one more gives free where an entry was not
 * changed for five seconds (neigh_forced_gc): each gets one MAC and another in turn, all in one message of netlink (RTM_NEWNEIGH).
 */
const crowd = `
  cat > /run/crowd <<'END'
  my $index = \`cat /sys/class/net/eth0/ifindex\`;
  socket(my $kernel, 16, 3, 0) || die;
  for (my $mac = 1;; $mac = 3 - $mac) {
    my $all = '';
    for my $n (1 .. 1100) {
      my $one = pack('CxSlSCC', 2, 0, $index, 2, 0, 0) . pack('SSC4', 8, 1, 198, 18, $n >> 8, $n & 255) . pack('SSC6x2', 10, 2, 2, 0, 0, 0, 0, $mac);
      $all .= pack('LSSLL', 16 + length $one, 28, 0x501, 0, 0) . $one;
    }
    send($kernel, $all, 0, pack('SSLL', 16, 0, 0, 0)) || die;
    open(my $told, '>', '/run/crowded'); close $told;
    select(undef, undef, undef, 0.2);
  }
  END
  perl /run/crowd </dev/null >/dev/null 2>&1 & echo $! >/run/crowd.pid
  until test -e /run/crowded; do sleep 0.02; done`;

const ends = ip({ src: '192.0.2.1', dst: '192.0.2.2' });
const wrapped = [ip({ src: '192.0.2.1', dst: '192.0.2.2' }), gre({ key: 77 })];

/** What this kernel may lack, each on cables of its own, in one lab: one machine stands it up. */
const lab: Lab = {
  title: 'Tunnels with keys, VLANs, routing tables of devices, and lossy wires',
  nodes: {
    ...{ ga: 'router', gb: 'router', br: 'router', va: 'host', vb: 'host', ta: 'host', tr: 'router' },
    ...{ a: 'host', r: 'router', b: 'host', s1: 'host', s2: 'host', b1: 'host', b2: 'host' },
  },
  links: [
    'ga:eth0 192.0.2.1/24 -- gb:eth0 192.0.2.2/24',
    'va:eth0 10.5.0.1/24 -- br:pa',
    'vb:eth0 10.5.0.2/24 -- br:pb',
    'ta:eth0 -- tr:e0',
    'a:eth0 10.1.0.2/24 -- r:e0',
    'b:eth0 10.2.0.2/24 -- r:e1',
    'b1:e1 -- b2:e1',
    'b1:e2 -- b2:e2',
    's1:eth0 198.51.100.1/24 -- s2:eth0 198.51.100.2/24',
  ],
  setup: {
    'All of it': {
      ga: `${end(1, 77)}${layer2(1)}${overUdp(1)}${overIp(1)}`,
      gb: `${end(2, 77)}${layer2(2)}${overUdp(2)}${overIp(2)}`,
      b1: `${bonded(1)}\n${active('e1')}`,
      b2: `${bonded(2)}\n${active('e1')}`,
      br: `ip link add vb up type bridge vlan_filtering 1\n${access('pa', 10)}\n${access('pb', 10)}`,
      ta: tagged('eth0', 10, '10.10.0.2/24'),
      tr: tagged('e0', 10, '10.10.0.1/24'),
      a: 'ip route add default via 10.1.0.1',
      b: 'ip route add default via 10.2.0.1',
      r: `
        ip link add blue up type vrf table 10
        ip link add red up type vrf table 20
        ip link set e0 master blue
        ip link set e1 master blue
        ip addr add 10.1.0.1/24 dev e0
        ip addr add 10.2.0.1/24 dev e1`,
    },
  },
  walks: {
    'by GRE': pinging({ command: 'ping -c 1 10.9.0.2', src: '10.9.0.1', dst: '10.9.0.2' }, [
      ['ga:g1', 64],
      ['ga:eth0', 64, wrapped],
      ['gb:eth0', 64, wrapped],
      ['gb:g1', 64],
    ]),
    'by GRE of frames': pinging({ command: 'ping -c 1 10.9.1.2', src: '10.9.1.1', dst: '10.9.1.2' }, [
      ['ga:gt1', 64],
      ['ga:eth0', 64, [ends, gre({})]],
      ['gb:eth0', 64, [ends, gre({})]],
      ['gb:gt1', 64],
    ]),
    'by Geneve': pinging({ command: 'ping -c 1 10.9.2.2', src: '10.9.2.1', dst: '10.9.2.2' }, [
      ['ga:gv1', 64],
      ['ga:eth0', 64, [ends, udp({ dst: 6081 }), geneve({ vni: 9 })]],
      ['gb:eth0', 64, [ends, udp({ dst: 6081 }), geneve({ vni: 9 })]],
      ['gb:gv1', 64],
    ]),
    'by IP in IP': pinging({ command: 'ping -c 1 10.9.4.2', src: '10.9.4.1', dst: '10.9.4.2' }, [
      ['ga:t1', 64],
      ['ga:eth0', 64, [ends]],
      ['gb:eth0', 64, [ends]],
      ['gb:t1', 64],
    ]),
    'by a bond': pinging({ command: 'ping -c 1 10.9.3.2', src: '10.9.3.1', dst: '10.9.3.2' }, [
      ['b1:bond0', 64],
      ['b1:e1', 64],
      ['b2:e1', 64],
      ['b2:bond0', 64],
    ]),
    'in a VLAN of a bridge': pinging({ command: 'ping -c 1 10.5.0.2', src: '10.5.0.1', dst: '10.5.0.2' }, [
      ['va:eth0', 64],
      ['br:pa', 64],
      ['br:pb', 64],
      ['vb:eth0', 64],
    ]),
    'by a tagged wire': {
      ...pinging({ command: 'ping -c 1 10.10.0.1', src: '10.10.0.2', dst: '10.10.0.1' }, [
        ['ta:eth0.10', 64],
        ['ta:eth0', 64, [ether({ vlan: 10 })]],
        ['tr:e0', 64, [ether({ vlan: 10 })]],
        ['tr:e0.10', 64],
      ]),
    },
    'by a VRF': pinging({ command: 'ping -c 1 10.2.0.2', src: '10.1.0.2', dst: '10.2.0.2' }, [
      ['a:eth0', 64],
      ['r:e0', 64],
      ['r:e1', 63],
      ['b:eth0', 63],
    ]),
    'by a lossy wire': pinging({ command: 'ping -c 1 198.51.100.2', src: '198.51.100.1', dst: '198.51.100.2' }, [
      ['s1:eth0', 64],
      ['s2:eth0', 64],
    ]),
  },
};

describe('in a virtual machine', function () {
  this.timeout(180_000);
  cases(
    'what this machine’s own kernel may lack',
    lab,
    {
      'the ends of a GRE tunnel have different keys': {
        breaks: { gb: `ip link del g1${end(2, 78)}` },
        mends: { gb: `ip link del g1${end(2, 77)}` },
        walk: 'by GRE',
        ends: 'failed: lost at gb:g1',
        cause: 'tunnel key differs',
        says: ['77', '78', 'gb', 'g1'],
      },
      'the far end of a GRE tunnel of frames is down': {
        breaks: { gb: 'ip link set gt1 down' },
        mends: { gb: 'ip link set gt1 up' },
        walk: 'by GRE of frames',
        ends: 'failed: lost at gb:gt1',
        cause: 'tunnel device down',
        says: ['gb', 'gt1'],
      },
      'the far end of a GRE tunnel of frames has another remote': {
        breaks: { gb: `ip link del gt1${layer2(2, 9)}` },
        mends: { gb: `ip link del gt1${layer2(2)}` },
        walk: 'by GRE of frames',
        ends: 'failed: lost at ga:gt1',
        cold: true,
        cause: 'tunnel remote differs',
        says: ['gb', 'gt1', '192.0.2.9', '192.0.2.1'],
      },
      'the ends of a Geneve tunnel have different numbers': {
        breaks: { gb: `ip link set gv1 down\nip link del gv1${overUdp(2, { id: 10 })}` },
        mends: { gb: `ip link del gv1${overUdp(2)}` },
        walk: 'by Geneve',
        ends: 'failed: lost at gb:gv1',
        cause: 'tunnel id differs',
        says: ['gb', 'gv1', 'id 10', 'VNI 9'],
      },
      'the ends of a Geneve tunnel have different ports': {
        breaks: { gb: `ip link del gv1${overUdp(2, { port: 6082 })}` },
        mends: { gb: `ip link del gv1${overUdp(2)}` },
        walk: 'by Geneve',
        ends: 'failed: lost at gb:gv1',
        cause: 'tunnel port differs',
        says: ['gb', 'gv1', '6082', '6081'],
      },
      'a route leads into a tunnel without a remote, and names no next hop': {
        breaks: { ga: 'ip route replace 10.9.4.2 dev t1' },
        mends: { ga: 'ip route replace 10.9.4.2 via 192.0.2.2 dev t1 onlink' },
        walk: 'by IP in IP',
        ends: 'failed: lost at ga:eth0',
        cause: 'tunnel without remote',
        says: ['ga', 't1', 'remote any', '10.9.4.2'],
        isMendedAsTold: true,
      },
      'the tunnel without a remote has a next hop that nothing leads to': {
        breaks: { ga: 'ip route replace 10.9.4.2 via 192.0.9.2 dev t1 onlink' },
        mends: { ga: 'ip route replace 10.9.4.2 via 192.0.2.2 dev t1 onlink' },
        walk: 'by IP in IP',
        ends: 'failed: lost at ga:eth0',
        cause: 'no route for the tunnel',
        says: ['ga', 't1', '192.0.9.2'],
      },
      'no card of a bond is up': {
        breaks: { b1: 'ip link set e1 down\nip link set e2 down' },
        mends: { b1: `ip link set e1 up\nip link set e2 up\n${active('e1')}`, b2: active('e1') },
        walk: 'by a bond',
        ends: 'failed: lost at b1:bond0',
        cause: 'carrier down',
        says: ['b1', 'bond0', 'e1 is down and e2 is down'],
      },
      'a card is no longer a part of the bond': {
        breaks: { b2: 'ip link set e1 nomaster\nip link set e1 up' },
        mends: { b2: `ip link set e1 down\nip link set e1 master bond0\n${active('e1')}`, b1: active('e1') },
        walk: 'by a bond',
        ends: 'failed: lost at b2:bond0',
        cause: 'not in the bond',
        says: ['b2', 'e1', 'bond0'],
      },
      'a port leaves the tag on': {
        breaks: { br: 'bridge vlan del dev pb vid 10\nbridge vlan add dev pb vid 10' },
        mends: { br: 'bridge vlan del dev pb vid 10\nbridge vlan add dev pb vid 10 pvid untagged' },
        walk: 'in a VLAN of a bridge',
        ends: 'failed: arrived, and its sender was not answered',
        cause: 'VLAN tag',
        says: ['vb:eth0', '10', 'br’s pb'],
      },
      'a port of a bridge is in another VLAN': {
        breaks: { br: 'bridge vlan del dev pb vid 10\nbridge vlan add dev pb vid 20 pvid untagged' },
        mends: { br: 'bridge vlan del dev pb vid 20\nbridge vlan add dev pb vid 10 pvid untagged' },
        walk: 'in a VLAN of a bridge',
        ends: 'failed: lost at br:pb',
        cause: 'VLAN filtering',
        says: ['br', 'pb', '10', '20'],
      },
      'one end of a tagged wire has another VLAN': {
        breaks: { tr: `ip link del e0.10\n${tagged('e0', 20, '10.10.0.1/24')}` },
        mends: { tr: `ip link del e0.20\n${tagged('e0', 10, '10.10.0.1/24')}` },
        walk: 'by a tagged wire',
        ends: 'failed: lost at tr:e0.10',
        cause: ['VLAN tag', 'interface missing'],
        says: ['tr', 'e0.10'],
      },
      'the VRF’s table has a blackhole': {
        breaks: { r: 'ip route add blackhole 10.2.0.2 table 10' },
        mends: { r: 'ip route del blackhole 10.2.0.2 table 10' },
        walk: 'by a VRF',
        ends: 'failed: lost at r:e1',
        cause: 'blackhole route',
        says: ['r', 'blackhole 10.2.0.2'],
      },
      'a card is in another VRF': {
        breaks: { r: 'ip link set e1 master red' },
        mends: { r: 'ip link set e1 master blue' },
        walk: 'by a VRF',
        ends: 'failed: lost at r:e1',
        cause: 'VRF differs',
        says: ['VRF blue', 'VRF red', 'e1 was in blue'],
      },
      'a card is in no VRF': {
        breaks: { r: 'ip link set e0 nomaster' },
        mends: { r: 'ip link set e0 master blue' },
        walk: 'by a VRF',
        ends: 'failed: lost at r:e1',
        cause: 'VRF differs',
        says: ['in no VRF', 'VRF blue', 'e0'],
      },
      'a filter drops what leaves': {
        breaks: { s1: 'tc qdisc add dev eth0 clsact\ntc filter add dev eth0 egress protocol ip matchall action drop' },
        mends: { s1: 'tc qdisc del dev eth0 clsact' },
        walk: 'by a lossy wire',
        ends: 'failed: lost at s1:eth0',
        cause: 'tc filter',
        says: ['egress', 's1', 'eth0', 'matchall'],
      },
      'a filter drops what comes': {
        breaks: {
          s2: 'tc qdisc add dev eth0 clsact\ntc filter add dev eth0 ingress protocol ip flower ip_proto icmp action drop',
        },
        mends: { s2: 'tc qdisc del dev eth0 clsact' },
        walk: 'by a lossy wire',
        ends: 'failed: arrived, and its sender was not answered',
        cause: 'tc filter',
        says: ['ingress', 's2', 'eth0', 'flower'],
      },
      'another namespace has all neighbours that there is room for': {
        breaks: { s1: 'ip neigh flush dev eth0', s2: crowd },
        mends: { s2: 'kill $(cat /run/crowd.pid)\nrm /run/crowded\nip neigh flush dev eth0' },
        walk: 'by a lossy wire',
        ends: 'failed: lost at s1:eth0',
        cause: 'neighbour table full',
        says: ['s1', 'net.ipv4.neigh.default.gc_thresh3'],
      },
      'a wire loses all': {
        breaks: { s1: 'tc qdisc add dev eth0 root netem loss 100%' },
        mends: { s1: 'tc qdisc del dev eth0 root' },
        walk: 'by a lossy wire',
        ends: 'failed: lost at s1:eth0',
        cause: 'queue drops',
        says: ['s1', 'netem', 'eth0'],
      },
    },
    { up: inMachine, available: whyNot },
  );
});
