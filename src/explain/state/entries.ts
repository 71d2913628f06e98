import type { Entry } from './entry.ts';
import { linkEntries } from './link-entries.ts';
import type {
  FdbState,
  LinkState,
  NeighbourState,
  PlaceState,
  QdiscState,
  RouteState,
  StatePart,
} from './place-state.ts';

/** Words that the kernel adds while a cable carries nothing, or a card does the work. */
const withoutFlags = (text: string) => text.replace(/ (linkdown|dead|offload|rt_offload|trap|expires \S+)\b/g, '');

/** What the kernel does not make by itself for link-local addresses and groups, and no router announced. */
const isSet6 = ({ table, dst, words }: RouteState) =>
  table === 'main' && !/^(fe[89ab]|ff)/i.test(dst) && words.proto !== 'ra';

function routeEntry({ text, words, type, dst, table, nexthops }: RouteState): Entry {
  const isUnicast = type === 'unicast';
  const whole = withoutFlags([text, ...nexthops.map((way) => way.text)].join(' '));
  const value = whole.replace(`${isUnicast ? '' : `${type} `}${dst === '::/0' ? 'default' : dst}`, '').trim();
  const device = words.dev ?? nexthops[0]?.words.dev;
  return {
    what: 'route',
    key: [table, dst, words.tos ?? '', words.metric ?? ''].join(' '),
    subject: dst,
    value: [...(isUnicast ? [] : [type]), value].filter(Boolean).join(' '),
    text: whole,
    ...(device && { device }),
  };
}

/** Whether a MAC is that of a group: the lowest bit of its first byte is set. */
const isGroup = (mac: string) => /^[0-9a-f][13579bdf]:([0-9a-f]{2}:){4}[0-9a-f]{2}$/.test(mac);

/** What the kernel has not learned, and will not forget. */
function isFixed({ state, proxy, words, device, mac = '' }: NeighbourState, links: readonly LinkState[]): boolean {
  if (proxy || state === 'PERMANENT' || 'extern_learn' in words) return true;
  const flags = links.find(({ name }) => name === device)?.flags ?? [];
  // The kernel itself makes such entries for groups, and where ARP is off (arp_constructor, net/ipv4/arp.c).
  return state === 'NOARP' && !isGroup(mac) && !flags.includes('NOARP') && !flags.includes('LOOPBACK');
}

const neighbourEntry = ({ text, address, device, proxy }: NeighbourState): Entry => ({
  what: 'neighbour',
  key: `${address} ${device} ${proxy}`,
  subject: address,
  value: text.slice(address.length).trim(),
  text,
  device,
});

/** Neither learned nor made by the kernel for a group that is listened to, or for an interface's own MAC. */
function isSet({ mac, device, words }: FdbState, links: readonly LinkState[]): boolean {
  if (isGroup(mac) && !words.dst) return false;
  if (links.some((link) => link.name === device && link.mac === mac && !words.dst)) return false;
  return ['permanent', 'static', 'extern_learn', 'sticky'].some((word) => word in words);
}

const fdbEntry = ({ text, mac, device, words }: FdbState): Entry => ({
  what: 'fdb entry',
  key: `${mac} ${device} ${words.vlan ?? ''}`,
  subject: `${mac} dev ${device}`,
  value: withoutFlags(text).replace(`${mac} dev ${device}`, '').trim(),
  text: withoutFlags(text),
  device,
});

/** Where nothing is queued there is nothing to compare, and whether a device has been up yet is told by its link. */
const queues = ({ kind }: QdiscState) => kind !== 'noqueue' && kind !== 'noop';

/** Without what the kernel counts, and what tc draws by lot: handles from 8000 on (tc-handle, cls_api.h), and seeds. */
function qdiscEntry({ text, device, kind }: QdiscState): Entry {
  const value = text
    .replace(/^qdisc /, '')
    .replace(/ Sent \d.*$/, '')
    .replace(/ refcnt \d+| seed \d+| [89a-f][0-9a-f]{3}:(?= )/g, '')
    .replace(` dev ${device}`, '')
    .trim();
  const where = / (root|parent \S+|ingress)/.exec(value)?.[1] ?? '';
  return {
    what: 'qdisc',
    key: `${device} ${where}`,
    subject: `dev ${device}`,
    value,
    text: `${kind} dev ${device}${value.slice(kind.length)}`,
    device,
  };
}

/** A policy of a socket comes and goes with it; sequence numbers count. */
function xfrmEntries(xfrm: readonly string[]): Entry[] {
  return xfrm.flatMap((line) => {
    if (/ socket (in|out|fwd)\b/.test(line)) return [];
    const text = line.replace(/ anti-replay.*?(?= sel | dir |$)/, '');
    const head = /^src \S+ dst \S+( \w+ \d+)?( dir \w+)?( proto \w+ spi \S+)?/.exec(text)?.[0] ?? text;
    return [{ what: 'xfrm', key: head, subject: head, value: text.slice(head.length).trim(), text }];
  });
}

/** How many connections are tracked is no setting. */
const counts = new Set(['net.netfilter.nf_conntrack_count']);

const deviceOf = (setting: string) =>
  /^net\.ipv[46]\.(?:conf|neigh)\.([^.]+)\./.exec(setting)?.[1]?.replaceAll('/', '.');

function settingEntries(sysctls: Readonly<Record<string, string>>): Entry[] {
  return Object.entries(sysctls).flatMap(([name, value]) => {
    const device = deviceOf(name);
    const entry: Entry = { what: 'setting', key: name, subject: name, value, text: `${name} = ${value}` };
    return counts.has(name) ? [] : [{ ...entry, ...(device && { device }) }];
  });
}

const addressEntries = ({ name, addresses }: LinkState): Entry[] =>
  addresses.flatMap(({ address, prefixLength, peer, scope }) => {
    // A link-local address of IPv6 follows from the MAC (RFC 4291).
    if (/^fe[89ab]/i.test(address)) return [];
    const value = [
      `/${prefixLength}`,
      ...(peer ? [`peer ${peer}`] : []),
      ...(scope === 'global' ? [] : [`scope ${scope}`]),
    ].join(' ');
    const text = `${address}${value} dev ${name}`;
    return [
      { what: 'address', key: `${address} ${name}`, subject: `${address} dev ${name}`, value, text, device: name },
    ];
  });

const ruleEntry =
  (what: 'rule' | 'IPv6 rule') =>
  ({ priority, text }: PlaceState['rules'][number]): Entry => ({
    what,
    key: String(priority),
    subject: String(priority),
    value: text,
    text: `${priority}: ${text}`,
  });

/** All that is set at a place, but for its firewall's rules, of those parts that are known. */
export function entriesOf(state: PlaceState, isKnown: (part: StatePart) => boolean): Entry[] {
  const { links, routes, routes6, rules, rules6, neighbours, neighbours6, fdb, vlans, qdiscs, sysctls, xfrm, daemons } =
    state;
  const of = (part: StatePart, entries: () => Entry[]) => (isKnown(part) ? entries() : []);
  return [
    ...of('links', () => [...linkEntries(links), ...links.flatMap(addressEntries)]),
    ...of('routes', () => [...routes, ...routes6.filter(isSet6)].map(routeEntry)),
    ...of('rules', () => rules.map(ruleEntry('rule'))),
    ...of('rules6', () => rules6.map(ruleEntry('IPv6 rule'))),
    ...of('neighbours', () =>
      [...neighbours, ...neighbours6].filter((each) => isFixed(each, links)).map(neighbourEntry),
    ),
    ...of('fdb', () => fdb.filter((each) => isSet(each, links)).map(fdbEntry)),
    ...of('vlans', () =>
      vlans.map(({ device, vid, pvid, untagged }) => ({
        what: 'vlan',
        key: `${device} ${vid}`,
        subject: `${vid} dev ${device}`,
        value: [...(pvid ? ['PVID'] : []), untagged ? 'untagged' : 'tagged'].join(' '),
        text: `${vid} dev ${device}`,
        device,
      })),
    ),
    ...of('qdiscs', () => qdiscs.filter(queues).map(qdiscEntry)),
    ...of('sysctls', () => settingEntries(sysctls)),
    ...of('xfrm', () => xfrmEntries(xfrm)),
    ...of('daemons', () =>
      daemons.flatMap(({ name, runs }) =>
        runs ? [{ what: 'daemon', key: name, subject: name, value: '', text: name }] : [],
      ),
    ),
  ];
}
