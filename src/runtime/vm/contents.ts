import { essential, frequent, optional } from '../../machine/programs.ts';

/** A program of the guest, taken from this machine. */
export interface Program {
  command: string;
  /** The packages that have it, downloaded where this machine lacks the program. */
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

/** What the guest itself is made of, and programs that need more than the table of programs says. */
const own: Program[] = [
  program('busybox', { apt: 'busybox-static', needed: true }),
  program('kmod', { apt: 'kmod', needed: true }),
  ...named('modprobe insmod lsmod rmmod modinfo depmod', { of: 'kmod' }),
  program('dropbear', { apt: 'dropbear-bin', needed: true }),
  program('perl', { apt: 'perl-base', needed: true }),
  program('ip', { apt: 'iproute2', needed: true, folders: ['/etc/iproute2', '/usr/share/iproute2'] }),
  ...named('bridge tc ss', { apt: 'iproute2' }),
  ...named('mount umount nsenter unshare setpriv', { needed: true }),
  ...named('sh bash date env find grep sed ps sleep sort stdbuf sysctl tail timeout tr kill'),
  ...named('xtables-nft-multi xtables-legacy-multi', xtables),
  ...['iptables', 'ip6tables']
    .flatMap((name) => [name, `${name}-save`, `${name}-restore`])
    .map((command) => program(command, { of: 'xtables-nft-multi' })),
  ...['iptables', 'ip6tables']
    .flatMap((name) => ['nft', 'legacy'].flatMap((kind) => ['', '-save', '-restore'].map((end) => [name, kind, end])))
    .map(([name, kind, end]) => program(`${name}-${kind}${end}`, { of: `xtables-${kind}-multi` })),
  ...named('ebtables arptables', { of: 'xtables-nft-multi' }),
  // The CNI plugins' own folder: one of them is called as iproute2's bridge is.
  program('cat', { folders: ['bridge', 'host-local', 'loopback', 'portmap'].map((name) => `/usr/lib/cni/${name}`) }),
  ...named('awk getent ncat'),
];

/** What programs of the table read besides their libraries: nginx its modules, and ModSecurity the core rule set. */
const read: Record<string, string[]> = {
  nginx: ['/usr/lib/nginx/modules', '/etc/nginx/mime.types', '/etc/modsecurity', '/usr/share/modsecurity-crs'],
};

/** Of the table of programs, those that are in the guest by their own names. */
const tools = [...essential, ...optional, ...frequent].filter(
  ({ command, guest }) =>
    guest !== 'never' && command !== 'host-local' && !own.some((each) => each.command === command),
);

/** To add a program to the guest, add it to the table of programs. Busybox serves every name that is not in the list. */
export const programs: Program[] = [
  ...own,
  ...tools.map(({ command, guest, packages }) =>
    program(command, {
      ...(guest === 'fetched' && { apt: packages.apt }),
      ...(read[command] && { folders: read[command] }),
    }),
  ),
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
  'mpls_router mpls_iptunnel iptable_filter iptable_nat iptable_mangle iptable_raw ip6table_filter ' +
  'ip6table_nat ip6table_mangle ip6table_raw ebtable_filter ebtable_nat ebt_ip ebt_arp arptable_filter ip_tables ' +
  'ip6_tables udp_diag raw_diag netlink_diag nlmon vsock vcan vxcan hsr batman_adv amt gtp ' +
  'crc32c_generic xfrm_user esp4 esp6 ah4 ah6 authenc authencesn gcm ccm ctr cmac seqiv echainiv ghash_generic sha512_generic ' +
  'chacha20poly1305 drbg jitterentropy_rng l2tp_eth l2tp_ip l2tp_ip6 sctp';

const families = '^(team_mode|act|cls|em|sch|nf|nft|nfnetlink|xt|ipt|ip6t|ip_set|ip_vs|netfilter)_';

/** Names and, as regular expressions, families of the modules that the guest takes along, with those that they need. */
export const modules = [...neededModules, ...`${loadedModules} ${otherModules}`.split(' '), families];

const wanted = new RegExp(`^(${modules.slice(0, -1).join('|')})$|${families}`);

export const wantsModule = (name: string): boolean => wanted.test(name);
