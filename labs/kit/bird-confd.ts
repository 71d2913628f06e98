import { client } from './etcd.ts';

/**
 * confd in short. Calico’s own renders more, with the same words. One thing is said otherwise: that a route leads through
 * tunl0, Calico’s BIRD is told by an attribute of its own, krt_tunnel; plain BIRD finds it in its table of next hops.
 */
export const confd = String.raw`
  mkdir -p /run/calico /run/bird
  cat > /run/calico/confd <<'END'
  # What etcd has becomes bird.cfg, again whenever it changes.
  use strict;
  my ($node) = @ARGV;
  my %etcd;

  follow('/calico/', sub {
    for (@_) {
      my ($key, $value) = ($_->[0] =~ s(^/calico/)()r, $_->[1]);
      if (defined $value) { $etcd{$key} = $value } else { delete $etcd{$key} }
    }
    write_bird_cfg() and -e '/run/bird/bird.ctl' and system 'birdc configure';
  });

  sub write_bird_cfg {
    my ($own, $network, $cluster_id) = map $etcd{"bgp/v1/host/$node/$_"}, qw(ip_addr_v4 network_v4 rr_cluster_id);
    return unless $own;
    my ($as, $mesh) = map $etcd{"bgp/v1/global/$_"}, qw(as_num node_mesh);
    my ($pool, $ipip, $mode) = map /"cidr":"(.*)","ipip":"(.*)","ipip_mode":"(.*)"/, values %etcd;
    my ($blocks, $next_hops, $peers);
    for my $key (sort keys %etcd) {
      $blocks .= "  route $1/$2 blackhole;\n" if $key =~ m(^ipam/v2/host/$node/ipv4/block/(.*)-(.*));

      next unless $key =~ m(^bgp/v1/host/(.*)/ip_addr_v4) && $1 ne $node;
      my ($ip, $far) = ($etcd{$key}, $etcd{"bgp/v1/host/$1/network_v4"} ne $network);
      my $wrapped = $mode eq 'always' || $mode eq 'cross-subnet' && $far;
      $next_hops .= "  route $ip/32 via $ip" . ($wrapped && "%$ipip onlink") . ";\n";

      my ($reflects, $reflected) = map $etcd{"bgp/v1/global/peer_v4/$_"}, $ip, $own;
      next unless $mesh =~ /true/ || $reflects || $reflected;
      $peers .= 'protocol bgp ' . ($reflects ? 'Global' : $reflected ? 'Node' : 'Mesh') . $ip =~ s/^|\./_/gr . " from node {\n";
      $peers .= "  neighbor $ip as $as;\n";
      $peers .= "  passive;\n" if $ip gt $own;
      $peers .= "  rr client;\n  rr cluster id $cluster_id;\n" if $cluster_id;
      $peers .= "}\n";
    }
    open my $cfg, '>', '/run/calico/bird.cfg.new';
    print $cfg <<"CFG";
  log stderr all;
  debug protocols { states };
  router id $own;
  protocol device {}

  # This node's blocks, announced as one route each; what is for nobody ends here.
  protocol static blocks {
    ipv4;
  $blocks}

  # How to send to each peer, and so to the pods that it announces.
  ipv4 table next_hops;
  protocol static {
    ipv4 { table next_hops; };
  $next_hops}

  filter pods {
    if net ~ $pool then accept;
    reject;
  }

  protocol kernel {
    persist;
    scan time 2;
    metric 0;
    ipv4 { export filter pods; };
  }

  template bgp node {
    local $own as $as;
    multihop;
    connect delay time 1;
    connect retry time 1;
    error wait time 1, 4;
    ipv4 { import all; export filter pods; igp table next_hops; };
  }

  $peers
  CFG
    close $cfg;
    rename '/run/calico/bird.cfg.new', '/run/calico/bird.cfg';
  }
  ${client}
  END`;
