import { atMost } from '../../observe/at-most.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Ran, Runtime } from '../../runtime/runtime.ts';
import { daemonsOfPlace } from './daemons.ts';
import { emptyState, type PlaceState, type StatePart } from './place-state.ts';
import { type Question, questions } from './questions.ts';
import { type Said, saidTo, scriptOf } from './script.ts';
import { LEGACY_IN_USE, legacyTablesIn } from './sysctls.ts';

export interface ReadOptions {
  /** What the programs of a place may take together. */
  timeoutMs: number;
  /** How many scripts of this process may be under way, whoever began them. */
  atOnce?: number;
  /** Parts that nobody will look at; they are unread, and nothing is said of it. */
  leaveOut?: readonly StatePart[];
}

type Asked = Pick<Runtime, 'has' | 'script'>;

/** Of the time that a place has, the share of its first script; the rest is for what one that hung kept from being asked. */
const FIRST = 0.6;

/** How long an answer may take beyond the time after which its programs are killed, until nobody waits for it. */
const GRACE_MS = 500;

/** What some places go by when they decide about packets, each asked by one script. Rejects for none that cannot be asked. */
export async function readStates(
  runtime: Asked,
  { daemons }: Pick<Plan, 'daemons'>,
  places: readonly string[],
  { timeoutMs, atOnce = 16, leaveOut = [] }: ReadOptions,
): Promise<Map<string, PlaceState>> {
  const read = places.map(async (place) => {
    if (!runtime.has(place)) return [place, unread(`${place} is only wire here: nothing can be asked there`)] as const;
    const asked = questions(daemonsOfPlace(daemons, place)).filter(
      ({ parts }) => !parts.every((part) => leaveOut.includes(part)),
    );
    const ask = (some: Question[], ms: number) => atMost(atOnce, () => scriptAt(runtime, place, some, ms));
    const state = await stateOf(place, asked, ask, timeoutMs);
    state.unread = [...new Set([...state.unread, ...leaveOut])];
    return [place, state] as const;
  });
  return new Map(await Promise.all(read));
}

async function stateOf(
  place: string,
  asked: Question[],
  ask: (some: Question[], timeoutMs: number) => Promise<Ran>,
  timeoutMs: number,
): Promise<PlaceState> {
  try {
    const first = await ask(asked, timeoutMs * FIRST);
    const said = saidTo(asked, first);
    const left = asked.slice(said.length);
    if (!said.length)
      return unread(`${place} cannot be asked: ${firstLine(first.stderr) || `a shell ends with ${first.code}`}`);
    if (left.length) said.push(...saidTo(left, await ask(left, timeoutMs * (1 - FIRST))));
    return stateFrom(place, asked, said);
  } catch (error) {
    return unread(`${place} cannot be asked: ${firstLine((error as Error).message)}`);
  }
}

/** Runs a script; rejects where its place does not even say that it was killed in time. */
async function scriptAt(runtime: Asked, place: string, asked: Question[], timeoutMs: number): Promise<Ran> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    const overdue = () => reject(new Error(`it did not answer within ${Math.round(timeoutMs + GRACE_MS)} ms`));
    timer = setTimeout(overdue, timeoutMs + GRACE_MS);
  });
  try {
    return await Promise.race([runtime.script(place, scriptOf(asked), { timeoutMs }), silence]);
  } finally {
    clearTimeout(timer);
  }
}

const firstLine = (text: string) => text.trim().split('\n')[0] ?? '';

const everyPart = questions([{ name: '', log: '' }]).flatMap(({ parts }) => parts);

const unread = (why: string): PlaceState => ({ ...emptyState(), unasked: [why], unread: [...new Set(everyPart)] });

/** A place's state from what was said there; of what was not, why. */
export function stateFrom(place: string, asked: readonly Question[], said: readonly Said[]): PlaceState {
  let state = emptyState();
  const lacks = (parts: StatePart[], why: string) => {
    const unknown = [...new Set(parts)].map((part) => named[part]).join(', ');
    state.unasked.push(`${place}: ${why}; not known: ${unknown}`);
    state.unread.push(...parts.filter((part, i) => !state.unread.includes(part) && parts.indexOf(part) === i));
  };
  for (const question of asked) {
    const answer = said.find((each) => each.question === question);
    const failures = failuresOf(question, answer);
    const whole = failures.find(({ parts }) => parts === question.parts);
    try {
      if (answer && !whole) state = { ...state, ...question.read(answer.stdout) };
    } catch (error) {
      failures.push({
        parts: question.parts,
        why: `what ${question.program} prints is not understood: ${(error as Error).message}`,
      });
    }
    for (const { parts, why } of failures) lacks(parts, why);
  }
  const legacy = said.flatMap(({ question, stdout }) =>
    question.parts[0] === 'sysctls' ? legacyTablesIn(stdout) : [],
  );
  if (legacy.length) state.unasked.push(`${place}: ${LEGACY_IN_USE}, which nft does not list: ${legacy.join(', ')}`);
  return state;
}

interface Failure {
  parts: StatePart[];
  why: string;
}

/** What of a question was not answered. */
function failuresOf(question: Question, answer: Said | undefined): Failure[] {
  const { program, line, parts, fine } = question;
  const all = (why: string) => [{ parts, why }];
  const shown = line.split('\n')[0]!.split(' ').slice(0, 5).join(' ');
  if (!answer) return all(`there was no time left for ${program}`);
  const { code, stderr } = answer;
  if (code === undefined) return all(`\`${shown}\` did not end in time`);
  if (fine.includes(code)) return [];
  if (code === 126 || code === 127) return all(`${program} cannot be run there: ${firstLine(stderr)}`);
  const failed = [...stderr.matchAll(/([\s\S]*?)Command failed -:(\d+)\n?/g)];
  // ip(8) ends where a kernel has no netlink for IPsec, which is asked for last.
  if (parts.at(-1) === 'xfrm' && /netlink socket: Protocol not supported/.test(stderr)) return [];
  // A kernel without IPv6 has none of its rules.
  if (parts[0] === 'rules6' && /not supported/.test(stderr)) return [];
  if (!failed.length) return all(`\`${shown}\` failed: ${firstLine(stderr) || `it ends with ${code}`}`);
  return failed.flatMap(([, error = '', number]) => {
    const part = parts[Number(number) - 1];
    // A kernel without IPsec has none of its policies.
    if (!part || (part === 'xfrm' && /not supported|Connection refused/.test(error))) return [];
    return [{ parts: [part], why: `${program} failed: ${firstLine(error)}` }];
  });
}

const named: Record<StatePart, string> = {
  links: 'interfaces',
  routes: 'routes',
  rules: 'routing rules',
  rules6: 'routing rules of IPv6',
  neighbours: 'neighbours',
  fdb: 'forwarding tables',
  vlans: 'VLANs of bridges',
  qdiscs: 'queueing disciplines',
  sockets: 'sockets',
  sysctls: 'settings',
  ruleset: 'firewall rules',
  xfrm: 'IPsec policies and states',
  daemons: 'daemons',
};
