import type { Entry } from './entry.ts';
import type { LinkState } from './place-state.ts';

/** What the kernel keeps count of, or works out from MACs and indexes. */
const unset =
  /timer$|^(bridge_id|root_id|root_port|root_path_cost|designated_.*|topology_change.*|config_pending|id|no|fdb_n_learned|queue_id|link_failure_count|ad_.*|perm_hwaddr|mcast_querier)$/;

/** The number of a tunnel or VLAN is called `id` as well. */
const settings = (data: Readonly<Record<string, unknown>>, prefix: string, isPort: boolean): [string, string][] =>
  Object.entries(data).flatMap(([name, value]) =>
    unset.test(name) && (isPort || name !== 'id') ? [] : [[`${prefix} ${name}`, textOf(value)]],
  );

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Flags that somebody sets; whether there is a carrier is told by itself. */
const setFlags = ['NOARP', 'PROMISC', 'ALLMULTI', 'POINTOPOINT'];

/** What is set of an interface, by name, and whether its cable carries. */
function settingsOf(link: LinkState): Map<string, string> {
  const { flags, kind = '', masterKind = '' } = link;
  const isUp = flags.includes('UP');
  return new Map<string, string>([
    ['state', isUp ? 'up' : 'down'],
    ...(isUp ? [['carrier', flags.includes('LOWER_UP') ? 'on' : 'off'] as const] : []),
    ['mtu', String(link.mtu)],
    ['kind', kind || 'none'],
    ['master', link.master ?? 'none'],
    ...(link.mac ? [['mac', link.mac] as const] : []),
    ...(link.xdp ? [['xdp', link.xdp] as const] : []),
    ...setFlags.map((flag) => [flag.toLowerCase(), flags.includes(flag) ? 'on' : 'off'] as const),
    ...settings(link.data, kind, false),
    ...settings(link.portData, `${masterKind} port`, true),
  ]);
}

/** Interfaces, and each thing that is set of one. */
export function linkEntries(links: readonly LinkState[]): Entry[] {
  return links.flatMap((link) => {
    const { name } = link;
    const common = { what: 'link' as const, device: name };
    return [
      { ...common, key: name, subject: name, value: '', text: name },
      ...[...settingsOf(link)].map(([setting, value]) => ({
        ...common,
        key: `${name} ${setting}`,
        subject: `${name}: ${setting}`,
        value,
        text: `${name} ${setting} ${value}`,
      })),
    ];
  });
}
