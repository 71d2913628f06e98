/** How something ended. `unknown`: the harness could not tell; `skipped`: it was not tried, for a stated reason. */
export type Verdict = 'passed' | 'failed' | 'unknown' | 'skipped';

/** The worst of several verdicts: a failure outweighs what is unknown, which outweighs what was skipped. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  const all = new Set(verdicts);
  return (['failed', 'unknown', 'skipped'] as const).find((verdict) => all.has(verdict)) ?? 'passed';
}

export interface StepResult {
  title: string;
  verdict: Verdict;
  durationMs: number;
  /** What went wrong: the node, the command and its output. */
  failure?: { node: string; command: string; output: string };
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
  /** Of a matrix, that of all matrices, which are tried together. */
  durationMs: number;
}

/** One hop as judged; `expected` and `seen` are headers in a lab's own notation, and empty where nothing was. */
export interface HopResult {
  at: string;
  because: string;
  verdict: Verdict;
  expected: string[];
  seen: string[];
  /** Of the answer, or of what ends the connection, not of the request. */
  reply?: true;
  end?: true;
  /** What the node knew when it sent the packet here: commands and what they print. */
  why?: { command: string; output: string }[];
  /** What connection tracking says of the translation at this hook. */
  translation?: string;
  /** In what it differs, in a sentence. */
  difference?: string;
}

export interface WalkResult {
  name: string;
  claims: string[];
  verdict: Verdict;
  /** What was typed, and where. */
  send: { from: string; command: string };
  /** The first hop that did not see its packet, `reply ` or `end ` before it if that was the answer's or the end's. */
  lostAt: string | null;
  hops: HopResult[];
  unexpected: { at: string; seen: string[]; reply?: true; end?: true }[];
  /** What else was captured that tells why, in sentences. */
  evidence: string[];
  reason?: string;
  /** What ping says of the time to its answer. */
  roundTripMs?: number;
  durationMs: number;
}

export interface DrillResult {
  fault: string;
  claims: string[];
  verdict: Verdict;
  walk: string;
  lostAt: string | null;
  expectedLostAt: string;
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
  | { type: 'run started'; lab: string; title: string; runtime: string; rootless: boolean; why?: string; parts: number }
  | { type: 'step started'; title: string }
  | { type: 'step ended'; step: StepResult }
  | { type: 'walk ended'; walk: WalkResult }
  | { type: 'check ended'; check: CheckResult }
  | { type: 'drill started'; fault: string }
  | { type: 'drill ended'; drill: DrillResult }
  | { type: 'run ended'; verdict: Verdict; reason: string; claims: ClaimResult[]; durations: Durations };

export type Emit = (event: Event) => void;
