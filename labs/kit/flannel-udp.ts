import {
  at,
  type Check,
  type Commands,
  daemon,
  type ExpectedHeader,
  fails,
  type Hop,
  icmp,
  ip,
  json,
  lines,
  type Script,
  send,
  udp,
} from 'packetwalk';
import { type Cluster, document, type FlannelNode, onEvery } from './flannel.ts';
import { into, outOf } from './flannel-walks.ts';
import { request } from './ping.ts';

/** What flanneld does in its udp mode, in small. */
const program = String.raw`
  # What the kernel routes into flannel0 goes by UDP to the node that has its subnet, and what comes from there goes back in
  use strict; use Socket; use Fcntl;
  my ($own, %nodes) = @ARGV;

  sysopen my $tun, '/dev/net/tun', O_RDWR or die "/dev/net/tun: $!\n";
  my $device = pack 'a16 s x22', 'flannel0', 0x1001;    # IFF_TUN, IFF_NO_PI
  ioctl $tun, 0x400454ca, $device or die "flannel0: $!\n";    # TUNSETIFF
  socket my $udp, PF_INET, SOCK_DGRAM, 0;
  bind $udp, sockaddr_in(8285, inet_aton($own)) or die "$own:8285: $!\n";

  while (1) {
    my $ready = '';
    vec($ready, fileno $_, 1) = 1 for $tun, $udp;
    select $ready, undef, undef, undef;
    if (vec $ready, fileno $tun, 1) {
      sysread $tun, my $packet, 65535;
      my $node = $nodes{join '.', unpack 'x16 C3', $packet};
      send $udp, $packet, 0, sockaddr_in(8285, inet_aton($node)) if $node && hop($packet);
    }
    if (vec $ready, fileno $udp, 1) {
      recv $udp, my $packet, 65535, 0;
      syswrite $tun, $packet if hop($packet);
    }
  }

  # Spends one of the packet's hops; the checksum rises by as much as the TTL falls
  sub hop {
    my ($ttl, $checksum) = unpack 'x8 C x n', $_[0];
    substr($_[0], 8, 1) = chr($ttl - 1);
    $checksum += 0x100;
    substr($_[0], 10, 2) = pack 'n', ($checksum & 0xffff) + ($checksum >> 16);
    return $ttl > 1;
  }`;

/** The process, and the device that is there as long as it runs. */
export const flanneld = ({ address, subnet }: FlannelNode, peers: FlannelNode[]): Script => [
  'test -e /dev/net/tun || { mkdir -p /dev/net && mknod /dev/net/tun c 10 200; }',
  `cat > /run/flanneld <<'END'${program}\nEND`,
  ...running({ address, subnet }, peers),
];

export const running = ({ address, subnet }: Pick<FlannelNode, 'address' | 'subnet'>, peers: FlannelNode[]) => [
  daemon('flanneld', `perl /run/flanneld ${address} ${peers.map((peer) => `${peer.subnet} ${peer.address}`).join(' ')}`, {
    'flannel0 is there': 'ip link show flannel0',
    'it listens at port 8285': "ss -lunH 'sport = :8285' | grep -q .",
  }),
  `
    ip link set flannel0 mtu 1472 up
    ip addr add ${subnet}.0/32 dev flannel0
    ip route add 10.42.0.0/16 dev flannel0`,
];

export const everywhere = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>): Commands<Node> => onEvery(cluster, flanneld);

/** The headers that the process puts in front. */
export const wrapped = (from: FlannelNode, to: FlannelNode) => [ip({ src: from.address, dst: to.address }), udp({ src: 8285, dst: 8285 })];

/** From one node's flannel0 to another's: `packet` is what it is with a TTL. */
export const throughProcesses = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  [from, to]: [Node, Node],
  packet: (ttl: number) => ExpectedHeader<never>[],
  ttl = 63,
): Hop<Node>[] => [
  at(`${from}:flannel0`, `${from} routes it into flannel0, where a process reads it`, packet(ttl)),
  at(`${from}:enp0s1`, 'The process spends a TTL, and sends it as the payload of a datagram', wrapped(cluster[from], cluster[to]), packet(ttl - 1)),
  at(`${to}:enp0s1`, `The underlay carries it to ${to} like any datagram`, wrapped(cluster[from], cluster[to]), packet(ttl - 1)),
  at(`${to}:flannel0`, 'The process there spends another, and writes it into its flannel0', packet(ttl - 2)),
];

const [A, B] = ['10.42.0.65', '10.42.1.9'];

/** The largest packet from podA to podB. */
export const fullMtu = {
  'A packet of the pods’ full MTU crosses': {
    claims: ['FU-01'] as const,
    send: send('podA', `ping -c 1 -M do -s 1444 ${B}`),
    request: [
      ...outOf('master', 'podA', [ip({ src: A, dst: B, length: 1472, df: true }), icmp({ type: 'echo request' })]),
      at('master:flannel0', 'It fits flannel0’s MTU', request(A, B, 63)),
      at(
        'master:enp0s1',
        '20 bytes of IP and 8 of UDP fill the underlay’s 1500',
        ip({ src: document.master.address, dst: document.node1.address, length: 1500 }),
        udp({ src: 8285, dst: 8285 }),
        request(A, B, 62),
      ),
      at('node1:enp0s1', 'In one piece', wrapped(document.master, document.node1), request(A, B, 62)),
      at('node1:flannel0', 'Unwrapped', request(A, B, 61)),
      ...into('node1', 'podB', [ip({ src: A, dst: B, length: 1472, ttl: 60 }), icmp({ type: 'echo request' })]),
    ],
  },
};

/** The device, and the process without which nothing passes it. */
export const processes = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  ({
    'flannel0 is a TUN device of MTU 1472 with the subnet’s .0 as /32': {
      claim: 'FU-01',
      run: 'ip -j -d addr show flannel0',
      see: onEvery(cluster, ({ subnet }) =>
        json([{ mtu: 1472, linkinfo: { info_kind: 'tun', info_data: { type: 'tun' } }, addr_info: [{ local: `${subnet}.0`, prefixlen: 32 }] }]),
      ),
    },
    'All pods’ network is behind flannel0, but for the own subnet': {
      claim: 'FU-01',
      run: 'ip -j route',
      see: onEvery(cluster, ({ subnet }) =>
        json([
          { dst: '10.42.0.0/16', dev: 'flannel0' },
          { dst: `${subnet}.0/24`, dev: 'cni0', prefsrc: `${subnet}.1` },
        ]),
      ),
    },
    'A process owns flannel0: it has the TUN device open': {
      claim: 'FU-01',
      run: 'ls -l /proc/$(cat /run/flanneld.pid)/fd\ncat /proc/$(cat /run/flanneld.pid)/fdinfo/*',
      see: onEvery(cluster, () => lines('/dev/net/tun', 'iff: flannel0')),
    },
    'The same process holds UDP port 8285': {
      claim: 'FU-01',
      run: `ss -lunpH 'sport = :8285' | grep "pid=$(cat /run/flanneld.pid),"`,
      see: onEvery(cluster, ({ address }) => lines(`${address}:8285`)),
    },
    'With the process halted nothing gets through: no packet passes without it': {
      claim: 'FU-01',
      run: `
        kill -STOP $(cat /run/flanneld.pid)
        ip netns exec podD ping -c 1 -W 0.3 10.42.1.9
        answered=$?
        kill -CONT $(cat /run/flanneld.pid)
        exit $answered`,
      see: { node2: fails('0 received') },
    },
  }) as Record<string, Check<Node | 'node2', 'FU-01'>>;
