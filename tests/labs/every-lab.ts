import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import type { Context } from 'mocha';
import type { Live } from '../../src/observe/sent.ts';
import { type Plan, plan } from '../../src/plan/plan.ts';
import { type Findings, findings, live, setUp } from '../../src/prove/run.ts';
import { start } from '../../src/runtime/index.ts';

const folder = new URL('../../labs/', import.meta.url);

/** The labs of the repository, by name. */
export const names = readdirSync(folder).flatMap((file) =>
  file.endsWith('.ts') && file !== 'claims.ts' ? [file.slice(0, -3)] : [],
);

/** What chance decides follows from this number; LABS_SEED says which it is, to find again what was found: CI draws the same each time. */
export const seed = Number(process.env.LABS_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** A list in an order that follows from the seed, and from a word that tells this order from others. */
export function shuffled<T>(list: readonly T[], word: string): T[] {
  const own = [...word].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, seed);
  return fc.sample(fc.shuffledSubarray([...list], { minLength: list.length }), { seed: own, numRuns: 1 })[0]!;
}

/** Whether all is tried, as `npm run nightly` does, and not what is drawn of it by chance. */
export const isNightly = process.env.NIGHTLY === '1';

/** How much of a list is tried, as a title says it. */
export const howMuch = isNightly ? 'all' : `a seventh, LABS_SEED=${seed}`;

/** At night the whole of a list, else a seventh of it that follows from the seed, in the list's own order. */
export function drawn<T>(list: readonly T[], word: string): T[] {
  const chosen = new Set(shuffled(list, word).slice(0, Math.ceil(list.length / 7)));
  return list.filter((each) => isNightly || chosen.has(each));
}

export async function load(name: string): Promise<Plan> {
  const { default: lab } = (await import(new URL(`${name}.ts`, folder).href)) as { default: unknown };
  return plan(lab, name);
}

/** Stands a lab up anew, with eyes on it. Throws a CannotRun where the runtime cannot have it. */
export async function fresh(
  planned: Plan,
  name: string,
  found: Findings = findings(),
): Promise<Live & AsyncDisposable> {
  const { runtime } = await start(planned, name, {}, () => {});
  try {
    if (!(await setUp(planned, runtime, found, () => {}))) throw new Error(JSON.stringify(found.steps.at(-1)));
    return { ...(await live(planned, runtime)), [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() };
  } catch (error) {
    await runtime[Symbol.asyncDispose]();
    throw error;
  }
}

/** What a promise comes to; where this machine cannot have the lab, the test is skipped, and its title says why. */
export async function orSkip<T>(context: Context, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof Error && 'verdict' in error)) throw error;
    const test = context.currentTest ?? context.test;
    if (test) test.title += ` (skipped: ${error.message.split('\n')[0]})`;
    return context.skip();
  }
}
