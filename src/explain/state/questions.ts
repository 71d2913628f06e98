import { fdbIn, vlansIn } from './bridges.ts';
import { type Daemon, daemonsIn, daemonsLine } from './daemons.ts';
import { isOf6, neighboursIn, routesIn, rulesIn, xfrmIn } from './ip-lines.ts';
import { linksIn } from './links.ts';
import type { PlaceState, StatePart } from './place-state.ts';
import { qdiscsIn, socketsIn } from './queues-and-sockets.ts';
import { rulesetIn } from './rule-handles.ts';
import { settingsFiles, sysctlsIn } from './sysctls.ts';

/** What a place is asked: one line of a shell, and how its answer is read. */
export interface Question {
  /** The program that answers it, and the line. */
  program: string;
  line: string;
  /** What of the place's state it tells; of a batch, by each of its commands in their order. */
  parts: StatePart[];
  /** Exit codes with which nothing is wrong. */
  fine: number[];
  /** Reads what was printed. Throws where it is not what the program prints. */
  read(printed: string): Partial<PlaceState>;
}

const question = (
  part: StatePart,
  line: string,
  read: (printed: string) => Partial<PlaceState>,
  fine = [0],
): Question => ({ program: line.split(' ')[0] ?? '', line, parts: [part], fine, read });

const batch = (program: string, commands: string[]) =>
  [`${program} -force -batch - <<'END'`, ...commands, 'END'].join('\n');

/** What ip(8) prints between two answers of a batch: no other answer has lines that begin like this. */
const BETWEEN = 'link show dev lo';
const between = /^1: lo: .*\n +link\/loopback .*\n/gm;

const tables: [StatePart, string][] = [
  ['routes', 'route show table all'],
  ['rules', 'rule show'],
  ['neighbours', 'neigh show nud all'],
  ['neighbours', 'neigh show proxy'],
  ['xfrm', 'xfrm policy'],
  ['xfrm', 'xfrm state'],
];

/** A batch of commands, which ip(8) reads as one, of both versions of IP but for rules, of IPv4 alone; a command that fails answers nothing. */
const ofTables: Question = {
  program: 'ip',
  line: batch(
    'ip',
    tables.flatMap(([, command]) => [command, BETWEEN]),
  ),
  parts: tables.flatMap(([part]) => [part, part]),
  fine: [0],
  read(printed) {
    const [routes = '', rules = '', neighbours = '', proxies = '', ...xfrm] = printed.split(between);
    const [ways, known] = [routesIn(routes), neighboursIn(`${neighbours}${proxies}`)];
    return {
      routes: ways.filter((each) => !isOf6(each)),
      routes6: ways.filter(isOf6),
      rules: rulesIn(rules),
      neighbours: known.filter(({ address }) => !address.includes(':')),
      neighbours6: known.filter(({ address }) => address.includes(':')),
      xfrm: xfrm.flatMap(xfrmIn),
    };
  },
};

/** The list of VLANs begins with a line of headings. */
const ofBridges: Question = {
  program: 'bridge',
  line: batch('bridge', ['fdb show', 'vlan show']),
  parts: ['fdb', 'vlans'],
  fine: [0],
  read(printed) {
    const [fdb = '', vlans = ''] = printed.split(/^(?=port\s+vlan)/m);
    return { fdb: fdbIn(fdb), vlans: vlansIn(vlans) };
  },
};

const settings = `grep -sH . ${settingsFiles.join(' ')}`;

/** All that a place with some daemons is asked, a process each; first what most causes need. */
export const questions = (daemons: readonly Daemon[]): Question[] => [
  question('links', 'ip -j -d address', (printed) => ({ links: linksIn(printed) })),
  ofTables,
  question('rules6', 'ip -6 rule show', (printed) => ({ rules6: rulesIn(printed) })),
  // Not every kernel has every setting, for which grep ends with 2.
  question('sysctls', settings, (printed) => ({ sysctls: sysctlsIn(printed) }), [0, 1, 2]),
  ofBridges,
  ...(daemons.length
    ? [question('daemons', daemonsLine(daemons), (printed) => ({ daemons: daemonsIn(daemons, printed) }))]
    : []),
  question('ruleset', 'nft -s -a list ruleset', rulesetIn),
  question('qdiscs', 'tc -s qdisc', (printed) => ({ qdiscs: qdiscsIn(printed) })),
  question('sockets', 'ss -H -a -n -t -u', (printed) => ({ sockets: socketsIn(printed) })),
];
