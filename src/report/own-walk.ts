import type { OwnHop, OwnWalk } from '../judge/own-walk.ts';
import { parts } from '../lab/part.ts';
import type { Header } from '../packet/index.ts';
import { isIcmpError, isIp } from '../packet/index.ts';
import { type Where, whereText } from '../plan/hops.ts';
import { headerBrief } from './brief.ts';
import { beginning, changes } from './changes.ts';
import { throughText } from './notation.ts';
import { loopText } from './strays.ts';

/** A place that a packet came by, and what of it. */
export interface Stay {
  place: string;
  /** Interfaces and hooks, each with what became of the packet; the first line of a hook's `more` is the rule that decided. */
  at: { name: string; direction: string; text: string; more: string[] }[];
}

/** A packet's path, part by part, place by place; a loop is shown once, and said in a line. */
export interface Path {
  part: string;
  stays: Stay[];
  loop: string | null;
}

/** The path of a packet and of its answer, as a person reads it. */
export function pathsOf({ hops, loops, macs }: Pick<OwnWalk, 'hops' | 'loops' | 'macs'>): Path[] {
  return parts.flatMap((part) => {
    const own = hops.filter((hop) => hop.part === part);
    const loop = loops.find((each) => each.part === part);
    // What ends a connection takes the way that its first packet took.
    if (!own.length || part === 'end') return [];
    const isError = own.some((hop) => hop.kind === 'point' && isIcmpError(hop.seen));
    const shown = loop ? untilItRepeats(own) : isError ? once(own) : own;
    return [{ part: isError ? 'error' : part, stays: stays(shown, macs), loop: loop ? loopText(loop) : null }];
  });
}

const keyOf = (hop: OwnHop) =>
  hop.kind === 'point'
    ? `${whereText(hop)} ${hop.seen.map(({ protocol }) => protocol)}`
    : `${whereText(hop)} ${hop.ip.src} ${hop.ip.dst}`;

/** The hops of the first of several packets that take the same way: an error about each sending. */
const once = (hops: OwnHop[]): OwnHop[] => {
  const keys = hops.map(keyOf);
  return hops.filter((_, i) => keys.indexOf(keys[i]!) === i);
};

/** The hops up to the first point that it was at already, in the same wrapping. */
function untilItRepeats(hops: OwnHop[]): OwnHop[] {
  const keys = hops.map(keyOf);
  const again = hops.findIndex(({ kind }, i) => kind === 'point' && keys.indexOf(keys[i]!) < i);
  return again < 0 ? hops : hops.slice(0, again);
}

function stays(hops: OwnHop[], macs: OwnWalk['macs']): Stay[] {
  const list: Stay[] = [];
  for (const [i, hop] of hops.entries()) {
    if (list.at(-1)?.place !== hop.place) list.push({ place: hop.place, at: [] });
    list.at(-1)!.at.push(lineOf(hop, pointBefore(hops.slice(0, i), hop)?.seen, macs));
  }
  return list;
}

/** Where it was seen before; of what leaves a place that a copy of it has left, that is where it came in there. */
function pointBefore(earlier: OwnHop[], hop: OwnHop): (OwnHop & { kind: 'point' }) | undefined {
  const points = earlier.filter((each) => each.kind === 'point');
  const last = points.at(-1);
  if (hop.kind === 'hook' || hop.direction === 'in' || last?.place === hop.place) return last;
  return points.findLast(({ place, direction }) => place === hop.place && direction === 'in') ?? last;
}

function lineOf(hop: OwnHop, before: readonly Header[] | undefined, macs: OwnWalk['macs']): Stay['at'][number] {
  if (hop.kind === 'hook')
    return {
      name: throughText(hop, hop.seen),
      direction: '',
      text: isOfTunnel(hop, before) ? '(outer packet)' : '',
      more: [...ruleOf(hop), ...(hop.translation ? [`conntrack: ${hop.translation}`] : [])],
    };
  const { device, direction, seen } = hop;
  const text = before
    ? changes(before, seen, macs)
    : [beginning(seen), ...changes([], seen, macs).filter((each) => each.startsWith('to '))];
  return { name: device, direction, text: text.join('; '), more: [] };
}

/** The rule that decided, where it says more than how the way ended. */
const ruleOf = ({ seen }: OwnHop & { kind: 'hook' }): string[] =>
  seen.rule && seen.rule !== seen.ending?.verdict ? [seen.rule] : [];

/** Whether a hook saw the packet around the one that was last seen, or is about to be wrapped. */
const isOfTunnel = ({ ip }: OwnHop & { kind: 'hook' }, before: readonly Header[] | undefined): boolean => {
  const known = before?.filter(isIp).at(-1)?.fields;
  return known !== undefined && known.src !== ip.src && known.dst !== ip.dst;
};

/** How an own walk ended, in a line. */
export function ownOutcomeText(walk: OwnWalk, to: string | null): string {
  const { outcome, answeredBy, last, roundTripMs, command, send } = walk;
  const failing = command.code && !command.interrupted ? `, but its command ended with ${command.code}` : '';
  switch (outcome) {
    case 'answered':
      return `answered${answeredBy ? ` by ${answeredBy}` : ''}${roundTripMs === undefined ? '' : ` after ${Number(roundTripMs.toPrecision(2))} ms`}${failing}`;
    case 'arrived':
      return `arrived at ${last ? whereText(last.where) : to}${failing || '; no answer came, and none has to'}`;
    case 'refused':
      return `refused by ${answeredBy}: ${refusalOf(walk)}`;
    case 'unanswered':
      return `unanswered: it arrived at ${last ? placeOf(last) : to}, and no answer was sent`;
    case 'nothing sent':
      return `the packet did not leave ${send.from}`;
    case 'lost':
      return lostText(walk);
    default:
      return 'unknown';
  }
}

const placeOf = ({ where }: NonNullable<OwnWalk['last']>) => whereText(where).replace(/ in$/, '');

function lostText({ last, beyond, hops }: OwnWalk): string {
  if (!last) return 'lost';
  const what = last.part === 'request' ? '' : `the ${last.part} was `;
  const { where } = last;
  if (where.kind === 'hook') return `${what}lost at ${where.place}: ${droppedText(where, hops)}`;
  const at = `${where.place}:${where.device}`;
  if (beyond) return `${what}lost between ${at} and ${beyond}: last seen leaving ${at}`;
  return `${what}lost at ${where.place}: last seen ${where.direction === 'in' ? 'coming in by' : 'going out by'} ${at}`;
}

/** Which chain dropped a packet, and by what. */
function droppedText(where: Where & { kind: 'hook' }, hops: OwnWalk['hops']): string {
  const hook = hops.findLast((hop) => hop.kind === 'hook' && whereText(hop) === whereText(where));
  const seen = hook?.kind === 'hook' ? hook.seen : { chains: [] };
  const chains = throughText(where, { chains: seen.chains });
  return seen.ending?.policy
    ? `dropped by the policy of ${chains}`
    : `dropped in ${chains}${seen.rule ? `, by \`${seen.rule}\`` : ''}`;
}

/** What refuses a packet, in words: `TCP reset from port 80`. */
function refusalOf({ hops }: OwnWalk): string {
  const answer = hops.find((hop) => hop.kind === 'point' && hop.part === 'reply');
  const header =
    answer?.kind === 'point' ? answer.seen.findLast(({ protocol }) => ['icmp', 'tcp'].includes(protocol)) : undefined;
  if (!header) return 'it is not wanted';
  return header.protocol === 'tcp' ? `TCP reset from port ${header.fields.src}` : headerBrief(header);
}
