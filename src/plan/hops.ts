import { type Direction, laterPart, type Part, parts } from '../lab/part.ts';
import type { Hop, Listing, Walk } from '../lab/words.ts';
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

/** Which of several ways a hop is on, by name, and the names of all: the packet takes one of them. */
export interface OnWay {
  name: string;
  of: string[];
}

interface Common {
  part: Part;
  because: string;
  /** Absent where every way has it. */
  onWay?: OnWay;
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
 * Reads where a fault's walk fails: a point or hook, with `reply`, `end` or `later 1` before it for one of that packet. A node
 * may be called `reply`: of two readings it is the one that names one of the `hops`, or at least one of the `places`.
 */
export function failureOf(
  text: string,
  places: readonly string[],
  hops: readonly PlannedHop[] = [],
): { part: Part; where: Where } | undefined {
  const later = /^(reply|end|later [1-9]\d*) (.+)$/.exec(text);
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

function plannedHop(part: Part, { hop: { at, because, headers, way }, onWay }: ListedHop): PlannedHop {
  const where = whereOf(at) ?? { kind: 'point', place: at, device: '' };
  const common = { part, because, ...(onWay && { onWay }) };
  return where.kind === 'hook' ? { ...where, ...common, way: wayOf(way ?? '') } : { ...where, ...common, headers };
}

/** A hop, the path to it from where its list stands, and which of several ways it is on. */
export interface ListedHop {
  hop: Hop;
  path: string;
  onWay?: OnWay;
}

/** The hops of a list, those of all its ways among them. */
export const listedHops = (listing: Listing): ListedHop[] =>
  listing.flatMap((each, i): ListedHop[] => {
    if (!('oneOf' in each)) return [{ hop: each, path: `[${i}]` }];
    const of = Object.keys(each.oneOf);
    return Object.entries(each.oneOf).flatMap(([name, hops]) =>
      hops.map((hop, k) => ({ hop, path: `[${i}]['${name}'][${k}]`, onWay: { name, of } })),
    );
  });

/** What a walk lists of its packets. */
export type Listings = Partial<Pick<Walk, (typeof parts)[number] | 'later'>>;

/** The lists of a walk, in order, each with the part that it is of and where it stands. */
export const listsOf = (walk: Listings): { part: Part; path: string; listing: Listing }[] => [
  ...parts.flatMap((part) => (walk[part] ? [{ part, path: part, listing: walk[part] }] : [])),
  ...Object.entries(walk.later ?? {}).map(([title, listing], i) => ({
    part: laterPart(i),
    path: `later['${title}']`,
    listing,
  })),
];

/** The hops that a walk lists, in order: those of the request, the answer, the end and later packets, each on all of its ways. */
export const plannedHops = (walk: Listings): PlannedHop[] =>
  listsOf(walk).flatMap(({ part, listing }) => listedHops(listing).map((hop) => plannedHop(part, hop)));

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

/** The places whose hooks of netfilter some walks list. */
export const hookedPlaces = (walks: { hops: PlannedHop[] }[]): string[] => [
  ...new Set(walks.flatMap(({ hops }) => hops.flatMap(({ kind, place }) => (kind === 'hook' ? [place] : [])))),
];
