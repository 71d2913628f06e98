import type { Cause, WalkResult } from '../judge/result.ts';

/** More causes than so many help nobody. */
const MOST = 3;

/** Ways to end by which a packet did not get to where it was to. */
const lost = new Set<string>(['lost', 'unanswered', 'nothing sent']);

/**
 * Why a packet was lost: the first cause, others that may be, how to mend it and what to read; a text each, with its word before.
 * Of a packet that was lost, that nothing tells why is said as well.
 */
export function causeTexts({ causes, outcome, evidence }: Explained): CauseText[] {
  const [first, ...others] = causes.slice(0, MOST);
  if (!first) return lost.has(outcome) ? [{ word: 'Cause', text: unexplained(evidence) }] : [];
  const { fix, read } = first;
  return [
    { word: 'Cause', text: causeText(first) },
    ...others.map((other) => ({ word: 'Or' as const, text: causeText(other) })),
    ...(fix ? [{ word: 'Mend it' as const, text: `${fix.place}# ${fix.command}` }] : []),
    ...(read.length ? [{ word: 'Read' as const, text: read.join(', ') }] : []),
  ];
}

/** What is lost, and what is known of why. */
export interface Explained {
  outcome: string;
  causes: readonly Cause[];
  evidence: readonly string[];
}

const unexplained = (evidence: readonly string[]) =>
  `not found${evidence.length ? '; what was looked at stands under Why' : ''}`;

export interface CauseText {
  word: 'Cause' | 'Or' | 'Mend it' | 'Read';
  text: string;
}

/** A cause in a sentence, with how sure it is where that is not certain. */
const causeText = ({ sentence, confidence }: Cause): string =>
  confidence === 'certain' ? sentence : `${sentence} (${confidence})`;

/**
 * What shows why: of the first cause what speaks for and against it, and its commands with their output; then what else was found. What is
 * said twice is said once.
 */
export function whyTexts({ causes, evidence }: Pick<WalkResult, 'causes' | 'evidence'>): string[] {
  const [first] = causes;
  const texts = [
    ...(first?.supports ?? []),
    ...(first?.contradicts ?? []).map((text) => `against it: ${text}`),
    ...(first?.evidence ?? []).map(
      ({ place, command, output }) => `${place}# ${command}\n${output.trim() || '(nothing)'}`,
    ),
    ...evidence,
  ];
  return texts.filter((text, i) => texts.findIndex((other) => askedIn(other) === askedIn(text)) === i);
}

/** A sentence itself; of a command with its output the command. */
const askedIn = (text: string): string => text.split('\n')[0]!;

/** The first of some walks that failed for the same cause as another one, as far as is known: what mends one mends both. */
export function firstOfCause(walks: readonly WalkResult[], { causes: [cause] }: WalkResult): WalkResult | undefined {
  return cause && walks.find(({ verdict, causes: [other] }) => verdict === 'failed' && other && isSame(other, cause));
}

const isSame = (one: Cause, other: Cause): boolean =>
  one.cause === other.cause &&
  one.place === other.place &&
  (one.fix
    ? one.fix.place === other.fix?.place && one.fix.command === other.fix.command
    : one.sentence === other.sentence);
