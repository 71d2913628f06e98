import type { Verdict, WalkResult } from '../judge/result.ts';
import type { DaemonVersion } from '../plan/real-daemons.ts';
import type { CheckResult, ClaimResult, DrillResult, Durations, Event, StepResult } from '../prove/events.ts';

/** A run as one JSON document, as `verify --json` prints it. Durations are rounded to 0.1 ms. */
export interface Document {
  schemaVersion: 2;
  lab: string;
  title: string;
  runtime: string;
  /** Why there, where it was not asked for by name and another was passed over. */
  why: string | null;
  rootless: boolean;
  /** The release of its nodes' kernel, where that is one of their own: on vm. */
  kernel?: string;
  /** The real daemons that ran in it, each with its version or its path; absent where small ones play them. */
  daemons?: string[];
  /** What these said when they were asked for their versions. */
  daemonVersions?: DaemonVersion[];
  verdict: Verdict;
  reason: string;
  steps: StepResult[];
  checks: DocumentedCheck[];
  walks: WalkResult[];
  claims: ClaimResult[];
  drills: DrillResult[];
  durations: Durations;
}

export type DocumentedCheck = Omit<CheckResult, 'claim'> & { claim: string | null };

/** What is known before the first event; a run that never ended stays like this. */
export const unfinished: Document = {
  schemaVersion: 2,
  lab: '',
  title: '',
  runtime: '',
  why: null,
  rootless: false,
  verdict: 'unknown',
  reason: 'the run did not end',
  steps: [],
  checks: [],
  walks: [],
  claims: [],
  drills: [],
  durations: { setUpMs: 0, firstVerifiedPacketMs: null, totalMs: 0, downMs: null },
};

export const document = (events: Iterable<Event>): Document => [...events].reduce(extended, unfinished);

/** A document with one more event in it. */
export function extended(document: Document, event: Event): Document {
  switch (event.type) {
    case 'run started': {
      const { lab, title, runtime, rootless, kernel, why = null, daemons, daemonVersions } = event;
      const optional = { ...(kernel && { kernel }), ...(daemons && { daemons }) };
      return {
        ...document,
        lab,
        title,
        runtime,
        rootless,
        why,
        ...optional,
        ...(daemonVersions && { daemonVersions }),
      };
    }
    case 'step ended':
      return { ...document, steps: [...document.steps, rounded(event.step)] };
    case 'walk ended':
      return { ...document, walks: [...document.walks, rounded(event.walk)] };
    case 'check ended':
      return { ...document, checks: [...document.checks, documented(rounded(event.check))] };
    case 'drill ended': {
      const { broken } = event.drill;
      const drill = { ...rounded(event.drill), broken: broken && rounded(broken) };
      return { ...document, drills: [...document.drills, drill] };
    }
    case 'run ended': {
      const { verdict, reason, claims, durations } = event;
      return { ...document, verdict, reason, claims, durations: roundedDurations(durations) };
    }
    default:
      return document;
  }
}

const documented = ({ title, claim, ...rest }: CheckResult): DocumentedCheck => ({
  title,
  claim: claim ?? null,
  ...rest,
});

const tenths = (ms: number) => Math.round(ms * 10) / 10;

const rounded = <T extends { durationMs: number }>(result: T): T => ({
  ...result,
  durationMs: tenths(result.durationMs),
});

const roundedDurations = ({ setUpMs, firstVerifiedPacketMs, totalMs, downMs }: Durations): Durations => ({
  setUpMs: tenths(setUpMs),
  firstVerifiedPacketMs: firstVerifiedPacketMs === null ? null : tenths(firstVerifiedPacketMs),
  totalMs: tenths(totalMs),
  downMs: downMs === null ? null : tenths(downMs),
});
