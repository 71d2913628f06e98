import { livePage, openLab } from '../live/index.ts';
import { loadPlan } from '../plan/load.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage, exitCodes } from '../plan/usage.ts';
import { statesThen } from '../record/baseline.ts';
import { claimPage } from '../record/page-claim.ts';
import { isOurs, type StandingLab, sameNodes, standingLabs } from '../record/standing.ts';
import { reenter } from '../runtime/index.ts';
import { noBrowser, openBrowser } from './browser.ts';
import { toldToStop } from './interrupt.ts';
import { type ListenOptions, listeningOf } from './listening.ts';
import { say, typed } from './output.ts';
import { type Place, whereOf } from './runtime-options.ts';
import { startNodes } from './start-nodes.ts';
import { strange } from './which-lab.ts';

export interface OpenOptions extends Place, ListenOptions {
  /** Whether no browser is opened. */
  browser?: boolean;
}

/** Stands a lab up, or finds it standing, and serves a page of it until it is told to stop. */
export async function open(word: string, options: OpenOptions): Promise<number> {
  const listening = listeningOf(options);
  const plan = await loadPlan(word);
  const where = whereOf(word, options);
  using _ = claimPage(plan.name);
  const standing = await standingOf(plan, word);
  const { runtime, why } = standing
    ? { runtime: await reenter(plan, standing.standing), why: undefined }
    : await startNodes(plan, where);
  await using __ = runtime;
  const stopped = toldToStop();
  const before = standing && statesThen(standing);
  const lab = openLab(plan, {
    runtime,
    isSetUp: standing !== undefined,
    ...(why && { why }),
    ...(before && { before }),
  });
  try {
    await using page = await livePage(lab, listening);
    lab.prove();
    say(...introduction(plan, page.links, standing !== undefined));
    using ___ = options.browser === false ? undefined : openBrowser(page.links.owner, noBrowser);
    const signal = await stopped;
    process.stderr.write(`\n${signal}: ${standing ? `${plan.name} is left standing …` : 'taking down …'}\n`);
    if (standing) await lab.restore();
  } finally {
    lab.close();
  }
  return exitCodes.passed;
}

const introduction = ({ name }: Plan, { owner, watcher }: Record<'owner' | 'watcher', string>, isStanding: boolean) => [
  `${name} is open:`,
  `  ${owner}`,
  'Whoever has this link has a shell on its nodes. To watch only:',
  `  ${watcher}`,
  `Ctrl-C ends it${isStanding ? ', and leaves the lab standing' : ' and takes the lab down'}.`,
];

/** The lab of this name that stands; what is opened is what it was stood up from. */
async function standingOf(plan: Plan, word: string): Promise<StandingLab | undefined> {
  const lab = (await standingLabs()).find(({ name }) => name === plan.name);
  if (!lab) return undefined;
  if (!isOurs(lab)) throw strange(plan.name, word);
  if (!sameNodes(lab.plan, plan))
    throw new BadUsage(
      `${plan.name} stands, but from another file or an older one.`,
      `Take it down first: ${typed('down', plan.name)}`,
    );
  return lab;
}
