import { endedText, outcomeText, whereOfStray } from '../judge/outcome.ts';
import type { HopResult, Stray, WalkResult } from '../judge/result.ts';
import type { Direction, Part } from '../lab/part.ts';
import { describe } from '../packet/index.ts';
import { type Ending, type Way, whereText } from '../plan/hops.ts';
import type { DrillResult } from '../prove/events.ts';
import type { Document } from '../record/document.ts';
import { describable, type MacPoints, macPoints, type Told, withoutChance } from './chance.ts';

/** One thing that a run found out, in words that are the same in every run that found the same. */
export interface Fact {
  /** What it is about: `walk 'podA pings podB', hop master:flannel.1`. */
  what: string;
  told: string;
  /** The headers of a hop. */
  seen?: Told[];
  /** Which way the packet went at a hop, where it was seen. */
  direction?: Direction;
  /** Whether another fact is about the whole that it belongs to. */
  isPart?: true;
  /** Why it cannot be compared: it was not found out, or not tried. */
  open?: 'unknown' | 'skipped';
}

/** Whether a run got as far as finding something out. */
export const ran = ({ walks, checks, steps }: Document): boolean =>
  walks.length + checks.length > 0 || steps.some(({ verdict }) => verdict === 'failed');

/** All that a run found out, each under a key of its own; of a lab that could not be set up, only that. */
export function facts(document: Document): Map<string, Fact> {
  const { steps, walks, checks, drills, claims } = document;
  const stopped = steps.find(({ verdict }) => verdict !== 'passed');
  const setUp: Fact = {
    what: 'setting up',
    told: stopped ? `failed at '${stopped.title}' (${stopped.failure?.node}# ${stopped.failure?.command})` : 'passed',
    ...openIf(stopped?.verdict),
  };
  if (stopped) return keyed([setUp]);
  const macs = macPoints(document);
  return keyed([
    setUp,
    ...walks.flatMap((walk) => walkFacts(walk, macs)),
    ...checks.map(({ title, node, verdict }) => ({
      what: `check '${title}' on ${node}`,
      told: verdict,
      ...openIf(verdict),
    })),
    ...drills.flatMap((drill) => drillFacts(drill, macs)),
    // What leaves a claim open is itself among the facts.
    ...claims.map(({ id, verdict }) => ({ what: `claim ${id}`, told: verdict, ...openIf(verdict, 'skipped') })),
  ]);
}

/** Under a key that holds a fact's place among all, where several are about the same: a packet can be twice at a point. */
function keyed(list: Fact[]): Map<string, Fact> {
  const met = new Map<string, number>();
  return new Map(
    list.map((fact) => {
      const count = (met.get(fact.what) ?? 0) + 1;
      met.set(fact.what, count);
      return [count > 1 ? `${fact.what} (${count})` : fact.what, fact];
    }),
  );
}

const openIf = (verdict: string | undefined, as?: Fact['open']): Pick<Fact, 'open'> =>
  verdict === 'unknown' || verdict === 'skipped' ? { open: as ?? verdict } : {};

function walkFacts(walk: WalkResult, macs: MacPoints): Fact[] {
  const what = `walk '${walk.name}'`;
  const whole: Fact = { what, told: outcomeText(walk), ...openIf(walk.verdict) };
  if (whole.open) return [whole];
  const { hops, strays } = withoutChance(walk, macs);
  // Which of its ways a packet takes is the kernel's to choose, anew on each.
  if (walk.ways && walk.verdict === 'passed') return [whole];
  const elsewhere = walk.strays.map((each, i) => strayTold(each, walk, strays[i]!));
  return [
    whole,
    { what: `${what}, its hops`, told: walk.hops.map(place).join(', '), isPart: true },
    ...hopFacts(walk.hops, hops, what),
    { what: `${what}, elsewhere`, told: elsewhere.sort().join('; ') || 'not seen', isPart: true },
  ];
}

const inPart = (part: Part, at: string) => (part === 'request' ? at : `${part} ${at}`);

/** Where a hop is, without a direction: that is known of what was seen alone. */
function place({ part, ...at }: HopResult): string {
  if (at.kind === 'point') return inPart(part, `${at.place}:${at.device}`);
  const { kind, place, family, table, chain } = at;
  return inPart(part, whereText({ kind, place, table, chain, ...(family && { family }) }));
}

/** How often it was seen is up to how fast the machine is: a loop ends by its TTL. */
const strayTold = (stray: Stray, walk: WalkResult, seen: Told[]): string =>
  `${inPart(stray.part, whereText(whereOfStray(stray, walk)))}: ${stray.kind === 'point' ? stack(seen) : wayTold(stray.seen)}`;

const hopFacts = (hops: HopResult[], seen: Told[][], what: string): Fact[] =>
  hops.map((hop, i) => ({
    what: `${what}, hop ${place(hop)}`,
    told: hopTold(hop),
    seen: seen[i]!,
    ...(hop.kind === 'point' && hop.seen && hop.direction && { direction: hop.direction }),
    isPart: true,
  }));

/** The rule's own text is up to the version of nft that printed it. */
function hopTold(hop: HopResult): string {
  const { fate, difference = '' } = hop;
  if (!hop.seen) return 'saw nothing';
  const way = hop.kind === 'hook' ? ` by ${wayTold(hop.seen)}` : '';
  if (fate === 'passed' || !difference) return `${fate}${way}`;
  return `${fate}${way}: ${difference.replace(/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, 'a MAC')}`;
}

/** A way through a hook in words that are the same in every run: the chains that it entered, and how it ended. */
export const wayTold = ({ chains, ending }: Way): string =>
  [
    ...chains,
    ...(ending
      ? [[ending.policy && 'policy', ending.verdict, ending.to && `to ${given(ending)}`].filter(Boolean).join(' ')]
      : []),
  ].join(', ') || 'no chain of its own';

/** What a translation gives; of a source, not the port, which is drawn by lot (RFC 6056) where the first choice is taken. */
const given = ({ verdict, to = '' }: Ending): string =>
  /^(masquerade|snat)$/.test(verdict) ? to.replace(/:\d+$/, '') : to;

/**
 * Of the lost walk, the hops up to where it was lost. What becomes of a packet beyond that, the lab does not say, and it is
 * up to the device: a veth drops a frame larger than its MTU, as is_skb_forwardable() (net/core/dev.c) tells, where the NIC
 * of a virtual machine takes it.
 */
function drillFacts(drill: DrillResult, macs: MacPoints): Fact[] {
  const { fault, verdict, failed, healed, broken } = drill;
  const what = `drill '${fault}'`;
  const told = `${verdict}, ${failed ? endedText(failed) : 'not lost'}, ${healed ? 'healed' : 'not healed'}`;
  const whole: Fact = { what, told, ...openIf(verdict) };
  if (whole.open || !broken) return [whole];
  const known = broken.failedAt === null ? broken.hops : broken.hops.slice(0, broken.failedAt + 1);
  return [whole, ...hopFacts(known, withoutChance(broken, macs).hops, `${what}, walk '${broken.name}'`)];
}

/** A header stack in a line: `ip({ src: …, ttl: 64 }), icmp()`. */
export const stack = (headers: Told[]): string => describe(headers.map(describable)).join(', ');
