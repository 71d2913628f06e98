import { type Commands, type Daemon, daemon, type Script } from 'packetwalk';
import { client, endpoint, etcd } from './etcd.ts';
import type { Cluster, FlannelNode } from './flannel.ts';
import * as flannel from './flannel.ts';

/** What flanneld does for a VXLAN network, in small. */
const program = String.raw`
  # flanneld in small: leases the node's subnet, and tells the kernel what the peers have leased
  use strict;
  my ($own, $subnet) = @ARGV;
  my $network = '/coreos.com/network';
  my ($mtu, $mac) = qx(ip link show flannel.1) =~ /mtu (\d+).*ether (\S+)/s;
  sub field { my ($name, $json) = @_; return $json =~ /"$name":"(.*?)"/ ? $1 : 'nobody' }

  # The node's lease; who has leased the subnet already keeps it
  my $key = "$network/subnets/" . $subnet =~ tr(/)(-)r;
  my $lease = qq({"PublicIP":"$own","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"$mac"}});
  my $there = lease($key, $lease);
  $there = lease($key, $lease, 'over') if $there ne $lease && field(PublicIP => $there) eq $own;
  my $owner = field(PublicIP => $there);
  die "$own cannot lease $subnet: $owner has leased it\n" if $owner ne $own;

  # What the CNI plugin reads
  mkdir '/run/flannel';
  open my $env, '>', '/run/flannel/subnet.env' or die "/run/flannel/subnet.env: $!\n";
  print $env 'FLANNEL_NETWORK=', field(Network => get("$network/config")), "\nFLANNEL_SUBNET=", $subnet =~ s(0/)(1/)r,
    "\nFLANNEL_MTU=$mtu\nFLANNEL_IPMASQ=true\n";
  close $env;

  # What the kernel is told of each peer: a neighbour, a route and an fdb entry
  open my $ip, '|-', 'ip -force -batch -';
  open my $bridge, '|-', 'bridge -force -batch -';
  for my $to ($ip, $bridge, \*STDOUT) { select $to; $| = 1 }
  my %macs;
  follow("$network/subnets/", sub {
    my (@ip, @bridge, @log);
    for (@_) {
      my ($at, $lease) = @$_;
      my ($base, $bits) = $at =~ m(([^/]+)-(\d+)$);
      my $address = field(PublicIP => $lease);
      if ($at eq $key) {
        die "$own has lost $subnet: $address has leased it\n" if $address ne $own;
        next;
      }
      my ($former, $mac) = (delete $macs{$at}, $lease && field(VtepMAC => $lease));
      push @bridge, "fdb del $former dev flannel.1\n" if $former && $former ne $mac;
      if ($mac) {
        $macs{$at} = $mac;
        push @ip, "neigh replace $base lladdr $mac dev flannel.1 nud permanent\n";
        push @ip, "route replace $base/$bits via $base dev flannel.1 onlink\n";
        push @bridge, "fdb replace $mac dev flannel.1 dst $address self permanent\n";
      } elsif ($former) {
        push @ip, "route del $base/$bits via $base dev flannel.1\n", "neigh del $base dev flannel.1\n";
      }
      push @log, "$base/$bits is " . ($lease ? "at $address\n" : "gone\n");
    }
    print $ip @ip;
    print $bridge @bridge;
    print @log;
  });`;

/** What it asks of etcd besides: one key, and a lease. */
const requests = String.raw`
  sub get { return (entries(readline ask('kv/range', '{"key":"' . base64($_[0]) . '"}')))[0][1] }

  # Puts a key there for 24 hours, if there is none or it may go over it; tells what is there then
  sub lease {
    my ($key, $value, $over) = @_;
    my $at = '"key":"' . base64($key) . '"';
    my ($id) = readline(ask('lease/grant', '{"TTL":86400}')) =~ /"ID":"(\d+)"/;
    my $if = $over ? '' : qq({$at,"target":"VERSION","version":0});
    my $put = qq({$at,"value":") . base64($value) . qq(","lease":$id});
    readline ask('kv/txn', qq({"compare":[$if],"success":[{"request_put":$put}]}));
    return get($key);
  }`;

const network = '/coreos.com/network';

/** Where a node's lease is in etcd. */
export const leaseOf = (subnet: string) => `${network}/subnets/${subnet}.0-24`;

/** A lease as flannel writes it. */
export const lease = (address: string, mac: string) =>
  `{"PublicIP":"${address}","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"${mac}"}}`;

/** etcd on a node, with flannel's configuration. */
export const configured = ({ address }: FlannelNode): Script => [
  etcd(address),
  `etcdctl put ${network}/config '{"Network":"10.42.0.0/16","Backend":{"Type":"vxlan"}}'`,
];

/** flanneld is written down and started: a node's subnet is leased once the CNI plugin is told of it. */
const flanneld = ({ address, subnet }: FlannelNode, etcdAt: FlannelNode): Script => [
  `cat > /run/flanneld <<'END'${program}\n${requests}\n${client}\nEND`,
  started({ address, subnet }, etcdAt),
];

const started = ({ address, subnet }: Pick<FlannelNode, 'address' | 'subnet'>, etcdAt: FlannelNode) =>
  daemon('flanneld', `ETCD=${etcdAt.address} perl /run/flanneld ${address} ${subnet}.0/24`, {
    'its subnet is leased': 'test -s /run/flannel/subnet.env',
  });

/** flanneld is started again, whether it still runs or not; it writes all that it wrote before. */
export const restarted = (node: FlannelNode, etcdAt: FlannelNode): (string | Daemon)[] => [
  'kill $(cat /run/flanneld.pid) 2>/dev/null; rm /run/flannel/subnet.env',
  started(node, etcdAt),
];

/** Waits until something holds, so many seconds at most. */
export const until = (holds: string, seconds = 30) =>
  `tries=${50 * seconds}; until ${holds}; do tries=$((tries - 1)); test $tries -gt 0 && sleep 0.02 || exit 1; done`;

/** A node's routes and fdb entries are as many as it has peers. */
export const knows = (peers: number) =>
  until(`test $(grep -c flannel.1 /proc/net/route) = ${peers} && test $(bridge fdb show dev flannel.1 | wc -l) = ${peers}`);

/** etcdctl for whoever is not where etcd is. */
export const etcdctl = ({ address }: FlannelNode) => `etcdctl --endpoints ${endpoint(address)}`;

/** flanneld on every node. */
export const onEvery = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, etcdAt: FlannelNode): Commands<Node> =>
  flannel.onEvery(cluster, (node) => flanneld(node, etcdAt));
