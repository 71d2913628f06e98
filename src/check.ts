import type { CheckResult } from './events.ts';
import { mismatch } from './expect.ts';
import type { Expectation } from './lab.ts';
import { type PlannedCheck, proven } from './plan.ts';
import type { Ran } from './runtime/runtime.ts';
import type { Live } from './walk.ts';

const TIMEOUT_MS = 30_000;
const KILLED = 137;

/** Runs a check's command everywhere it is to be seen, and compares each output with what is expected there. */
export async function check({ runtime }: Pick<Live, 'runtime'>, planned: PlannedCheck): Promise<CheckResult[]> {
  return Promise.all(
    Object.entries<Expectation | Expectation[] | undefined>(planned.see).map(async ([node, see]) => {
      const ran = await runtime.script(node, planned.run.trim(), { timeoutMs: TIMEOUT_MS });
      return { ...judged(planned, [see ?? []].flat(), ran), node };
    }),
  );
}

function judged({ title, claim, run }: PlannedCheck, see: Expectation[], ran: Ran): Omit<CheckResult, 'node'> {
  const output = `${ran.stdout}${ran.stderr}`.trimEnd();
  const base = { title, ...(claim && { claim: proven(claim).id }), command: run.trim(), output };
  if (ran.code === KILLED)
    return { ...base, verdict: 'unknown', reason: `it did not end within ${TIMEOUT_MS / 1000} s` };
  if (ran.code === 127) return { ...base, verdict: 'skipped', reason: `a command is missing: ${ran.stderr.trim()}` };
  if (!see.length) return { ...base, verdict: 'unknown', reason: 'nothing is expected of its output' };
  const reasons = see.flatMap((expectation) => {
    const plain = 'lines' in expectation || 'fails' in expectation || 'lacks' in expectation;
    return mismatch(expectation, plain ? output : ran.stdout, ran.code) ?? [];
  });
  return reasons.length ? { ...base, verdict: 'failed', reason: reasons.join('; ') } : { ...base, verdict: 'passed' };
}
