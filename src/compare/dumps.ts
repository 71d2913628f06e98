import type { Dump, DumpSection } from '../record/dump.ts';
import { blocksOf } from './rulesets.ts';

/** Where a node differs from what a daemon was recorded to program. */
export interface DumpDifference {
  node: string;
  command: string;
  /** What differs: `flannel.1 mtu`, `10.42.1.0/24 dev flannel.1`, `filter FORWARD`, `ip nat chain post`, `net.ipv4.ip_forward`. */
  what: string;
  recorded?: string;
  now?: string;
}

/** A difference that may be, and why. */
export interface MayDiffer {
  /** The nodes that it may be at; all when absent. */
  nodes?: readonly string[];
  /** Of which commands, by their beginning. */
  command: string;
  what: RegExp;
  because: string;
  /** Whether it differs is drawn by lot. */
  byChance?: true;
}

/** How a node differs from a record of it, field by field, rule by rule. Sections that the record lacks are not compared. */
export const dumpDifferences = (recorded: Dump, now: Dump): DumpDifference[] =>
  recorded.sections.flatMap((section) => {
    const { command } = section;
    const other = now.sections.find((each) => each.command === command) ?? { command, lines: [] };
    return comparisonOf(command)(section, other).map((each) => ({ node: recorded.node, command, ...each }));
  });

const comparisonOf = (command: string) => {
  if (/^(ip|bridge) -j/.test(command)) return entriesDiffer;
  if (command.startsWith('iptables')) return rulesDiffer;
  return /^nft .*list ruleset/.test(command) ? blocksDiffer : linesDiffer;
};

/** Those differences that nothing allows, and what is allowed though nothing differs so. */
export function notAllowed(
  differences: readonly DumpDifference[],
  allowed: readonly MayDiffer[],
): { differences: DumpDifference[]; unused: MayDiffer[] } {
  const allows = ({ nodes, command, what }: MayDiffer, each: DumpDifference) =>
    (nodes?.includes(each.node) ?? true) && each.command.startsWith(command) && what.test(each.what);
  return {
    differences: differences.filter((each) => !allowed.some((rule) => allows(rule, each))),
    unused: allowed.filter((rule) => !rule.byChance && !differences.some((each) => allows(rule, each))),
  };
}

type Found = Omit<DumpDifference, 'node' | 'command'>;

type Fields = Map<string, string>;

/** The fields of a line of JSON, those within others by a dotted name. */
function fieldsOf(value: unknown, prefix = ''): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[prefix, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, each]) => fieldsOf(each, prefix ? `${prefix}.${name}` : name));
}

/** What an entry of a kernel's table is known by, of the fields that ip(8) and bridge(8) print. */
const keys = ['ifname', 'dst', 'mac', 'table', 'metric', 'priority', 'src', 'dev'];

function entriesDiffer(recorded: DumpSection, now: DumpSection): Found[] {
  const entries = ({ command, lines }: DumpSection) => {
    const isLinks = / (address|link) /.test(command);
    return new Map(
      lines.map((line): [string, Fields] => {
        const fields = new Map(fieldsOf(JSON.parse(line)));
        const key = (isLinks ? ['ifname'] : keys)
          .flatMap((name) => fields.get(name)?.replaceAll('"', '') ?? [])
          .join(' ');
        return [key, fields];
      }),
    );
  };
  const [before, after] = [entries(recorded), entries(now)];
  const text = (fields: Fields | undefined) =>
    fields && [...fields].map(([name, value]) => `${name} ${value.replaceAll('"', '')}`).join(', ');
  return inEither(before, after).flatMap((key): Found[] => {
    const [was, is] = [before.get(key), after.get(key)];
    if (!was || !is) return [found(key, text(was), text(is))];
    return inEither(was, is).flatMap((name) =>
      was.get(name) === is.get(name) ? [] : [found(`${key} ${name}`, was.get(name), is.get(name))],
    );
  });
}

/** Rules chain by chain, each chain's in order. */
function rulesDiffer(recorded: DumpSection, now: DumpSection): Found[] {
  const chains = ({ lines }: DumpSection) => {
    const rules = new Map<string, string[]>();
    let table = '';
    for (const line of lines) {
      if (line.startsWith('*')) table = line.slice(1);
      const [, chain, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
      if (chain) rules.set(`${table} ${chain}`, [`policy ${policy}`]);
      const [, own] = /^-A (\S+)/.exec(line) ?? [];
      if (own) rules.get(`${table} ${own}`)?.push(line);
    }
    return rules;
  };
  const [before, after] = [chains(recorded), chains(now)];
  return inEither(before, after).flatMap((chain) => {
    // A base chain that nobody has made lets everything pass, as one that is empty does.
    const none = /^\S+ [A-Z]+$/.test(chain) ? ['policy ACCEPT'] : [];
    const [was, is] = [before.get(chain) ?? none, after.get(chain) ?? none];
    return changes(was, is).map(({ line, kept }) =>
      kept === 'recorded' ? found(chain, line) : found(chain, undefined, line),
    );
  });
}

/** Blocks of nft(8) by their names, each chain's rules in order. */
function blocksDiffer(recorded: DumpSection, now: DumpSection): Found[] {
  const [before, after] = [blocksOf(recorded.lines), blocksOf(now.lines)];
  return inEither(before, after).flatMap((block) => {
    const [was, is] = [before.get(block), after.get(block)];
    if (!was || !is) return [found(block, was?.join('; '), is?.join('; '))];
    return changes(was, is).map(({ line, kept }) =>
      kept === 'recorded' ? found(block, line) : found(block, undefined, line),
    );
  });
}

/** The lines of two lists that are not in both, by their longest common subsequence. */
function changes(before: string[], after: string[]): { line: string; kept: 'recorded' | 'now' }[] {
  const [first, ...rest] = before;
  const [second, ...others] = after;
  if (first === undefined) return after.map((line) => ({ line, kept: 'now' as const }));
  if (second === undefined) return before.map((line) => ({ line, kept: 'recorded' as const }));
  if (first === second) return changes(rest, others);
  return after.includes(first) && !before.includes(second)
    ? [{ line: second, kept: 'now' }, ...changes(before, others)]
    : [{ line: first, kept: 'recorded' }, ...changes(rest, after)];
}

/** Lines that have no order; of settings by their names. */
function linesDiffer(recorded: DumpSection, now: DumpSection): Found[] {
  const named = ({ lines }: DumpSection) =>
    new Map(lines.map((line): [string, string] => [line.split(' = ')[0] ?? line, line]));
  const [before, after] = [named(recorded), named(now)];
  return inEither(before, after).flatMap((name) =>
    before.get(name) === after.get(name) ? [] : [found(name, before.get(name), after.get(name))],
  );
}

const found = (what: string, recorded?: string, now?: string): Found => ({
  what,
  ...(recorded !== undefined && { recorded }),
  ...(now !== undefined && { now }),
});

const inEither = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>) => [
  ...new Set([...a.keys(), ...b.keys()]),
];
