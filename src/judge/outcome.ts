import type { Part } from '../lab/part.ts';
import { type Where, whereText } from '../plan/hops.ts';
import type { HookResult, Outcome, PointResult, Stray, WalkResult } from './result.ts';

/** How something ended at a place. */
export interface EndedAt {
  outcome: Outcome;
  part: Part;
  where: Where;
  /** Where else it may have ended. */
  others?: readonly { part: Part; where: Where }[];
}

/** A hop of which the frame itself need not be known. */
export type HopAt = Omit<PointResult, 'differences' | 'frame' | 'time'> | HookResult;

/** Where a walk's packet was to be, and where else it was. */
export interface Crossed {
  hops: readonly HopAt[];
  strays: readonly Stray[];
}

/** How a walk ended, in a few words: `answered`, `lost at node1:enp0s1`, `also seen at node2:enp0s1`. */
export function outcomeText(walk: Crossed & Pick<WalkResult, 'outcome' | 'failedAt'>): string {
  const { outcome, hops, failedAt, strays } = walk;
  const [failed, last, stray] = [failedAt === null ? undefined : hops[failedAt], hops.at(-1), strays[0]];
  const at = (hop: HopAt) => endedText({ outcome, part: hop.part, where: whereOfHop(hop, walk) });
  switch (outcome) {
    case 'dropped':
      return last ? at(last) : 'dropped, as listed';
    case 'unanswered':
      return hops.some(({ part }) => part === 'reply')
        ? 'the answer came, and its sender was not told'
        : 'arrived, and its sender was not answered';
    case 'lost':
    case 'differs':
    case 'out of order':
      return failed ? at(failed) : outcome;
    case 'elsewhere':
      if (failed) return at(failed);
      return stray ? `${prefixed(stray.part)}also seen at ${whereText(whereOfStray(stray, walk))}` : outcome;
    default:
      return outcome;
  }
}

/** How it ended at a place: `reply lost at node1:enp0s1`, `not seen at node1:cni0, and went on`. */
export function endedText({ outcome, part, where, others = [] }: EndedAt): string {
  const at = [whereText(where), ...others.map((other) => prefixed(other.part) + whereText(other.where))].join(' or ');
  if (outcome === 'elsewhere') return `${prefixed(part)}not seen at ${at}, and went on`;
  if (outcome === 'dropped') return `${prefixed(part)}dropped at ${at}, as listed`;
  return `${prefixed(part)}${outcome} at ${at}`;
}

const prefixed = (part: Part) => (part === 'request' ? '' : `${part} `);

/**
 * Where a hop is, as it is told beside the others of its walk: its direction is said where the same interface is crossed more
 * than once in that part, or where something is wrong with the hop, as far as it is known.
 */
export function whereOfHop(hop: HopAt, walk: Crossed): Where {
  if (hop.kind === 'hook') return base(hop);
  const isWell = ['passed', 'not reached', 'unknown'].includes(hop.fate);
  return { ...base(hop), ...(hop.direction && (!isWell || isCrossedAgain(hop, walk)) && { direction: hop.direction }) };
}

/** Where the packet was seen and is not listed; its direction is said where the same interface is crossed more than once. */
export const whereOfStray = (stray: Stray, walk: Crossed): Where => ({
  ...base(stray),
  ...(stray.kind === 'point' && isCrossedAgain(stray, walk) && { direction: stray.direction }),
});

function base(at: HopAt | Stray): Where {
  if (at.kind === 'point') return { kind: at.kind, place: at.place, device: at.device };
  const { kind, place, family, table, chain } = at;
  return { kind, place, table, chain, ...(family && { family }) };
}

const isCrossedAgain = (one: HopAt | Stray, { hops, strays }: Crossed): boolean =>
  [...hops, ...strays].some(
    (other) => other !== one && other.part === one.part && whereText(base(other)) === whereText(base(one)),
  );
