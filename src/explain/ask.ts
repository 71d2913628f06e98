import { AT_ONCE, atMost } from '../observe/at-most.ts';
import { KILLED, type Ran, type Runtime } from '../runtime/runtime.ts';

/** Asks a place, by a line that is typed there; undefined where it does not answer in time. */
export type Ask = (place: string, command: string) => Promise<Ran | undefined>;

/** What is asked until a moment, by this process's clock; a place that is no more than wire answers nothing. */
export const asking =
  (runtime: Pick<Runtime, 'has' | 'script'>, untilMs: number): Ask =>
  (place, command) =>
    atMost(AT_ONCE, async () => {
      const timeoutMs = untilMs - performance.now();
      if (timeoutMs <= 0 || !runtime.has(place)) return undefined;
      const ran = await runtime.script(place, command, { timeoutMs }).catch(() => undefined);
      return ran && ran.code !== KILLED ? ran : undefined;
    });

/** Asks each place each question once, whoever asks. */
export function onceEach(ask: Ask): Ask {
  const answers = new Map<string, ReturnType<Ask>>();
  return (place, command) => {
    const key = `${place} ${command}`;
    const answer = answers.get(key) ?? ask(place, command);
    answers.set(key, answer);
    return answer;
  };
}

/** How long a command may take that is begun when time is up: what was switched on is switched off then. */
const LEAST_MS = 300;

/** A runtime that kills at a moment, by this process's clock, what is still under way of what is typed. */
export const endingAt = (runtime: Runtime, untilMs: number): Runtime => ({
  ...runtime,
  script(place, script, options = {}) {
    const leftMs = Math.max(LEAST_MS, untilMs - performance.now());
    return runtime.script(place, script, { ...options, timeoutMs: Math.min(options.timeoutMs ?? leftMs, leftMs) });
  },
});
