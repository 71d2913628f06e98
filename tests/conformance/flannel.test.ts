import hostGw from '../../labs/flannel-host-gw.ts';
import nftables from '../../labs/flannel-nftables.ts';
import udp from '../../labs/flannel-udp.ts';
import vxlan from '../../labs/flannel-vxlan.ts';
import routed from '../../labs/flannel-vxlan-routed.ts';
import type { MayDiffer } from '../../src/compare/dumps.ts';
import { holds } from './holds.ts';

const bridgeMac: MayDiffer = {
  command: 'ip -j',
  what: /^cni0 address$/,
  because: 'a bridge takes the least MAC of its ports where nobody gives it one, and those of a lab are drawn anew',
  byChance: true,
};

const kubeProxy: MayDiffer = {
  command: 'iptables-save',
  what: /^((nat|filter|mangle) KUBE-\S+|(nat|filter) (INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING))$/,
  because: 'kube-proxy’s rules are held against a record of its own; beside flanneld some earlier ones were recorded',
};

const masquerade: MayDiffer = {
  command: 'iptables-save',
  what: /^nat (POSTROUTING|FLANNEL-POSTRTG)$/,
  because: 'recorded without --ip-masq, which is on by default in Kubernetes, and so in the lab',
};

const mutations = {
  'a route leads elsewhere': {
    at: 'master',
    line: 'ip route replace 10.42.2.0/24 via 192.168.205.3',
    differs: /^master: 10\.42\.2\.0\/24/m,
  },
  'a setting is another': {
    at: 'node1',
    line: 'sysctl -qw net.ipv4.conf.enp0s1.rp_filter=1',
    differs: /^node1: net\.ipv4\.conf\.enp0s1\.rp_filter: recorded .* = 0, now .* = 1$/m,
  },
  'a rule is there that nobody recorded': {
    at: 'node2',
    line: 'iptables -t nat -I FLANNEL-POSTRTG 3 -j RETURN',
    differs: /^node2: nat FLANNEL-POSTRTG: recorded nothing, now -A FLANNEL-POSTRTG -j RETURN$/m,
  },
};

holds('flannel-vxlan', {
  lab: vxlan,
  folder: 'flannel-vxlan',
  allowed: [bridgeMac, kubeProxy],
  mutations: {
    ...mutations,
    'an entry of a forwarding table is gone': {
      at: 'master',
      line: 'bridge fdb del $(bridge fdb show dev flannel.1 | head -1 | cut -d" " -f1) dev flannel.1',
      differs: /^master: flannel\.1 .*: recorded .*, now nothing$/m,
    },
    'a tunnel has another port': {
      at: 'node2',
      line: 'ip link del flannel.1; ip link add flannel.1 mtu 1450 type vxlan id 1 local 192.168.205.5 dev enp0s1 dstport 4789 nolearning',
      differs: /^node2: flannel\.1 linkinfo\.info_data\.port: recorded 8472, now 4789$/m,
    },
  },
});

holds('flannel-host-gw', {
  lab: hostGw,
  folder: 'flannel-host-gw',
  allowed: [bridgeMac, kubeProxy],
  mutations,
});

holds('flannel-udp', {
  lab: udp,
  folder: 'flannel-udp',
  allowed: [bridgeMac],
  mutations,
});

holds('flannel-vxlan-routed', {
  lab: routed,
  folder: 'flannel-vxlan-routed',
  allowed: [bridgeMac, masquerade],
  mutations: { 'a setting is another': mutations['a setting is another'] },
});

holds('flannel-nftables', {
  lab: nftables,
  folder: 'flannel-nftables',
  allowed: [bridgeMac],
  mutations: {
    'a setting is another': mutations['a setting is another'],
    'a rule is gone': {
      at: 'master',
      line: 'nft flush chain ip flannel-ipv4 forward',
      differs: /^master: ip flannel-ipv4 chain forward: recorded ip saddr 10\.42\.0\.0\/16 accept, now nothing$/m,
    },
    'a rule is there that nobody recorded': {
      at: 'node2',
      line: 'nft insert rule ip flannel-ipv4 postrtg return',
      differs: /^node2: ip flannel-ipv4 chain postrtg: recorded nothing, now return$/m,
    },
  },
});
