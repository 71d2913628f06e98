import type { Cause, Confidence } from '../judge/result.ts';
import type { CauseKind, Told } from './causes/kind.ts';
import { dropReasons, dropText } from './drop-reasons.ts';
import type { Facts } from './facts.ts';
import { typedRoute } from './typed-route.ts';

/** A cause whose evidence has not been asked for yet. */
export type Unshown = Omit<Cause, 'evidence'> & Pick<Told, 'show'>;

const weights: Record<Confidence, number> = { certain: 2, likely: 1, possible: 0 };

/** What the kinds of causes tell of a loss, the likeliest first; of the same confidence, in the order of the table. */
export function ranked(facts: Facts, kinds: readonly CauseKind[]): Unshown[] {
  const told = (isFallback: boolean) =>
    kinds.filter((kind) => (kind.isFallback ?? false) === isFallback).flatMap((kind) => unshown(kind, facts));
  const specific = told(false);
  const all = withoutConsequences(onceEach(specific.length ? specific : told(true)));
  const confirmed = all.flatMap(({ place, supports }) => (supports.some(isOfKernel) ? [place] : []));
  const telling = all.filter(
    ({ cause, place }) => place !== blameless(facts) && (cause !== DROPPED || !confirmed.includes(place)),
  );
  return telling
    .map((cause) => scored(telling, cause, facts))
    .sort((a, b) => b.score - a.score)
    .map(({ cause }) => cause);
}

/**
 * The place to which a packet came that was seen at all that is listed, only otherwise, at another time, or elsewhere as well: what
 * becomes of it there is as it was.
 */
function blameless({ walk, site }: Facts): string | undefined {
  const lostFates = new Set<string>(['lost', 'not reached', 'unknown']);
  const isLost = walk?.outcome === 'lost' || walk?.outcome === 'unanswered';
  // Who gets what bears another address or port may well refuse it.
  const isForOther = site.changed?.hop.differences.some(({ field }) => field === 'src' || field === 'dst');
  if (!walk || isLost || isForOther || walk.hops.some(({ fate }) => lostFates.has(fate))) return undefined;
  if (walk.hops.findLast(({ part }) => part === site.part)?.fate === 'missing') return undefined;
  const passedBy = walk.hops.filter(({ kind, fate }) => fate === 'missing' || (kind === 'hook' && fate !== 'passed'));
  const changedIn = site.changed?.before ?? site.changed?.now;
  // Who sent it elsewhere, too, did that.
  const [stray] = walk.strays;
  const doubledAt = stray?.kind === 'point' && stray.direction === 'out' ? stray.place : undefined;
  const places = [changedIn?.place, site.turn?.place, doubledAt, ...passedBy.map(({ place }) => place)];
  return places.includes(site.place) ? undefined : site.place;
}

/** What explains another cause that is told is likely, whatever the kernel says of that one, and likelier than it. */
function scored(all: readonly Explaining[], { explains, ...cause }: Explaining, facts: Facts) {
  const others = all.filter((other) => explains.includes(other.cause));
  if (!others.length) return { cause, score: score(cause, facts) };
  const likely: Unshown = { ...cause, confidence: 'likely', contradicts: [] };
  return { cause: likely, score: Math.max(...[likely, ...others].map((each) => score(each, facts))) + 1 };
}

/**
 * Causes without those that say the same of the same place, or have the same line mend the same cause there: what a place does to a
 * packet, it may do to two of those that are asked for.
 */
const onceEach = (all: readonly Ranked[]): Ranked[] =>
  all.filter((one, i) => all.findIndex((other) => other.place === one.place && saysTheSame(other, one)) === i);

const saysTheSame = (other: Ranked, one: Ranked): boolean =>
  other.sentence === one.sentence ||
  (other.cause === one.cause && one.fix !== null && other.fix?.command === one.fix.command);

/** Causes without those that another one entails, which has what the kernel says of them. */
function withoutConsequences(all: readonly Ranked[]): Explaining[] {
  const entails = (cause: Ranked, other: Ranked) =>
    cause !== other && cause.place === other.place && cause.entails.includes(other.cause);
  return all.flatMap((cause) => {
    if (all.some((other) => entails(other, cause))) return [];
    const { entails: _, ...rest } = cause;
    const supports = all.flatMap((other) => (entails(cause, other) ? other.supports.filter(isOfKernel) : []));
    const isExplained = (against: string) =>
      supports.some((each) => against === `${OTHER_REASON}${each.slice(BY_KERNEL.length)}`);
    const contradicts = rest.contradicts.filter((each) => !isExplained(each));
    return [{ ...rest, supports: [...new Set([...rest.supports, ...supports])], contradicts }];
  });
}

type Explaining = Unshown & { explains: readonly string[] };
type Ranked = Explaining & { entails: string[] };

const unshown = (kind: CauseKind, facts: Facts): Ranked[] =>
  kind
    .tell(facts)
    .map(({ supports = [], contradicts = [], fix = null, entails = [], explains = [], sentence, ...told }) => ({
      ...withKernel(facts, {
        cause: kind.name,
        ...told,
        sentence: `${instead(facts)}${sentence}`,
        supports,
        contradicts,
        fix: fix && { ...fix, command: typedRoute(fix.command) },
        read: kind.read,
      }),
      entails,
      explains,
    }));

/** What was lost, where that is not the packet itself. */
const instead = ({ site }: Facts) => (site.instead ? `${site.instead} is lost, wrapped for a tunnel: ` : '');

/** The entry of the table that only repeats what the kernel says. */
const DROPPED = 'dropped by the kernel';
const BY_KERNEL = 'the kernel dropped it there: ';
const OTHER_REASON = 'the kernel gives another reason: ';
const isOfKernel = (support: string) => support.startsWith(BY_KERNEL);

/** A cause with what the kernel itself says of this packet at that place, for it or against it. */
function withKernel({ kernelDrops }: Facts, cause: Unshown): Unshown {
  const here = kernelDrops.filter(({ place, reason }) => place === cause.place && dropReasons[reason]?.confirms.length);
  const drop = here.find(({ reason }) => dropReasons[reason]!.confirms.includes(cause.cause));
  if (drop)
    return {
      ...cause,
      confidence: 'certain',
      supports: [...cause.supports, `${BY_KERNEL}${dropText(drop)}`],
    };
  const other = here[0];
  return other && cause.cause !== DROPPED && cause.confidence !== 'certain'
    ? { ...cause, contradicts: [...cause.contradicts, `${OTHER_REASON}${dropText(other)}`] }
    : cause;
}

/**
 * Where a packet first went or looked otherwise than listed, what became of it later is a consequence. And what was changed since the
 * lab was proven is likelier than what was like that when all went well.
 */
function score(cause: Unshown, { site, changes }: Facts): number {
  const { confidence, supports, contradicts, place } = cause;
  const isNew = changes.some(({ sentence }) => [cause.sentence, ...supports].some((text) => text.includes(sentence)));
  const isFirst = place === (site.turn?.place ?? (site.changed?.before ?? site.changed?.now)?.place);
  return weights[confidence] * 10 + supports.length - contradicts.length + (isFirst ? FIRST : 0) + (isNew ? NEW : 0);
}

const [FIRST, NEW] = [25, 12];
