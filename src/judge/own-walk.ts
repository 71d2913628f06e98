import type { Direction, Part } from '../lab/part.ts';
import type { Header } from '../packet/index.ts';
import { isIcmpError, isIp } from '../packet/index.ts';
import type { Family, Way, Where } from '../plan/hops.ts';
import type { Loop } from './loop.ts';
import type { Observation, Sighting } from './observation.ts';
import type { Cause } from './result.ts';

/**
 * How a packet of one's own ended. `answered`: the sender was told; `arrived`: it got to the address that it was sent to, and
 * nothing of its kind must be answered; `refused`: whoever got it says that it is not wanted; `unanswered`: it arrived, and
 * should have been answered; `nothing sent`: it was never seen, not even at its sender; `unknown`: it cannot be told.
 */
export type OwnOutcome = 'answered' | 'arrived' | 'refused' | 'unanswered' | 'lost' | 'nothing sent' | 'unknown';

/** Where a packet of one's own was: at an interface, or at a hook where a rule had a say. */
export type OwnHop =
  | { kind: 'point'; part: Part; place: string; device: string; direction: Direction; seen: Header[] }
  | {
      kind: 'hook';
      part: Part;
      place: string;
      family: Family;
      table: string;
      chain: string;
      /** The addresses of the packet as the hook saw it: of a tunnel's packet, the tunnel's own. */
      ip: { src: string; dst: string };
      seen: Way & { rule?: string };
      translation?: string;
    };

/** A packet of one's own, its path as it was seen, and how it ended. */
export interface OwnWalk {
  /** What was typed, and where. */
  send: { from: string; command: string };
  /** How the sender's command ended: its exit code, and whether it was told that its packet was answered. */
  command: { code: number; answered: boolean; interrupted?: true };
  /** What the command printed that tells how it ended, a line each. */
  said: string[];
  verdict: 'passed' | 'failed' | 'unknown';
  outcome: OwnOutcome;
  /** Where it was last, in the last of its parts, or which hook dropped it; null where it was nowhere. */
  last: { part: Part; where: Where } | null;
  /** The other end of the wire by which it left for good, as `PLACE:DEVICE`; null where it did not leave by one. */
  beyond: string | null;
  /** The place that answered, or refused it. */
  answeredBy: string | null;
  /** In the order in which it was there: of the request, of the reply, of the connection's end. */
  hops: OwnHop[];
  loops: Loop[];
  /** Which interface has which MAC address, where only one has it. */
  macs: Record<string, string>;
  notes: string[];
  causes: Cause[];
  evidence: string[];
  /** Why it is unknown. */
  reason?: string;
  /** Places whose capture lost frames. */
  lostFrames: string[];
  roundTripMs?: number;
  durationMs: number;
}

/** What an own walk is judged by. */
export interface OwnFacts {
  /** Of each part in one true order. */
  observations: readonly Observation[];
  code: number;
  answered: boolean;
  /** Whether a place has an address for its own. */
  owns: (place: string, address: string) => boolean;
}

/** How a packet of one's own ended, as far as what was seen of it tells. */
export function judgeOwn(facts: OwnFacts): Pick<OwnWalk, 'outcome' | 'verdict' | 'last' | 'answeredBy'> {
  const { observations, code, answered } = facts;
  const request = observations.filter(({ part }) => part === 'request');
  const reply = observations.filter(({ part }) => part === 'reply');
  const sightings = request.filter(isSighting);
  const [answer] = reply.filter(isSighting);
  const answeredBy = answer?.place ?? null;
  const failed = { verdict: 'failed' as const, answeredBy: null };
  if (!request.length && !reply.length) return { ...failed, outcome: 'nothing sent', last: null };
  if (answer && isRefusal(answer)) return { ...failed, outcome: 'refused', last: lastOf(request), answeredBy };
  if (answered)
    return {
      outcome: 'answered',
      verdict: code ? 'failed' : 'passed',
      last: lastOf(reply) ?? lastOf(request),
      answeredBy,
    };
  if (answer && !isIcmpError(answer.headers)) return { ...failed, outcome: 'lost', last: lastOf(reply), answeredBy };
  const last = lastOf(request);
  const hasArrived = last?.where.kind !== 'hook' && sightings.some((each) => arrives(each, facts));
  if (!hasArrived) return { ...failed, outcome: 'lost', last };
  if (sightings.some(wantsAnswer)) return { ...failed, outcome: 'unanswered', last };
  return { outcome: 'arrived', verdict: code ? 'failed' : 'passed', last, answeredBy: null };
}

const isSighting = (each: Observation): each is Sighting => each.kind === 'sighting';

/** Where a part of a walk was last: the hook that dropped it, or the interface. */
function lastOf(observations: readonly Observation[]): OwnWalk['last'] {
  const end = observations.at(-1);
  const isDropped = end?.kind === 'passage' && ['drop', 'reject'].includes(end.ending?.verdict ?? '');
  const last = isDropped ? end : (observations.findLast(isSighting) ?? end);
  return last ? { part: last.part, where: whereOf(last) } : null;
}

function whereOf(each: Observation): Where {
  if (each.kind === 'sighting') {
    const { place, device, direction } = each;
    return { kind: 'point', place, device, direction };
  }
  const { place, family, table, chain } = each;
  return { kind: 'hook', place, family, table, chain };
}

const innermost = ({ headers }: Sighting, protocol: string) =>
  headers.findLast((each) => each.protocol === protocol)?.fields;

const arrives = (each: Sighting, { owns }: OwnFacts): boolean =>
  each.direction === 'in' && owns(each.place, String(each.headers.findLast(isIp)?.fields.dst));

const wantsAnswer = (each: Sighting) =>
  ['icmp', 'icmp6', 'tcp'].some((protocol) => innermost(each, protocol) !== undefined);

/** Codes of `unreachable` by which a receiver or a firewall refuses (RFC 1122, RFC 1812): protocol, port, prohibited. */
const refusing = new Set([2, 3, 9, 10, 13]);

/** Whether an answer is a refusal: a reset (RFC 9293), or an ICMP error that says so. */
const isRefusal = (answer: Sighting): boolean => {
  if (isIcmpError(answer.headers))
    return innermost(answer, 'icmp')?.type === 'unreachable' && refusing.has(Number(innermost(answer, 'icmp')?.code));
  return String(innermost(answer, 'tcp')?.flags ?? '').includes('R');
};
