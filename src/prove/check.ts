import { setTimeout } from 'node:timers/promises';
import { mismatch } from '../judge/output.ts';
import { proven } from '../lab/read.ts';
import type { Expectation } from '../lab/words.ts';
import type { Live } from '../observe/sent.ts';
import type { PlannedCheck } from '../plan/plan.ts';
import { secondsOf } from '../plan/script.ts';
import { KILLED, type Ran } from '../runtime/runtime.ts';
import { type Absent, absentOn, blameForProgram, missingProgram, NOT_FOUND } from './blame.ts';
import type { CheckResult } from './events.ts';
import { timesText } from './not-ready.ts';

const TIMEOUT_MS = 30_000;
const CANNOT_START = 126;
// EX_TEMPFAIL, sysexits.h
const CANNOT_TELL = 75;

/** Between two tries of a check that need not hold at once. */
const PAUSE_MS = 100;

type Told = Omit<CheckResult, 'node' | 'durationMs'>;

/**
 * Runs a check's command everywhere it is to be seen, and compares each output with what is expected there; again and again where it
 * has time to come to hold.
 */
export async function check(
  { runtime }: Pick<Live, 'runtime'>,
  planned: PlannedCheck,
  timeoutMs = TIMEOUT_MS,
): Promise<CheckResult[]> {
  const absent = absentOn(runtime);
  return Promise.all(
    Object.entries<Expectation | Expectation[] | undefined>(planned.see).map(async ([node, see]) => {
      const began = performance.now();
      const once = async () => {
        const ran = await runtime.script(node, planned.run.trim(), { timeoutMs });
        const killed = `it was killed: it did not end within ${timeoutMs / 1000} s, or said more than 16 MB`;
        const told = judged(planned, [see ?? []].flat(), ran, killed, absent);
        return { told, isFinal: told.verdict === 'skipped' || [NOT_FOUND, CANNOT_START].includes(ran.code) };
      };
      const told = planned.within ? await withinTime(planned.within, once) : (await once()).told;
      return { ...told, node, durationMs: performance.now() - began };
    }),
  );
}

/** Tries until it holds or time is up, at least once; the last try is what is told, with how often it was tried. */
async function withinTime(within: string, once: () => Promise<{ told: Told; isFinal: boolean }>): Promise<Told> {
  const late = performance.now() + 1000 * secondsOf(within);
  for (let tries = 1; ; tries++) {
    const { told, isFinal } = await once();
    if (told.verdict === 'passed') return { ...told, tries };
    if (isFinal) return told;
    if (performance.now() >= late) {
      const reason = `it did not come to hold within ${within}, tried ${timesText(tries)}: ${told.reason}`;
      return { ...told, tries, reason };
    }
    await setTimeout(PAUSE_MS);
  }
}

/** A check that needs a known program that is not there is skipped; one that names a program nobody knows has failed. */
function lacks({ code, stderr }: Ran, absent: Absent): Pick<CheckResult, 'verdict' | 'reason'> | undefined {
  const program = missingProgram(stderr, code);
  if (!program)
    return code === NOT_FOUND ? { verdict: 'failed', reason: `a command is missing: ${stderr.trim()}` } : undefined;
  const { verdict, hint } = blameForProgram(program, absent);
  return { verdict: verdict === 'unknown' ? 'skipped' : verdict, reason: `a command is missing: ${hint}` };
}

function judged(
  { title, claim, run }: PlannedCheck,
  see: Expectation[],
  ran: Ran,
  killed: string,
  absent: Absent,
): Told {
  const output = `${ran.stdout}${ran.stderr}`.trimEnd();
  const base = { title, ...(claim && { claim: proven(claim).id }), command: run.trim(), output };
  if (ran.code === KILLED) return { ...base, verdict: 'unknown', reason: killed };
  if (ran.code === CANNOT_TELL)
    return { ...base, verdict: 'unknown', reason: output.split('\n').at(-1) || 'its command could not tell' };
  if (ran.code === CANNOT_START)
    return { ...base, verdict: 'unknown', reason: `it could not be started: ${ran.stderr.trim()}` };
  const missing = lacks(ran, absent);
  if (missing) return { ...base, ...missing };
  if (!see.length) return { ...base, verdict: 'unknown', reason: 'nothing is expected of its output' };
  const reasons = see.flatMap((expectation) => {
    const plain = 'lines' in expectation || 'fails' in expectation || 'lacks' in expectation;
    if (!plain && !ran.code && !ran.stdout.trim() && ran.stderr.trim())
      return `it printed no JSON, but: ${ran.stderr.trim()}`;
    return mismatch(expectation, plain ? output : ran.stdout, ran.code) ?? [];
  });
  return reasons.length ? { ...base, verdict: 'failed', reason: reasons.join('; ') } : { ...base, verdict: 'passed' };
}
