import type { Passage } from '../judge/observation.ts';
import type { Part } from '../lab/part.ts';
import type { Header } from '../packet/index.ts';
import type { Facts } from './facts.ts';
import { ruledPacket, rulesFor } from './layer2/frame-rules.ts';

/** The mark by which a place routes a packet, and the rule that gave it there, where one did. */
export interface Mark {
  value: number;
  by?: { family: string; table: string; chain: string; rule: string };
}

/** A packet that a place routes, and how it came there. */
export interface Marked {
  place: string;
  part: Part;
  headers: readonly Header[];
  iif?: string | undefined;
}

/** The mark that a packet bears where a place routes it: as it was traced there, else as the rules there give it, in their order. */
export function markOf(facts: Pick<Facts, 'passages' | 'now'>, packet: Marked): Mark | undefined {
  const hook = hookOf(packet.iif);
  const traced = facts.passages.filter(
    (each) => each.place === packet.place && each.part === packet.part && (each.hook ?? hook) === hook,
  );
  return traced.length ? tracedMark(traced) : markByRules(facts, packet);
}

/** The hook that a packet passes before it is routed: that of what came by an interface, or of one's own. */
const hookOf = (iif: string | undefined) => (iif ? 'prerouting' : 'output');

function tracedMark(passages: readonly Passage[]): Mark | undefined {
  const value = passages.at(-1)?.mark?.value;
  const giver = passages.findLast(({ mark }) => mark?.value === value && mark?.by);
  if (value === undefined) return undefined;
  const { family, table, mark } = giver ?? {};
  return { value, ...(family && table && mark?.by && { by: { family, table, ...mark.by } }) };
}

/** What of a rule says which mark it gives, where that depends on nothing. */
const given = /\b(?:meta mark set|MARK (?:x?set|set)) (0x[0-9a-f]+)$/i;

/** The mark that the rules of a place give a packet as they stand, in their order. */
export function markByRules(
  { now }: Pick<Facts, 'now'>,
  { place, headers, iif }: Omit<Marked, 'part'>,
): Mark | undefined {
  const ruleset = now.get(place)?.ruleset ?? '';
  const packet = ruledPacket(headers, iif);
  const giving = rulesFor(ruleset, [packet.family, 'inet'], hookOf(iif), packet).flatMap(
    ({ family, table, chain, text }): Mark[] => {
      const value = given.exec(text)?.[1];
      return value ? [{ value: Number(value), by: { family, table, chain, rule: text } }] : [];
    },
  );
  return giving.at(-1);
}

/** A mark as nft(8) and ip(8) write it. */
export const markText = (value: number): string => `0x${value.toString(16)}`;
