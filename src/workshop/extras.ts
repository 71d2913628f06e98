import type { Difference } from '../explain/state/compare.ts';
import { lacking } from '../explain/state/entry.ts';
import type { Plan } from '../plan/plan.ts';
import { dumpLines } from '../record/dump.ts';
import type { Runtime } from '../runtime/index.ts';

/** What a place has besides its state: sets of addresses, virtual servers, keys of etcd, sockets that listen; a line each. */
export type Extras = Map<string, readonly string[]>;

const KEYS = 'key of etcd';
const NO_MACS = new Map<string, string>();

interface ExtraQuestion {
  name: string;
  command: string;
  /** Lines that have to do with it; without one in a lab, it is not asked. */
  concerns: RegExp;
  /** What is printed, an entry a line. */
  read(printed: string): string[];
}

const questions: ExtraQuestion[] = [
  ...[
    { name: 'ipset', command: 'ipset save', concerns: /\bipset\b/ },
    { name: 'virtual server', command: 'ipvsadm -Sn', concerns: /\bipvs(adm)?\b/ },
  ].map((each) => ({ ...each, read: (printed: string) => dumpLines(each.command, printed, NO_MACS) })),
  {
    name: 'socket',
    command: 'listening=$(ss -Hltun); echo "$listening"',
    concerns: /^/,
    read: (printed) => [...new Set(printed.split('\n').flatMap(listening))].sort(),
  },
  {
    name: KEYS,
    command: `case $listening in *:2379' '*) etcdctl --command-timeout 2s get --prefix '' -w fields;; esac`,
    concerns: /\betcdctl\b/,
    read: keysIn,
  },
];

/** Which of these a lab's lines have to do with: the others are not asked for. */
function askedOf({ steps, faults }: Plan) {
  const lines = [
    ...steps.flatMap(({ commands = [] }) => commands),
    ...faults.flatMap((fault) => [...fault.break, ...fault.fix]),
  ].flatMap((each) => each.lines);
  return questions.filter(({ concerns }) => lines.some((line) => concerns.test(line)));
}

/** Tells of what a place has whether it may be another at any time: where etcd listens, its keys; of all else editions tell. */
export function untoldIn(plan: Plan): (extras: readonly string[]) => boolean {
  const hasKeys = askedOf(plan).some(({ name }) => name === KEYS);
  return (extras) => hasKeys && extras.some((line) => /^socket tcp \S*:2379$/.test(line));
}

/** Reads what some places have besides their states. */
export async function readExtras(
  runtime: Pick<Runtime, 'script' | 'has'>,
  plan: Plan,
  places: readonly string[],
): Promise<Extras> {
  const asked = askedOf(plan);
  const script = asked.map(({ name, command }) => `echo '= ${name}'; ${command} 2>/dev/null`).join('\n');
  const read = places
    .filter((place) => runtime.has(place))
    .map(async (place) => {
      const { stdout } = await runtime.script(place, `${script}\n:`, { timeoutMs: 10_000 });
      return [
        place,
        asked.flatMap(({ name, read }) => read(sectionOf(stdout, name)).map((line) => `${name} ${line}`)),
      ] as const;
    });
  return new Map(await Promise.all(read));
}

const sectionOf = (printed: string, name: string): string =>
  printed
    .split(/^(?== )/m)
    .find((part) => part.startsWith(`= ${name}\n`))
    ?.slice(name.length + 3) ?? '';

/** Keys and values, as `etcdctl get -w fields` prints them, a quoted text each. */
function keysIn(printed: string): string[] {
  return [...printed.matchAll(/^"Key" : ("[^\n]*")$.*?^"Value" : ("[^\n]*")$/gms)].map(
    ([, key = '""', value = '""']) => `${unquoted(key)} ${unquoted(value)}`,
  );
}

const unquoted = (text: string): string => {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
};

/** A socket that waits for others, at a port of its own choice; those that the kernel drew by lot come and go. */
function listening(line: string): string[] {
  const [protocol, , , , own = ''] = line.trim().split(/\s+/);
  const port = Number(own.slice(own.lastIndexOf(':') + 1));
  return port && port < 32768 ? [`${protocol} ${own.replace(/%\S+(?=:)/, '')}`] : [];
}

/** What of that differs. */
export const extraDifferences = (toBe: Extras, now: Extras): Difference[] =>
  [...now].flatMap(([place, lines]) => {
    const then = toBe.get(place) ?? [];
    const told = (line: string, change: 'gone' | 'new'): Difference => ({
      place,
      what: 'setting',
      change,
      subject: line,
      ...(change === 'gone' ? { before: line } : { after: line }),
      sentence: `${place}: ${line} is ${change}`,
    });
    const same = (line: string) => line;
    return [
      ...lacking(then, lines, same).map((line) => told(line, 'gone')),
      ...lacking(lines, then, same).map((line) => told(line, 'new')),
    ];
  });
