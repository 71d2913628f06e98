import { type Direction, type Part, parts } from '../lab/part.ts';
import type { Hop, Walk } from '../lab/words.ts';
import type { ExpectedHeader } from '../packet/index.ts';

/** The families of nftables (nft(8), ADDRESS FAMILIES). */
export const families = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'] as const;
export type Family = (typeof families)[number];

/** An interface of a place, crossed in a direction; any direction where none is given. */
export interface PointAt {
  kind: 'point';
  place: string;
  device: string;
  direction?: Direction;
}

/** A base chain of netfilter at a place; of any family where none is given. */
export interface HookAt {
  kind: 'hook';
  place: string;
  family?: Family;
  table: string;
  chain: string;
}

export type Where = PointAt | HookAt;

/** How a packet's way through a base chain ends: by the chain's policy, or by a rule's verdict or target. */
export interface Ending {
  /** What decided: `accept`, `drop`, `reject`, `masquerade`, `snat`, `dnat`, `redirect`, `return`, `queue`. */
  verdict: string;
  policy?: true;
  /** The address and port that a translation gives: `10.42.1.6:80`. */
  to?: string;
}

/** A packet's way through a base chain: the chains it enters, in order, and how it ends, where that is stated. */
export interface Way {
  chains: string[];
  ending?: Ending;
}

interface Common {
  part: Part;
  because: string;
}

export type PlannedPoint = Common & PointAt & { headers: ExpectedHeader[] };
export type PlannedHook = Common & HookAt & { way: Way };

/** One line of a walk's listing, its short form read. */
export type PlannedHop = PlannedPoint | PlannedHook;

const WORD = '[^\\s:]+';
const pointForm = new RegExp(`^(${WORD}):([^\\s]+)(?: (in|out))?$`);
const hookForm = new RegExp(`^(${WORD}) (?:(${families.join('|')}) )?(${WORD}) (${WORD})$`);

/** Reads `a:eth0`, `a:eth0 in`, `a nat PREROUTING` or `a inet filter input`; undefined for anything else. */
export function whereOf(text: string): Where | undefined {
  const point = pointForm.exec(text);
  if (point) {
    const [, place = '', device = '', direction] = point;
    return { kind: 'point', place, device, ...(direction && { direction: direction as Direction }) };
  }
  const [all, place = '', family, table = '', chain = ''] = hookForm.exec(text) ?? [];
  return all === undefined
    ? undefined
    : { kind: 'hook', place, table, chain, ...(family && { family: family as Family }) };
}

/**
 * Reads where a fault's walk fails: a point or hook, with `reply` or `end` before it for one of the answer or the end. A node
 * may be called `reply`: of two readings it is the one that names one of the `hops`, or at least one of the `places`.
 */
export function failureOf(
  text: string,
  places: readonly string[],
  hops: readonly PlannedHop[] = [],
): { part: Part; where: Where } | undefined {
  const later = /^(reply|end) (.+)$/.exec(text);
  const readings = [
    { part: 'request' as Part, where: whereOf(text) },
    ...(later ? [{ part: later[1] as Part, where: whereOf(later[2]!) }] : []),
  ].flatMap(({ part, where }) => (where ? [{ part, where }] : []));
  return (
    readings.find(({ part, where }) => hops.some((hop) => hop.part === part && isAt(where, hop))) ??
    readings.find(({ where }) => places.includes(where.place)) ??
    readings[0]
  );
}

/** Reads the way through a hook: `nat POSTROUTING > KUBE-POSTROUTING: masquerade`, behind its base chain. */
export function wayOf(text: string): Way {
  const colon = text.indexOf(': ');
  const [, ...chains] = (colon < 0 ? text : text.slice(0, colon)).split(' > ');
  return { chains, ...(colon >= 0 && { ending: endingOf(text.slice(colon + 2)) }) };
}

/** Reads how a way ends: `policy accept`, `drop`, `dnat to 10.42.1.6:80`, `masquerade fully-random`. */
export function endingOf(text: string): Ending {
  const [, policy, verdict = text, to] = /^(policy )?(\S+)(?: to (\S+))?/.exec(text) ?? [];
  return { verdict, ...(policy && { policy: true as const }), ...(to && { to }) };
}

function plannedHop(part: Part, { at, because, headers, way }: Hop): PlannedHop {
  const where = whereOf(at) ?? { kind: 'point', place: at, device: '' };
  return where.kind === 'hook'
    ? { ...where, part, because, way: wayOf(way ?? '') }
    : { ...where, part, because, headers };
}

/** The hops that a walk lists, in order: those of the request, the answer and the end. */
export const plannedHops = (walk: Partial<Pick<Walk, Part>>): PlannedHop[] =>
  parts.flatMap((part) => (walk[part] ?? []).map((hop) => plannedHop(part, hop)));

/** Whether something is at the place that is meant; a direction or a family counts where both say it. */
export function isAt(meant: Where, is: Where): boolean {
  if (meant.place !== is.place) return false;
  if (meant.kind === 'point')
    return is.kind === 'point' && meant.device === is.device && agree(meant.direction, is.direction);
  return is.kind === 'hook' && meant.table === is.table && meant.chain === is.chain && agree(meant.family, is.family);
}

const agree = <T>(a: T | undefined, b: T | undefined) => a === undefined || b === undefined || a === b;

/** A place as a person writes it: `a:eth0`, `a:eth0 in`, `a nat PREROUTING`; the family of iptables goes unsaid. */
export function whereText(where: Where): string {
  if (where.kind === 'point') return `${where.place}:${where.device}${where.direction ? ` ${where.direction}` : ''}`;
  const { place, family, table, chain } = where;
  return [place, ...(family && family !== 'ip' ? [family] : []), table, chain].join(' ');
}
