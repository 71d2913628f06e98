import type { Line, NeighbourState, RouteState, RuleState } from './place-state.ts';

/** The words of ip(8) and bridge(8) that no value follows. */
const alone = new Set(
  [
    'onlink pervasive dead linkdown offload rt_offload offload_failed rt_offload_failed trap unresolved notify expired',
    'not detached [detached] router proxy extern_learn managed self permanent static sticky local added_by_user locked',
  ].flatMap((words) => words.split(' ')),
);

/** The words of a line, each with the one that follows it; of those before the first known pair nothing is kept. */
export function wordsOfLine(words: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (alone.has(word) || i + 1 === words.length) found[word] = '';
    else found[word] = words[++i] ?? '';
  }
  return found;
}

export const split = (text: string): string[] => text.trim().split(/\s+/);

export const linesIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter(Boolean);

/** Lines put together with those that follow them and begin with a blank. */
export function entriesIn(text: string): string[][] {
  const entries: string[][] = [];
  for (const line of linesIn(text)) {
    const last = entries.at(-1);
    if (/^\s/.test(line) && last) last.push(line.trim());
    else entries.push([line.trim()]);
  }
  return entries;
}

const routeTypes = new Set(
  'unicast local broadcast multicast anycast throw unreachable prohibit blackhole nat xresolve'.split(' '),
);

/** Routes, as `ip route show table all` prints them. */
export const routesIn = (text: string): RouteState[] => entriesIn(text).map(routeOf);

/** Whether a route is one of IPv6, all of which have a preference (RFC 4191). */
export const isOf6 = ({ text }: Pick<RouteState, 'text'>): boolean => / pref (low|medium|high)\b/.test(text);

function routeOf([first = '', ...ways]: string[]): RouteState {
  const all = split(first);
  const [type, rest] = routeTypes.has(all[0] ?? '') ? [all[0]!, all.slice(1)] : ['unicast', all];
  const words = wordsOfLine(rest.slice(1));
  return {
    text: all.join(' '),
    words,
    type,
    dst: rest[0] === 'default' && isOf6({ text: first }) ? '::/0' : (rest[0] ?? ''),
    table: words.table ?? 'main',
    nexthops: ways.filter((way) => way.startsWith('nexthop')).map((way) => lineOf(way, 1)),
  };
}

/** A line with its words from an index on. */
function lineOf(text: string, from = 0): Line {
  const words = split(text);
  return { text: words.join(' '), words: wordsOfLine(words.slice(from)) };
}

/** Rules of policy routing, as `ip rule` prints them. */
export const rulesIn = (text: string): RuleState[] =>
  linesIn(text).flatMap((line) => {
    const [, priority, rest] = /^(\d+):\s+(.*)$/.exec(line) ?? [];
    return priority && rest ? [{ ...lineOf(rest), priority: Number(priority) }] : [];
  });

/** Neighbours, as `ip neigh` prints them, proxy entries included. */
export const neighboursIn = (text: string): NeighbourState[] =>
  linesIn(text).map((line) => {
    const [address = '', ...rest] = split(line);
    const state = /^[A-Z]+$/.test(rest.at(-1) ?? '') ? rest.at(-1)! : '';
    const words = wordsOfLine(state ? rest.slice(0, -1) : rest);
    return {
      text: [address, ...rest].join(' '),
      words,
      address,
      device: words.dev ?? '',
      ...(words.lladdr && { mac: words.lladdr }),
      state,
      proxy: 'proxy' in words,
    };
  });

/** Policies or states, as `ip xfrm` prints them, one line each. */
export const xfrmIn = (text: string): string[] => entriesIn(text).map((lines) => lines.join(' '));
