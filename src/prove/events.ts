import type { Outcome, Verdict, WalkResult } from '../judge/result.ts';
import type { Part } from '../lab/part.ts';
import type { Prediction, Where } from '../plan/plan.ts';
import type { DaemonVersion } from '../plan/real-daemons.ts';

export interface StepResult {
  title: string;
  verdict: Verdict;
  durationMs: number;
  /** What went wrong: the node, the command and its output. */
  failure?: { node: string; command: string; output: string };
  /** What of it did not take effect in time, in a sentence. */
  note?: string;
}

export interface CheckResult {
  title: string;
  claim?: string;
  verdict: Verdict;
  node: string;
  command: string;
  output: string;
  /** Why it did not pass, in a sentence. */
  reason?: string;
  /** How often it was tried, where it had time to come to hold. */
  tries?: number;
  /** Of a matrix, that of all matrices, which are tried together. */
  durationMs: number;
}

/** How and where a walk failed. */
export interface Failing {
  outcome: Outcome;
  part: Part;
  where: Where;
}

export interface DrillResult {
  fault: string;
  claims: string[];
  verdict: Verdict;
  walk: string;
  /** How and where the walk is to fail, and how and where it did; null where it did not, or was not tried. */
  expected: Prediction;
  failed: Failing | null;
  healed: boolean;
  hint: string;
  reason?: string;
  broken: WalkResult | null;
  durationMs: number;
}

/** A claim ends as the evidence says: confirmed, corrected where the document is imprecise, refuted, or undecided. */
export interface ClaimResult {
  id: string;
  verdict: 'confirmed' | 'corrected' | 'refuted' | 'unknown';
  note: string;
}

export interface Durations {
  setUpMs: number;
  /** From the start of the process to the first walk judged. */
  firstVerifiedPacketMs: number | null;
  totalMs: number;
  downMs: number | null;
}

/** Everything that can happen in a run. Reports are views of this list and of nothing else. */
export type Event =
  | {
      type: 'run started';
      lab: string;
      title: string;
      runtime: string;
      rootless: boolean;
      kernel?: string;
      why?: string;
      daemons?: string[];
      daemonVersions?: DaemonVersion[];
      parts: number;
    }
  | { type: 'step started'; title: string }
  | { type: 'step ended'; step: StepResult }
  | { type: 'walk ended'; walk: WalkResult }
  | { type: 'check ended'; check: CheckResult }
  | { type: 'drill started'; fault: string }
  | { type: 'drill ended'; drill: DrillResult }
  | { type: 'run ended'; verdict: Verdict; reason: string; claims: ClaimResult[]; durations: Durations };

export type Emit = (event: Event) => void;
