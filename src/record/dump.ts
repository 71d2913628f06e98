import { BadUsage } from '../plan/usage.ts';

/** What a node's kernel was programmed with, as commands print it: recorded of a real daemon, or taken of a lab's node. */
export interface Dump {
  /** Who programmed it, with version and options, a line each: `flanneld v0.28.9 --ip-masq`. */
  daemons: string[];
  /** As `uname -sr` prints it. */
  kernel: string;
  node: string;
  sections: DumpSection[];
}

/** What one command printed, without what another run would print otherwise. */
export interface DumpSection {
  command: string;
  lines: string[];
}

const FIRST = '# packetwalk dump, version 1';

/** A dump as it is kept in a file: a header of comments, then each command and its lines. */
export function dumpText({ daemons, kernel, node, sections }: Dump): string {
  const header = [FIRST, ...daemons.map((each) => `# daemon: ${each}`), `# kernel: ${kernel}`, `# node: ${node}`];
  const told = sections.flatMap(({ command, lines }) => ['', `$ ${command}`, ...lines]);
  return [...header, ...told, ''].join('\n');
}

/** Reads the text of a dump; `file` is said where it is none. */
export function dumpIn(text: string, file: string): Dump {
  const [first, ...lines] = text.split('\n');
  if (first !== FIRST)
    throw new BadUsage(
      `${file} is no dump: its first line is “${first ?? ''}”, not “${FIRST}”.`,
      'Record one: packetwalk dump LAB --out FOLDER',
    );
  const stated = (name: string) =>
    lines.flatMap((line) => (line.startsWith(`# ${name}: `) ? [line.slice(name.length + 4)] : []));
  const sections: DumpSection[] = [];
  for (const line of lines)
    if (line.startsWith('$ ')) sections.push({ command: line.slice(2), lines: [] });
    else if (line && !line.startsWith('#')) sections.at(-1)?.lines.push(line);
  return {
    daemons: stated('daemon'),
    kernel: stated('kernel')[0] ?? '',
    node: stated('node')[0] ?? '',
    sections,
  };
}

/** The commands that a dump is made of where nothing else is asked for. */
export const dumpCommands: readonly string[] = [
  'ip -j address show',
  'ip -j -d link show',
  'ip -j route show',
  'ip -j rule show',
  'ip -j neigh show nud permanent',
  'bridge -j fdb show',
  'iptables-save',
  'nft -s list ruleset',
  'ipset save',
  'sysctl -a',
];

/** Replaces each MAC address that one interface of a lab has by that interface, so that two runs can be compared. */
export type MacNames = ReadonlyMap<string, string>;

/** What another run prints otherwise, by the name of its field, wherever it stands. */
const volatile = new Set([
  ...['ifindex', 'link_index', 'link_netnsid', 'permaddr', 'valid_life_time', 'preferred_life_time', 'dynamic'],
  ...['hello_timer', 'tcn_timer', 'topology_change_timer', 'gc_timer', 'hold_timer', 'message_age_timer', 'bridge_id'],
  ...[
    'forward_delay_timer',
    'operstate',
    'root_id',
    'designated_root',
    'root_port',
    'designated_bridge',
    'no',
    'parentbus',
  ],
]);

/** Settings that decide about packets (ip-sysctl); of the many others, most are a kernel's own affair. */
const settings =
  /^net\.(ipv4\.ip_forward|bridge\.\S+|ipv4\.vs\.\S+|ipv4\.conf\.(?!lo\.)\S+\.(accept_local|arp_announce|arp_ignore|forwarding|proxy_arp|route_localnet|rp_filter|send_redirects|src_valid_mark)) = /;

/** What a command printed, without what another run would print otherwise: indexes, lifetimes, counters, dates, MAC addresses. */
export function dumpLines(command: string, printed: string, macs: MacNames): string[] {
  const named = printed.replace(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, (mac) => macs.get(mac) ?? mac);
  if (/^(ip|bridge) -j/.test(command)) return jsonLines(named);
  const lines = named.split('\n').map((line) => line.trimEnd());
  if (command.startsWith('iptables-save')) return ruleLines(lines);
  if (command.startsWith('nft ')) return tableLines(lines);
  const kept = command === 'sysctl -a' ? lines.filter((line) => settings.test(line)) : lines.filter(Boolean);
  return kept.map(withoutSetLimits).sort();
}

function jsonLines(printed: string): string[] {
  const entries = JSON.parse(printed.trim() || '[]') as Record<string, unknown>[];
  // ip(8) prints an empty object in place of what a filter left out; every bridge knows groups of its own.
  const kept = entries.filter((each) => Object.keys(each).length && !/^(33:33|01:00:5e)/.test(String(each.mac)));
  return kept.map((each) => JSON.stringify(stable(each))).sort();
}

/** A value of JSON with its fields in alphabetical order, without those that say nothing or that another run has otherwise. */
function stable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !volatile.has(name));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, stable(each)]));
}

/** Tables of nft(8) but for those of iptables, which iptables-save(8) prints; rules are in the order in which they are asked. */
const tableLines = (lines: string[]): string[] =>
  lines
    .filter(Boolean)
    .join('\n')
    .split(/^(?=table )/m)
    .filter((table) => table && !/^table ip (filter|nat|mangle|raw|security) /.test(table))
    .flatMap((table) => table.trimEnd().split('\n'));

/** Rules stay in their order, which is part of what they say; chains have none. */
function ruleLines(lines: string[]): string[] {
  const kept = lines
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.replace(/\[\d+:\d+\]$/, '[0:0]'));
  const tables = kept.join('\n').split(/^(?=\*)/m);
  const told = tables.map((table) => {
    const own = table.split('\n').filter(Boolean);
    const chains = own.filter((line) => line.startsWith(':')).sort();
    const rules = own.filter((line) => line.startsWith('-A'));
    return { name: own[0] ?? '', lines: [...chains, ...byChain(rules)] };
  });
  const filled = told.filter(({ lines: own }) => own.some((line) => line.startsWith('-A') || / - \[/.test(line)));
  return filled.sort((a, b) => (a.name < b.name ? -1 : 1)).flatMap(({ name, lines: own }) => [name, ...own]);
}

/** Rules by their chains, in alphabetical order of these. */
function byChain(rules: string[]): string[] {
  const chainOf = (rule: string) => rule.split(' ')[1] ?? '';
  return [...new Set(rules.map(chainOf))].sort().flatMap((chain) => rules.filter((rule) => chainOf(rule) === chain));
}

/** A set's size and memory follow from its members. */
const withoutSetLimits = (line: string): string =>
  line.startsWith('create ') ? line.replace(/ (hashsize|maxelem|bucketsize|initval) \S+/g, '') : line;
