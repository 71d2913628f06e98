import type { Passage } from '../../judge/observation.ts';
import type { Ending } from '../../plan/hops.ts';
import type { Trace } from '../../runtime/runtime.ts';
import { givenBy, type Tracked, trackedAs, translation } from './conntrack.ts';
import { type Marks, marksOfTrace } from './marks.ts';
import { ipOf, type Message, messageOf } from './message.ts';
import type { Rule } from './rules.ts';
import { type Listing, OWN_TABLE } from './switch.ts';

/** A passage of a packet of which it is not yet known whether it is the one that is followed. */
export type Told = Omit<Passage, 'part'> & { marks: Marks };

/** What each place's netfilter is made of, by place. */
export type Listings = ReadonlyMap<string, Listing>;

/**
 * Each packet's way through each base chain, in each place's own order. `nameOf` is the name of an interface by its index. A
 * rule is taken from what was listed before the packets were sent, or else from what was listed after.
 */
export function passages(
  traces: readonly Trace[],
  before: Listings,
  after: Listings,
  nameOf: (place: string, index: number) => string | undefined,
): Told[] {
  const list: { told: Told; tracked: Tracked }[] = [];
  const open = new Map<string, Told>();
  const orders = new Map<string, number>();
  for (const { place, message: bytes } of traces) {
    const message = messageOf(bytes);
    if (!message || message.table === OWN_TABLE) continue;
    const key = `${place} ${message.family} ${message.table} ${message.id}`;
    if (message.network) {
      const order = orders.get(place) ?? 0;
      orders.set(place, order + 1);
      open.delete(key);
      const begun = beginning(place, message, order, before, after, nameOf);
      if (begun) open.set(key, begun.told);
      if (begun) list.push(begun);
    }
    const told = open.get(key);
    if (!told) continue;
    goOn(told, message, rulesAt(told, before, after));
    markAs(told, message, rulesAt(told, before, after));
  }
  return list.map(({ told, tracked }) => translated(told, tracked, after.get(told.place)?.connections ?? []));
}

function beginning(
  place: string,
  message: Message,
  order: number,
  before: Listings,
  after: Listings,
  nameOf: (place: string, index: number) => string | undefined,
): { told: Told; tracked: Tracked } | undefined {
  const header = ipOf(message);
  if (!header) return undefined;
  const { family, table, chain, iif, oif, transport = Buffer.alloc(0) } = message;
  const at = `${family} ${table} ${chain}`;
  const hook = before.get(place)?.rules.hooks.get(at) ?? after.get(place)?.rules.hooks.get(at);
  const [enters, leaves] = [iif, oif].map((index) => (index ? nameOf(place, index) : undefined));
  const { length, later, ...ip } = header;
  const told: Told = {
    kind: 'passage',
    place,
    family,
    table,
    chain,
    ...(hook && { hook }),
    chains: [],
    ...(enters && { enters }),
    ...(leaves && { leaves }),
    ip,
    order,
    marks: marksOfTrace(header, transport),
  };
  return { told, tracked: trackedAs(header, transport) };
}

const rulesAt =
  ({ place, family, table }: Told, before: Listings, after: Listings) =>
  (handle: bigint) => {
    const key = `${family} ${table} ${handle}`;
    return [before.get(place)?.rules.rules.get(key), after.get(place)?.rules.rules.get(key)] as const;
  };

/** Adds to a passage what the next message about it tells. */
function goOn(told: Told, message: Message, rules: ReturnType<typeof rulesAt>): void {
  const { type, verdict = '', policy = 'accept', jump, handle, chain } = message;
  if (type === 'policy') told.ending = { verdict: policy, policy: true };
  if (type !== 'rule') return;
  if (verdict === 'jump' || verdict === 'goto') {
    if (jump) told.chains.push(jump);
  } else if (verdict && !undecided.has(verdict)) {
    const [first, last] = handle === undefined ? [] : rules(handle);
    const rule = first ?? last;
    told.ending = endingOf(verdict, rule);
    if (rule) told.rule = rule.text;
    if (chain) told.decidedAt = { chain, ...(rule?.position && { position: rule.position }) };
    if (first && last && first.text !== last.text)
      told.doubt = `the rule was rewritten meanwhile: ${first.text}, then ${last.text}`;
  }
}

/** Keeps the mark that the packet bears after what a message tells of, and the rule that gave it. */
function markAs(told: Told, { type, mark, handle, chain }: Message, rules: ReturnType<typeof rulesAt>): void {
  if (mark === told.mark?.value) return;
  delete told.mark;
  if (mark === undefined) return;
  const [first, last] = type === 'rule' && handle !== undefined ? rules(handle) : [];
  const rule = (first ?? last)?.text;
  told.mark = { value: mark, ...(rule && givesMark.test(rule) && { by: { chain, rule } }) };
}

/** What gives a packet a mark: a statement of nft(8), or a target of iptables(8) as it prints it. */
const givesMark = /\bmark set\b|\b(CONN)?MARK\b/;

/** Kernels differ in whether they tell of a rule that returns: what follows decides. */
const undecided = new Set(['continue', 'break', 'return']);

/** With which verdict the kernel does what a rule's target says; with another, it could not. */
const verdictOf = (target: string) => (target === 'reject' ? 'drop' : 'accept');

function endingOf(verdict: string, rule: Rule | undefined): Ending {
  const { target, to } = rule ?? {};
  return target && verdictOf(target) === verdict ? { verdict: target, ...(to && { to }) } : { verdict };
}

const translations = new Set(['dnat', 'snat', 'masquerade', 'redirect']);

/** Whether a packet was translated where its passage ended. */
export const isTranslation = ({ ending }: Pick<Told, 'ending'>): boolean =>
  ending !== undefined && !ending.policy && translations.has(ending.verdict);

function translated(told: Told, tracked: Tracked, connections: string[]): Told {
  const { ending } = told;
  if (!ending || !isTranslation(told)) return told;
  const line = translation(tracked, connections);
  const to = ending.to ?? (line && givenBy(ending.verdict, line));
  return { ...told, ending: { ...ending, ...(to && { to }) }, ...(line && { translation: line }) };
}
