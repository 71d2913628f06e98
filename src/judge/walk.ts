import { laterIndex, type Part, partsOf } from '../lab/part.ts';
import { type Difference, differences, type MacLookup, matches } from '../packet/index.ts';
import { type PlannedHop, type Where, whereText } from '../plan/hops.ts';
import { countable } from './countable.ts';
import { answerersOf, fates, isRefusal } from './fates.ts';
import { whole } from './fragments.ts';
import { type Loop, loopOf, passingKey } from './loop.ts';
import { assigned } from './match.ts';
import type { Observation, Passage, Sighting, Wires } from './observation.ts';
import { type PartialOrder, partialOrder } from './order.ts';
import type { HopResult, Outcome, Stray, WalkResult } from './result.ts';
import { isSilent, wayDiffers } from './way.ts';

/** What a packet travelled through, as far as the judge must know it. */
export interface Surroundings {
  wires: Wires;
  macOf: MacLookup;
}

export interface Judgement
  extends Pick<WalkResult, 'outcome' | 'failedAt' | 'hops' | 'strays' | 'loops' | 'notes' | 'reason'> {
  verdict: 'passed' | 'failed' | 'unknown';
}

/**
 * Compares what was seen with what a walk lists: it passes where the hops are one order of all that counts, each as it is stated,
 * and nothing is left over. Where that order cannot be told, it is unknown. Of `listedParts`, nothing but what is listed may be seen,
 * though they list no hop: an answer that must not come. Later packets order those before them: what
 * a tunnel carried arrived before what it carries goes on.
 */
export function judge(
  hops: readonly PlannedHop[],
  observations: readonly Observation[],
  surroundings: Surroundings,
  listedParts: readonly Part[] = [],
): Judgement {
  const all = whole(hops, observations);
  const { counts, notes } = countable(all, surroundings.wires);
  const listed = partsOf([...hops, ...listedParts.map((part) => ({ part }))]);
  const judged = listed.map((part) =>
    judgePart(
      hops.filter((hop) => hop.part === part),
      all.filter((each) => each.part === part || laterIndex(each.part) !== undefined),
      (each) => each.part === part && counts(each),
      surroundings,
    ),
  );
  const strays = judged.flatMap((each) => each.strays);
  const results = fates(
    judged.flatMap((each) => each.hops),
    answerersOf(all, strays),
  );
  const loops = judged.flatMap(({ loop }): Loop[] => (loop ? [loop] : []));
  const failed = results.findIndex(({ fate }) => fate !== 'passed');
  const reason = judged.flatMap((each) => each.reason ?? [])[0];
  const wrong = failed >= 0 || strays.length > 0;
  return {
    verdict: wrong ? 'failed' : reason ? 'unknown' : 'passed',
    outcome: wrong ? outcomeOf(results[failed]) : reason ? 'unknown' : ending(hops.at(-1)),
    failedAt: failed < 0 ? null : failed,
    hops: results,
    strays,
    ...(loops.length && { loops }),
    notes,
    ...(!wrong && reason && { reason }),
  };
}

const outcomeOf = (failed: HopResult | undefined): Outcome => {
  const { fate } = failed ?? {};
  return fate === 'lost' || fate === 'differs' || fate === 'out of order' ? fate : 'elsewhere';
};

/** How a walk ends that is as listed: a hook that drops the packet, or has it refused, may be its last hop. */
const ending = (last: PlannedHop | undefined): Outcome =>
  last?.kind === 'hook' && isRefusal(last.way.ending?.verdict) ? 'dropped' : 'arrived';

function judgePart(
  hops: PlannedHop[],
  observations: Observation[],
  counts: (each: Observation) => boolean,
  { wires, macOf }: Surroundings,
) {
  const hooked = new Set(hops.flatMap(({ kind, place }) => (kind === 'hook' ? [place] : [])));
  const own = observations.filter((each) => each.kind === 'sighting' || hooked.has(each.place));
  const order = partialOrder(own, wires, counts);
  const taken = assigned(hops, order, macOf);
  const results = hops.map((hop, i) => hopResult(hop, taken[i], tooEarly(i, taken, order), macOf));
  const used = new Set(taken);
  const left = order.sequence.filter((each) => !used.has(each) && (each.kind === 'sighting' || !isSilent(each)));
  const loop = loopOf(
    order.sequence.flatMap((each) => (each.kind === 'sighting' ? [each] : [])),
    wires,
  );
  return { hops: results, strays: strays(left), loop, reason: untold(order, taken) };
}

/** What a packet was at for certain before it was at a hop, and is listed only after it. */
const tooEarly = (i: number, taken: (Observation | undefined)[], { before }: PartialOrder): Observation | undefined => {
  const here = taken[i];
  return here && taken.slice(i + 1).find((later) => later && before(later, here));
};

function hopResult(
  hop: PlannedHop,
  seen: Observation | undefined,
  earlier: Observation | undefined,
  macOf: MacLookup,
): HopResult {
  const found = seen ? differencesOf(hop, seen, macOf) : { headers: [], sentences: [] };
  const late = earlier ? [`it was here only after it was at ${whereText(seenAt(earlier))}, which is listed later`] : [];
  const sentences = [...found.sentences, ...late];
  const { part, because, place } = hop;
  const fate = found.sentences.length ? 'differs' : late.length ? 'out of order' : 'passed';
  const said = sentences.length ? { difference: sentences.join('; ') } : undefined;
  if (hop.kind === 'hook') {
    const { family = null, table, chain, way } = hop;
    const passage = seen?.kind === 'passage' ? seen : undefined;
    return {
      part,
      because,
      place,
      fate,
      ...said,
      kind: 'hook',
      family: passage?.family ?? family,
      table,
      chain,
      expected: way,
      seen: passage ? wayOf(passage) : null,
      ...(passage?.translation && { translation: passage.translation }),
    };
  }
  const sighting = seen?.kind === 'sighting' ? seen : undefined;
  return {
    part,
    because,
    place,
    fate,
    ...said,
    kind: 'point',
    device: hop.device,
    direction: sighting?.direction ?? hop.direction ?? null,
    expected: hop.headers,
    seen: sighting?.headers ?? null,
    differences: found.headers,
    frame: sighting ? sighting.bytes.toString('base64') : null,
    time: sighting ? String(sighting.time) : null,
  };
}

/** Where something was seen. */
export const seenAt = (each: Observation): Where =>
  each.kind === 'passage' ? { ...each, kind: 'hook' } : { ...each, kind: 'point' };

const wayOf = ({ chains, ending, rule }: Passage) => ({ chains, ...(ending && { ending }), ...(rule && { rule }) });

function differencesOf(
  hop: PlannedHop,
  seen: Observation,
  macOf: MacLookup,
): { headers: Difference[]; sentences: string[] } {
  if (hop.kind === 'hook') {
    const sentence = seen.kind === 'passage' ? wayDiffers(hop.way, seen) : undefined;
    return { headers: [], sentences: sentence ? [sentence] : [] };
  }
  const { headers, incomplete } = seen as Sighting;
  const found = matches(hop.headers, headers, macOf) ? [] : differences(hop.headers, headers, macOf);
  return { headers: found, sentences: [...found.map(sentence), ...(incomplete ? [incomplete] : [])] };
}

function sentence({ protocol, field, expected, resolved, seen, expectedAt }: Difference): string {
  if (!field) return expectedAt === undefined ? `${protocol} was not expected` : `${protocol} is missing`;
  const stated = typeof expected === 'object' ? `the MAC of ${expected.macOf} (${resolved ?? 'unknown'})` : expected;
  return `${protocol} ${field} is ${seen ?? 'absent'}, not ${stated}`;
}

/** What is left over, each place once with how often; the first time it was there is told. */
function strays(left: Observation[]): Stray[] {
  const points = new Map<string, Stray & { kind: 'point' }>();
  return left.flatMap((each): Stray[] => {
    if (each.kind === 'passage') {
      const { part, place, family, table, chain } = each;
      return [{ kind: 'hook', part, place, family, table, chain, seen: wayOf(each) }];
    }
    const { part, place, device, direction, headers } = each;
    const key = passingKey(each);
    const known = points.get(key);
    if (known) known.times++;
    else points.set(key, { kind: 'point', part, place, device, direction, seen: headers, times: 1 });
    return known ? [] : [points.get(key)!];
  });
}

/** Why the order of what was seen cannot be told, if it cannot. */
function untold(order: PartialOrder, taken: (Observation | undefined)[]): string | undefined {
  const doubt = order.sequence.find((each) => each.kind === 'passage' && each.doubt);
  if (doubt?.kind === 'passage') return `${whereText(seenAt(doubt))}: ${doubt.doubt}`;
  if (order.contradictory) return 'what was seen contradicts itself: something came before what led to it';
  const first = taken.find((each) => each && order.roots.includes(each)) ?? order.roots[0];
  const roots = order.roots.filter((each) => each !== first);
  const [unexplained] = order.unexplained;
  const sightings = () => order.sequence.map((each) => whereText(seenAt(each))).join(', ');
  if (unexplained) return `the order of ${sightings()} cannot be told: ${unexplained[1]}`;
  if (roots[0])
    return `the order of ${sightings()} cannot be told: nothing is known to lead to ${whereText(seenAt(roots[0]))}`;
  return undefined;
}

/**
 * What was seen of a packet in one order that its causes allow, part by part, without what does not count; and why that order
 * cannot be told, if it cannot.
 */
export function inOrder(
  observations: readonly Observation[],
  wires: Wires,
): { observations: Observation[]; reason?: string | undefined } {
  const all = whole([], observations);
  const { counts } = countable(all, wires);
  const orders = partsOf(all).map((part) => {
    const own = all.filter((each) => each.part === part);
    const order = partialOrder(own, wires, counts);
    return { observations: order.sequence, reason: untold(order, order.sequence) };
  });
  return {
    observations: orders.flatMap((each) => each.observations),
    reason: orders.flatMap(({ reason }) => reason ?? [])[0],
  };
}
