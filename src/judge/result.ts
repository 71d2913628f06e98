import type { Direction, Part } from '../lab/part.ts';
import type { Difference, ExpectedHeader, Header } from '../packet/index.ts';
import type { Family, HookAt, PointAt, Way } from '../plan/hops.ts';
import type { Loop } from './loop.ts';

/** How something ended. `unknown`: the harness could not tell; `skipped`: it was not tried, for a stated reason. */
export type Verdict = 'passed' | 'failed' | 'unknown' | 'skipped';

/** The worst of several verdicts: a failure outweighs what is unknown, which outweighs what was skipped. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  const all = new Set(verdicts);
  return (['failed', 'unknown', 'skipped'] as const).find((verdict) => all.has(verdict)) ?? 'passed';
}

/**
 * What became of the packet at a hop. `missing`: it was not seen there, though it went on; `not reached`: it was lost before;
 * `lost`: the first hop that it did not reach, nor any after it as listed; `unknown`: what was not seen proves nothing.
 */
export type Fate = 'passed' | 'differs' | 'out of order' | 'missing' | 'lost' | 'not reached' | 'unknown';

interface HopCommon {
  part: Part;
  because: string;
  fate: Fate;
  /** In what it differs, or what it was here before, in a sentence. */
  difference?: string;
  /** What the node went by when it sent the packet here: commands and what they print. */
  why?: { command: string; output: string }[];
}

/** A hop at an interface. */
export interface PointResult extends HopCommon, Omit<PointAt, 'direction'> {
  /** As it was seen; where it was not, as it is stated; null where neither says. */
  direction: Direction | null;
  /** Outermost first, as the lab states them. */
  expected: ExpectedHeader[];
  /** Outermost first, with all their fields; null where nothing was seen. */
  seen: Header[] | null;
  differences: Difference[];
  /** The frame as it was captured, in base64, and when: nanoseconds since 1970, by its own machine's clock. */
  frame: string | null;
  time: string | null;
}

/** A hop at a hook of netfilter. */
export interface HookResult extends HopCommon, Omit<HookAt, 'family'> {
  family: Family | null;
  expected: Way;
  /** The way it went, and the rule that decided as nft prints it; null where it did not pass here. */
  seen: (Way & { rule?: string }) | null;
  /** Of a hook that translates: its line of `conntrack -L`. */
  translation?: string;
}

export type HopResult = PointResult | HookResult;

/** Where the packet was seen, and is not listed. */
export type Stray =
  | { kind: 'point'; part: Part; place: string; device: string; direction: Direction; seen: Header[]; times: number }
  | {
      kind: 'hook';
      part: Part;
      place: string;
      family: Family;
      table: string;
      chain: string;
      seen: Way & { rule?: string };
    };

/**
 * How a walk ended. `answered`: the sender was told; `arrived`: the last hop saw it; `dropped`: at its last hop, as listed;
 * `unanswered`: it arrived, and the sender should have been told; `lost`: no hop from there on saw it; `differs`: it was there,
 * with other headers; `out of order`: it was there, at another time than listed; `elsewhere`: it went on by another way, or was
 * also seen where it is not listed; `unknown`: it cannot be told.
 */
export type Outcome =
  | 'answered'
  | 'arrived'
  | 'dropped'
  | 'unanswered'
  | 'lost'
  | 'differs'
  | 'out of order'
  | 'elsewhere'
  | 'unknown';

/** How sure a cause is. `certain`: the kernel itself says so; `likely`: it explains all that was seen; `possible`: it explains some. */
export type Confidence = 'certain' | 'likely' | 'possible';

/** Why a packet was lost, as far as can be told: an entry of the table of causes (src/explain/causes), for this packet. */
export interface Cause {
  /** Its name in the table: `reverse path filter`. */
  cause: string;
  /** What happened, where and to what, in a sentence. */
  sentence: string;
  confidence: Confidence;
  /** The place where it lies. */
  place: string;
  /** What speaks for it, and what against it, in sentences. */
  supports: string[];
  contradicts: string[];
  /** Commands, and what they print that shows it. */
  evidence: { place: string; command: string; output: string }[];
  /** What to type, and where, to mend it; null where that depends on what was meant. */
  fix: { place: string; command: string } | null;
  /** What to read: man pages, RFCs, kernel documents. */
  read: string[];
}

export interface WalkResult {
  name: string;
  claims: string[];
  verdict: Verdict;
  outcome: Outcome;
  /** Index in `hops` of the first that is not as listed; null where all are. */
  failedAt: number | null;
  /** What was typed, and where. */
  send: { from: string; command: string };
  /** How the sender's command ended: its exit code, and whether it was told that its packet was answered. */
  command: { code: number; answered: boolean; interrupted?: true };
  /** Where the walk lists several ways: the names of those that it is told by, one a choice; the packet took them, or came furthest there. */
  ways?: string[];
  /** What each of its later packets is, in their order; absent where it lists none. */
  later?: string[];
  hops: HopResult[];
  strays: Stray[];
  /** Where the packet went round, by part; absent where it did not. Points of a ring that are not listed are strays as well. */
  loops?: Loop[];
  /** What was seen and does not count, each with the reason in a sentence: overheard frames, packets sent again. */
  notes: string[];
  /** Why it failed, the likeliest first; empty where it did not, or where nothing tells. */
  causes: Cause[];
  /** What else was captured that tells why, and what was ruled out or could not be asked, in sentences. */
  evidence: string[];
  /** Why it is unknown. */
  reason?: string;
  /** What ping says of the time to its answer. */
  roundTripMs?: number;
  durationMs: number;
}
