import type { HookResult, HopResult, PointResult, Stray, WalkResult } from '../judge/result.ts';
import { aligned } from '../packet/align.ts';
import { type ExpectedHeader, type Header, paired, type Value } from '../packet/index.ts';
import type { Document } from '../record/document.ts';
import { isByLot, isOwnMac, type MacPoints, macPoints } from './chance.ts';
import { wayTold } from './facts.ts';

/** A walk, and the run that it is of. */
export interface WalkIn {
  walk: WalkResult;
  document: Document;
  /** Of each protocol, the fields that are compared though the lab states nothing of them; absent where all are. */
  brief?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** In what two walks differ at a hop. */
export interface Apart {
  /** `seen`: whether it is listed and was seen there; `header`: headers that only one has; else a field, or the way of a hook. */
  what: string;
  /** What either of them says. */
  sides: [string, string];
}

/** A hop of one walk beside the same one of another. */
export interface Beside {
  /** The places of the hop in the two walks, from 0; null in one that does not list it. */
  indexes: [number | null, number | null];
  apart: Apart[];
  /** Whether one of them cannot tell what became of the packet here. */
  isOpen: boolean;
}

/**
 * Two walks hop beside hop, in their order: hops of the same part, at the same interface or hook, stand together. What chance
 * chose is not told apart; nor are MAC addresses of two runs, unless a lab says whose they are.
 */
export function beside(left: WalkIn, right: WalkIn): Beside[] {
  const told = { macs: macsOf(left, right), isOneRun: left.document === right.document, brief: left.brief };
  const [a, b] = [left.walk, right.walk];
  return together(a.hops, b.hops).map((indexes): Beside => {
    const [one, other] = [a.hops[indexes[0] ?? -1], b.hops[indexes[1] ?? -1]];
    if (!one || !other) return { indexes, apart: [unlisted(one, other, a, b)], isOpen: false };
    const isOpen = [one, other].some(({ fate }) => fate === 'unknown');
    return { indexes, apart: isOpen ? [] : apartAt(one, other, told), isOpen };
  });
}

interface ToldBy {
  macs: MacPoints;
  isOneRun: boolean;
  brief: WalkIn['brief'];
}

/** What a lab states of each header that was seen. */
type Statements = Map<Header, ExpectedHeader | undefined>;

function macsOf({ document }: WalkIn, { document: other }: WalkIn): MacPoints {
  const macs = macPoints(document);
  if (other !== document)
    for (const [mac, points] of macPoints(other)) macs.set(mac, new Set([...(macs.get(mac) ?? []), ...points]));
  return macs;
}

/** Whether two hops are at the same interface, on the same way in or out as far as that is known, or at the same hook. */
const isSame = (a: HopResult | Stray, b: HopResult | Stray): boolean =>
  keyOf(a) === keyOf(b) &&
  (a.kind === 'hook' || b.kind === 'hook' || !a.direction || !b.direction || a.direction === b.direction);

const keyOf = (at: HopResult | Stray): string =>
  at.kind === 'point'
    ? `${at.part} ${at.place}:${at.device}`
    : `${at.part} ${at.place} ${at.family ?? 'ip'} ${at.table} ${at.chain}`;

/** Pairs hops that are the same, as many as can be had in the order of both; what has no counterpart stands alone. */
function together(a: readonly HopResult[], b: readonly HopResult[]): Beside['indexes'][] {
  const same = a.map((one) => b.map((other) => isSame(one, other)));
  const most = [...a, null].map(() => [...b, null].map(() => 0));
  const at = (i: number, j: number) => most[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      most[i]![j] = same[i]?.[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pairs: Beside['indexes'][] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (same[i]?.[j]) pairs.push([i++, j++]);
    else if (j === b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) pairs.push([i++, null]);
    else pairs.push([null, j++]);
  }
  return pairs;
}

/** A walk that does not list a hop may have seen the packet there all the same. */
function unlisted(one: HopResult | undefined, other: HopResult | undefined, a: WalkResult, b: WalkResult): Apart {
  const told = (own: HopResult | undefined, elsewhere: HopResult | undefined, { strays }: WalkResult) => {
    if (own) return own.seen ? 'seen' : 'not seen';
    const isStray = strays.some((stray) => elsewhere && isSame(stray, elsewhere));
    return isStray ? 'seen, though not listed' : 'not listed';
  };
  return { what: 'seen', sides: [told(one, other, a), told(other, one, b)] };
}

function apartAt(one: HopResult, other: HopResult, told: ToldBy): Apart[] {
  if (!one.seen || !other.seen) {
    const sides: Apart['sides'] = [one.seen ? 'seen' : 'not seen', other.seen ? 'seen' : 'not seen'];
    return sides[0] === sides[1] ? [] : [{ what: 'seen', sides }];
  }
  const order: Apart['sides'] = [orderOf(one), orderOf(other)];
  return [
    ...(order[0] === order[1] ? [] : [{ what: 'order', sides: order }]),
    ...(one.kind === 'point' && other.kind === 'point' ? pointsApart(one, other, told) : []),
    ...(one.kind === 'hook' && other.kind === 'hook' ? waysApart(one, other) : []),
  ];
}

const orderOf = ({ fate }: HopResult) => (fate === 'out of order' ? 'out of order' : 'in its order');

function waysApart({ seen: a }: HookResult, { seen: b }: HookResult): Apart[] {
  const sides: Apart['sides'] = [a ? wayTold(a) : '', b ? wayTold(b) : ''];
  return sides[0] === sides[1] ? [] : [{ what: 'way', sides }];
}

function pointsApart(one: PointResult, other: PointResult, told: ToldBy): Apart[] {
  const [a, b] = [one.seen ?? [], other.seen ?? []];
  const stated: Statements = new Map(
    [one, other].flatMap(({ seen, expected }) => paired(seen ?? [], expected).map((each) => [each.seen, each.stated])),
  );
  const pairs = aligned(a, b).map(({ expected, seen }) => ({ one: expected?.at ?? -1, other: seen?.at ?? -1 }));
  const both = pairs.flatMap(({ one, other }): Apart[] => {
    const [x, y] = [a[one], b[other]];
    return x && y ? fieldsApart(x, y, a.length < b.length ? nameOf(b, other) : nameOf(a, one), told, stated) : [];
  });
  const only = (headers: readonly Header[], alone: readonly number[]) =>
    alone.map((at) => headers[at]!.protocol).filter((protocol) => protocol !== 'ether');
  return [
    ...headersApart(
      only(
        a,
        pairs.flatMap(({ one, other }) => (other < 0 ? [one] : [])),
      ),
      only(
        b,
        pairs.flatMap(({ one, other }) => (one < 0 ? [other] : [])),
      ),
    ),
    ...both,
  ];
}

/** The headers that only one of two packets has. */
function headersApart(a: readonly string[], b: readonly string[]): Apart[] {
  const says = (own: readonly string[], others: readonly string[]) =>
    [
      ...(own.length ? [`more: ${own.join(', ')}`] : []),
      ...(others.length ? [`without ${others.join(', ')}`] : []),
    ].join('; ');
  return a.length + b.length ? [{ what: 'header', sides: [says(a, b), says(b, a)] }] : [];
}

/** A header by its protocol, and by how deep it is among those of its own: `inner ip`. */
function nameOf(headers: readonly Header[], at: number): string {
  const protocol = headers[at]?.protocol ?? '';
  return `${'inner '.repeat(headers.slice(0, at).filter((each) => each.protocol === protocol).length)}${protocol}`;
}

function fieldsApart(
  a: Header,
  b: Header,
  name: string,
  { macs, isOneRun, brief }: ToldBy,
  stated: Statements,
): Apart[] {
  const names = new Set([
    ...(brief?.[a.protocol] ?? Object.keys(a.fields)),
    ...[a, b].flatMap((header) => Object.keys(stated.get(header)?.fields ?? {})),
  ]);
  const byLot = (header: Header, field: string, value: Value) =>
    isByLot(header.protocol, field, value, stated.get(header)?.fields[field]);
  const ownerOf = (value: Value) => (isOwnMac(value) ? [...(macs.get(value) ?? [])].sort()[0] : undefined);
  return Object.entries(a.fields).flatMap(([field, left]): Apart[] => {
    const right = b.fields[field];
    if (!names.has(field) || right === undefined || left === right || byLot(a, field, left) || byLot(b, field, right))
      return [];
    const owners = [ownerOf(left), ownerOf(right)];
    const isKnown = isOneRun || !owners.includes(undefined);
    if (isOwnMac(left) && (!isKnown || (owners[0] && owners[0] === owners[1]))) return [];
    const text = (value: Value, owner: string | undefined) => (owner ? `${value} (${owner})` : String(value));
    return [{ what: `${name} ${field}`, sides: [text(left, owners[0]), text(right, owners[1])] }];
  });
}
