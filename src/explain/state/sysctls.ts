/** What decides about packets in general, under /proc/sys/net: patterns of a shell. */
const general = [
  'ipv4/ip_*',
  'ipv4/icmp_*',
  'ipv4/ipfrag_*',
  'ipv4/fib_multipath_*',
  'ipv4/*_l3mdev_accept',
  'ipv4/fwmark_reflect',
  'ipv4/ping_group_range',
  'ipv4/tcp_mtu_probing',
  'ipv4/tcp_syncookies',
  'ipv4/tcp_fwmark_accept',
  'ipv4/route/m*',
  'ipv4/vs/*',
  'ipv6/conf/*/forwarding',
  'ipv6/conf/*/disable_ipv6',
  'ipv6/conf/*/hop_limit',
  'ipv6/icmp/echo_ignore_all',
  'bridge/bridge-nf-*',
  'netfilter/nf_conntrack_max',
  'netfilter/nf_conntrack_count',
  'netfilter/nf_conntrack_checksum',
  'netfilter/nf_conntrack_tcp_be_liberal',
  'netfilter/nf_conntrack_tcp_loose',
  'netfilter/nf_conntrack_*timeout*',
];

/** What decides about packets at an interface. */
const ofInterface = [
  'accept_local',
  'arp_announce',
  'arp_filter',
  'arp_ignore',
  'bc_forwarding',
  'disable_policy',
  'disable_xfrm',
  'drop_unicast_in_l2_multicast',
  'forwarding',
  'ignore_routes_with_linkdown',
  'log_martians',
  'medium_id',
  'proxy_arp',
  'proxy_arp_pvlan',
  'route_localnet',
  'rp_filter',
  'send_redirects',
  'shared_media',
  'src_valid_mark',
];

const ofNeighbours = ['mcast_solicit', 'ucast_solicit', 'app_solicit', 'unres_qlen_bytes'];

const sysctlPatterns: string[] = [
  ...general,
  ...ofInterface.map((name) => `ipv4/conf/*/${name}`),
  ...ofNeighbours.map((name) => `ipv4/neigh/*/${name}`),
];

/** The name of a setting, as sysctl(8) has it, by its path in /proc/sys: the two have dots and slashes the other way round. */
export const sysctlName = (path: string): string =>
  path.replace(/[./]/g, (character) => (character === '.' ? '/' : '.'));

/** Settings by their names, as `grep -H .` prints their files. */
export const sysctlsIn = (printed: string): Record<string, string> =>
  Object.fromEntries(
    printed.split('\n').flatMap((line) => {
      const [, path, value] = /^\/proc\/sys\/(.*):([^:]*)$/.exec(line) ?? [];
      return path && value !== undefined ? [[sysctlName(path), value.trim()]] : [];
    }),
  );

/** The file that names the tables of iptables-legacy, where it is in use. */
const LEGACY = '/proc/net/ip_tables_names';

/** The files that are read, as patterns of a shell. */
export const settingsFiles: string[] = [...sysctlPatterns.map((pattern) => `/proc/sys/net/${pattern}`), LEGACY];

/** Begins what is said of a place where that is so. */
export const LEGACY_IN_USE = 'tables of iptables-legacy are in use';

export const legacyTablesIn = (printed: string): string[] =>
  printed.split('\n').flatMap((line) => (line.startsWith(`${LEGACY}:`) ? [line.slice(LEGACY.length + 1)] : []));

/** The kernel tells of what there is of each interface together with that, and counts connections all the time. */
const isToldOtherwise = (pattern: string) => pattern.includes('/*/') || pattern.endsWith('_count');

/** The files of the same settings that belong to no interface in particular. */
export const commonSettingsFiles: string[] = [
  ...sysctlPatterns.filter((pattern) => !isToldOtherwise(pattern)),
  ...['all', 'default'].flatMap((device) =>
    sysctlPatterns.filter((pattern) => pattern.includes('/*/')).map((pattern) => pattern.replace('*', device)),
  ),
]
  .map((pattern) => `/proc/sys/net/${pattern}`)
  .concat(LEGACY);
