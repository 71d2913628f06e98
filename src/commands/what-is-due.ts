import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { labName, loadPlan } from '../plan/load.ts';
import type { Plan } from '../plan/plan.ts';
import { notPassed, partsText } from '../prove/again.ts';
import { isOurs, sameNodes, standingLabs } from '../record/standing.ts';
import type { ProveOptions } from './prove.ts';
import { daemonsOf } from './runtime-options.ts';
import { sizeOf } from './size.ts';
import { passedBefore } from './watched.ts';

/** A file of a lab that was saved, and where it is kept what has passed in the lab until then. */
export interface Saved {
  file: string;
  /** Whether it is one of the lab's modules; what they name beside themselves, a step may read as well. */
  isModule: boolean;
  passed: string;
}

/** What is to be done once a file was saved. */
export interface Due {
  /** Whether there is something to prove. */
  isDue: boolean;
  /** What is told of it; nothing where that is all. */
  says?: string;
  /** The lab that is taken down before. */
  down?: string;
}

/** The name of the lab that stands under a file's name, if one does. */
export async function standsFor(word: string): Promise<string | undefined> {
  return (await standingLabs()).find(({ name }) => name === labName(word))?.name;
}

/** What a saved file has changed, for a lab that may stand as the file had it before. */
export async function whatIsDue(word: string, saved: Saved, options: ProveOptions): Promise<Due> {
  const { daemons } = daemonsOf(options);
  const plan = await loadPlan(word, sizeOf(options), daemons === 'real' ? daemons : 'small').catch(() => undefined);
  const standing = (await standingLabs()).find(({ name }) => name === plan?.name);
  // What is wrong with it, the command itself says.
  if (!plan || !standing || !isOurs(standing)) return { isDue: true };
  const anew = (why: string): Due => {
    rmSync(saved.passed, { force: true });
    return { isDue: true, says: `${why}: ${plan.name} is set up anew.`, down: plan.name };
  };
  if (!sameNodes(standing.plan, plan)) return anew(setUpChanged(standing.plan, plan));
  const { broken, ...passed } = passedBefore(saved.passed);
  if (broken) return anew(`The drill '${broken}' did not pass, and may have left something broken`);
  // Its protocols are code, of which no plan tells whether it was changed.
  const all = plan.protocolsFile !== undefined;
  if (all) rmSync(saved.passed, { force: true });
  const due = partsText(notPassed(plan, all ? { parts: [] } : passed, options.drills));
  if (due)
    return {
      isDue: true,
      says: `${plan.name} stands as it was set up; what was changed, or has not passed, is proven: ${due}.`,
    };
  if (!saved.isModule) return anew(`What reads ${basename(saved.file)} is not known`);
  return { isDue: false, says: 'Nothing that is proven was changed by that, and all of it has passed.' };
}

/** What of a plan's nodes and steps is no longer as it was. */
function setUpChanged(before: Plan, now: Plan): string {
  if (JSON.stringify([before.nodes, before.pods, before.links]) !== JSON.stringify([now.nodes, now.pods, now.links]))
    return 'Its nodes or cables were changed';
  const known = new Set(before.steps.map((step) => JSON.stringify(step)));
  const changed = now.steps.find((step) => !known.has(JSON.stringify(step)));
  return changed ? `Its step '${changed.title}' was changed` : 'Its steps were changed';
}
