import type { Plan } from '../../src/plan/plan.ts';

const QUESTIONS = ['ip -j addr', 'ip -j route', 'ip -j neigh', 'bridge -j fdb'];

// The kernel tells of a carrier up to a second later, and later still where many links are made (linkwatch_schedule_work).
const carried = `n=0; while ip -o link | grep '[<,]UP[,>]' | grep -qv '<[^N][^>]*LOWER_UP' && [ $((n += 1)) -lt 300 ]; do sleep 0.01; done`;

/** The shell line that prints the state of the namespace it is run in, one line a question, once its links have their carriers. */
export const look = [
  carried,
  ...QUESTIONS.map((question) => `${question} | tr -d '\\n'; echo`),
  `sysctl -a -r '^net.(bridge|ipv4.ip_forward|(ipv4|ipv6).conf.(all|default))\\b' 2>/dev/null | sort | tr '\\n' ' '; echo`,
].join('; ');

/** Which places are looked at: the first and the last of every kind, and one between. */
export function lookedAt({ nodes, pods }: Plan): string[] {
  const hosts = nodes.filter(({ kind }) => kind !== 'switch').map(({ name }) => name);
  const switches = nodes.filter(({ kind }) => kind === 'switch').map(({ name }) => name);
  const some = (names: string[]) => [names[0], names[names.length >> 1], names.at(-1)];
  return [...new Set([...switches, ...some(hosts), ...some(pods.map(({ name }) => name))])].filter(
    (name) => name !== undefined,
  );
}

// `operstate` follows a little later than the state it tells of (Documentation/networking/operstates.rst).
const CHANCE = new Set(['ifindex', 'link_index', 'link_netnsid', 'link_netns', 'link', 'operstate']);
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/**
 * What was printed by `look`, without what differs between two places made by the same commands: indexes, names of
 * namespaces, the moment, and every MAC that the plan does not state.
 */
export function stateOf(printed: string, plan: Plan): string[] {
  const stated = JSON.stringify(plan.steps);
  const settled = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value.map(settled).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    if (typeof value === 'string') return MAC.test(value) && !stated.includes(value) ? 'a MAC' : value;
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value).filter(([field]) => !CHANCE.has(field));
    return Object.fromEntries(fields.map(([field, held]) => [field, settled(held)]));
  };
  return printed
    .trimEnd()
    .split('\n')
    .map((line) => (line.startsWith('[') ? JSON.stringify(settled(JSON.parse(line))) : line.trim()));
}

/** The lines in which two states differ, each pair as `one / other`. */
export const differences = (one: string[], other: string[]): string[] =>
  Array.from({ length: Math.max(one.length, other.length) }, (_, i) => [one[i] ?? '', other[i] ?? ''])
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => `${a} / ${b}`);
