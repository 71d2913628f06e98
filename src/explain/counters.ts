import type { Runtime } from '../runtime/runtime.ts';

/** A counter that moved, and by how much. */
export interface Moved {
  place: string;
  /** The file that it stands in, without `/proc/net/`: `snmp`, `netstat`, `dev`, `xfrm_stat`, `stat/nf_conntrack`, `softnet_stat`. */
  file: string;
  /** As the file names it: `Ip InNoRoutes`, `TcpExt IPReversePathFilter`, `eth0 rx drop`, `XfrmFwdPolBlock`. */
  name: string;
  by: number;
}

/** The counters of places, by place: `FILE NAME`, with its value. */
export type Counters = ReadonlyMap<string, ReadonlyMap<string, number>>;

const FOLDER = '/proc/self/net/';
const FILES = ['snmp', 'netstat', 'dev', 'xfrm_stat', 'stat/nf_conntrack', 'softnet_stat'];

/** Reads the counters of some places, without a process. */
export async function countersOf(runtime: Pick<Runtime, 'read'>, places: string[]): Promise<Counters> {
  const files = await runtime.read(
    places,
    FILES.map((file) => `${FOLDER}${file}`),
  );
  return new Map([...files].map(([place, contents]) => [place, countersIn(contents)]));
}

function countersIn(contents: ReadonlyMap<string, string>): Map<string, number> {
  const readers: Record<string, (text: string) => [string, number][]> = {
    snmp: headed,
    netstat: headed,
    dev: perDevice,
    xfrm_stat: named,
    'stat/nf_conntrack': perCpu,
    softnet_stat: backlogs,
  };
  return new Map(
    [...contents].flatMap(([path, text]) => {
      const file = path.slice(FOLDER.length);
      return (readers[file]?.(text) ?? []).map(([name, value]) => [`${file} ${name}`, value] as const);
    }),
  );
}

const rows = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first);

/** /proc/net/snmp and netstat: a line of names, then a line of values, each behind the name of its group. */
function headed(text: string): [string, number][] {
  const lines = rows(text);
  return lines.flatMap(([group = '', ...values], i) => {
    const names = i % 2 ? lines[i - 1]! : [];
    return values.flatMap((value, at): [string, number][] =>
      names.length ? [[`${group.slice(0, -1)} ${names[at + 1]}`, Number(value)]] : [],
    );
  });
}

// net/core/net-procfs.c, dev_seq_show: eight columns of what came, eight of what went.
const columns = [
  'rx bytes',
  'rx packets',
  'rx errs',
  'rx drop',
  'rx fifo',
  'rx frame',
  'rx compressed',
  'rx multicast',
];
const sent = ['tx bytes', 'tx packets', 'tx errs', 'tx drop', 'tx fifo', 'tx colls', 'tx carrier', 'tx compressed'];

function perDevice(text: string): [string, number][] {
  return text.split('\n').flatMap((line) => {
    const [, name, rest = ''] = /^\s*(\S+):\s*(.*)$/.exec(line) ?? [];
    if (!name) return [];
    const values = rest.trim().split(/\s+/).map(Number);
    return [...columns, ...sent].map((column, i): [string, number] => [`${name} ${column}`, values[i] ?? 0]);
  });
}

const named = (text: string) => rows(text).map(([name = '', value]): [string, number] => [name, Number(value)]);

/** /proc/net/stat/nf_conntrack: a line of names, then one of hexadecimal values a CPU. */
function perCpu(text: string): [string, number][] {
  const [names = [], ...cpus] = rows(text);
  return names.map((name, at) => [name, cpus.reduce((sum, values) => sum + Number.parseInt(values[at] ?? '0', 16), 0)]);
}

/** /proc/net/softnet_stat: a line a CPU of the machine, its second number what did not fit into its backlog (proc_pid_net(5)). */
const backlogs = (text: string): [string, number][] => [
  ['dropped', rows(text).reduce((sum, [, dropped = '0']) => sum + Number.parseInt(dropped, 16), 0)],
];

/** What moved from one reading to another; what only counts what passed by is left out. */
export function movedBetween(before: Counters, after: Counters): Moved[] {
  return [...after].flatMap(([place, counters]) =>
    [...counters].flatMap(([key, value]) => {
      const by = value - (before.get(place)?.get(key) ?? value);
      const [file = '', ...name] = key.split(' ');
      return by > 0 && !isTraffic(key) ? [{ place, file, name: name.join(' '), by }] : [];
    }),
  );
}

/** Counters that move with every packet that goes well. */
const isTraffic = (key: string) =>
  /^dev \S+ [rt]x (bytes|packets|multicast)$|Octets$|Pkts$| (InReceives|InDelivers|OutRequests|OutTransmits|ForwDatagrams|InMsgs|OutMsgs|InEchos|OutEchos|InEchoReps|OutEchoReps|InType\d+|OutType\d+|InDatagrams|OutDatagrams|InSegs|OutSegs|ActiveOpens|PassiveOpens|searched|found|new|entries|insert|delete|clashres|search_restart)$/.test(
    key,
  );
