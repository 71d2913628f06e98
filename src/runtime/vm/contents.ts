/** A program of the guest, taken from this machine. */
export interface Program {
  command: string;
  /** The package that has it, downloaded where this machine lacks the program. */
  apt?: string;
  /** Without it the guest is of no use. */
  needed?: true;
  /** The program that it is another name of. */
  of?: string;
  /** What it reads besides its libraries, where there: folders or single files. */
  folders?: string[];
}

const program = (command: string, rest: Omit<Program, 'command'> = {}): Program => ({ command, ...rest });
const named = (commands: string, rest: Omit<Program, 'command'> = {}) =>
  commands.split(' ').map((command) => program(command, rest));

const xtables = {
  apt: 'iptables',
  folders: ['/usr/lib/x86_64-linux-gnu/xtables', '/usr/lib/aarch64-linux-gnu/xtables', '/usr/lib64/xtables'],
};

/** To add a program to the guest, add it here. Busybox serves every name that is not in the list. */
export const programs: Program[] = [
  program('busybox', { apt: 'busybox-static', needed: true }),
  program('kmod', { apt: 'kmod', needed: true }),
  ...named('modprobe insmod lsmod rmmod modinfo depmod', { of: 'kmod' }),
  program('dropbear', { apt: 'dropbear-bin', needed: true }),
  program('perl', { apt: 'perl-base', needed: true }),
  program('ip', { apt: 'iproute2', needed: true, folders: ['/etc/iproute2', '/usr/share/iproute2'] }),
  ...named('bridge tc ss', { apt: 'iproute2' }),
  ...named('mount umount nsenter unshare setpriv', { needed: true }),
  ...named('sh bash date env find grep sed ps sleep sort stdbuf sysctl timeout tr kill'),
  program('ping', { apt: 'iputils-ping' }),
  program('traceroute', { apt: 'traceroute' }),
  program('ethtool', { apt: 'ethtool' }),
  program('nft', { apt: 'nftables' }),
  ...named('xtables-nft-multi xtables-legacy-multi', xtables),
  ...['iptables', 'ip6tables']
    .flatMap((name) => [name, `${name}-save`, `${name}-restore`])
    .map((command) => program(command, { of: 'xtables-nft-multi' })),
  ...['iptables', 'ip6tables']
    .flatMap((name) => ['nft', 'legacy'].flatMap((kind) => ['', '-save', '-restore'].map((end) => [name, kind, end])))
    .map(([name, kind, end]) => program(`${name}-${kind}${end}`, { of: `xtables-${kind}-multi` })),
  ...named('ebtables arptables', { of: 'xtables-nft-multi' }),
  program('conntrack', { apt: 'conntrack' }),
  program('ipset', { apt: 'ipset' }),
  program('ipvsadm', { apt: 'ipvsadm' }),
  program('tcpdump', { apt: 'tcpdump' }),
  // The CNI plugins' own folder: one of them is called as iproute2's bridge is.
  program('cat', { folders: ['bridge', 'host-local', 'loopback', 'portmap'].map((name) => `/usr/lib/cni/${name}`) }),
  program('socat', { apt: 'socat' }),
  program('arping', { apt: 'iputils-arping' }),
  program('iperf3', { apt: 'iperf3' }),
  ...named('bird birdc', { apt: 'bird2' }),
  ...named('gobgp gobgpd', { apt: 'gobgpd' }),
  program('etcd', { apt: 'etcd-server' }),
  program('etcdctl', { apt: 'etcd-client' }),
  ...named('awk curl dig getent nc ncat wg'),
];

/** Loaded at the start, so that a snapshot has them ready. None of them adds an interface to each new namespace. */
export const loadedModules =
  'virtio_pci virtio_net overlay af_packet unix_diag tcp_diag veth bridge br_netfilter vxlan dummy tun nf_conntrack ' +
  'nf_conntrack_netlink nf_nat nf_tables nft_compat nft_chain_nat nft_ct nft_masq nft_nat nft_counter nfnetlink ' +
  'xt_comment xt_conntrack xt_mark xt_MASQUERADE xt_nat xt_tcpudp xt_addrtype x_tables';

/** What the kernel must have, as a module or built in. */
export const neededModules = 'virtio_pci virtio_net overlay veth bridge br_netfilter vxlan ipip nf_tables'.split(' ');

const otherModules =
  'virtio_mmio virtio_rng virtio_blk geneve ip_gre ip6_gre ip6_tunnel sit fou fou6 wireguard vrf macvlan macvtap ' +
  'ipvlan ipvtap tap bonding team ifb 8021q macsec ip_vti ip6_vti xfrm_interface bareudp ' +
  'act_mirred act_gact act_bpf act_police cls_u32 cls_bpf cls_flower cls_matchall cls_fw ' +
  'em_meta mpls_router mpls_iptunnel iptable_filter iptable_nat iptable_mangle iptable_raw ip6table_filter ' +
  'ip6table_nat ip6table_mangle ip6table_raw ebtable_filter ebtable_nat ebt_ip ebt_arp arptable_filter ip_tables ' +
  'ip6_tables udp_diag raw_diag netlink_diag nlmon vsock vcan vxcan hsr batman_adv amt gtp';

const families = '^(team_mode|sch|nf|nft|nfnetlink|xt|ipt|ip6t|ip_set|ip_vs|netfilter)_';

/** Names and, as regular expressions, families of the modules that the guest takes along, with those that they need. */
export const modules = [...neededModules, ...`${loadedModules} ${otherModules}`.split(' '), families];

const wanted = new RegExp(`^(${modules.slice(0, -1).join('|')})$|${families}`);

export const wantsModule = (name: string): boolean => wanted.test(name);
