/** `packetwalk/run`: labs stood up, walked, drilled and judged by one's own program, in its own process. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab } from '../lab/words.ts';
import { isPath, loadPlan } from '../plan/load.ts';
import { type Plan, plan } from '../plan/plan.ts';
import { BadUsage } from '../plan/usage.ts';
import type { Event } from '../prove/events.ts';
import { findings, live, setUp } from '../prove/run.ts';
import type { Document } from '../record/document.ts';
import { kernelTyped, runtimes, start, takesKernel } from '../runtime/index.ts';
import { eventStream } from './event-stream.ts';
import { ended, known, type StandingLab, standing, type VerifyOptions } from './standing-lab.ts';

export type { WalkResult } from '../judge/result.ts';
export { BadLab, type Problem } from '../plan/bad-lab.ts';
export type { Plan } from '../plan/plan.ts';
export { BadUsage, CannotRun } from '../plan/usage.ts';
export type { CheckResult, DrillResult, Event, StepResult } from '../prove/events.ts';
export type { Document } from '../record/document.ts';
export type { Ran } from '../runtime/runtime.ts';
export type { StandingLab, VerifyOptions } from './standing-lab.ts';

/** A lab: as its file exports it, as it was planned, by the path or URL of its file, or by name if it comes with packetwalk. */
export type AnyLab = Lab | Plan | string | URL;

export interface RunOptions {
  /** The lab's name; without it, that of its file, or `lab`. */
  name?: string;
  /** Where its nodes are: `auto`, the first that can, or a name that the command `doctor` lists. */
  runtime?: string;
  /** On `ssh`: the path of the file that lists the hosts. */
  hosts?: string;
  /** On `vm`: whether each node has a virtual machine of its own. */
  machinePerNode?: boolean;
  /** On `vm`: its kernel, as `--kernel` takes it: `6.12`, or the path of a bzImage. */
  kernel?: string;
  /** Is told each event as it happens. */
  onEvent?: (event: Event) => void;
  /** Is told what takes time, a line at a time: an image that is made, a machine that starts. */
  onWait?: (line: string) => void;
}

/** A step of setting a lab up failed, or what it needs is missing: the run until there, and its verdict, are in `document`. */
export class NotSetUp extends Error {
  override name = 'NotSetUp';
  readonly document: Document;
  constructor(document: Document) {
    const { failure } = document.steps.at(-1) ?? {};
    super([document.reason, failure?.output].filter(Boolean).join('\n'));
    this.document = document;
  }
}

/**
 * Stands a lab up. Throws a BadLab where it has problems, a CannotRun where no runtime here can have it, and a NotSetUp where a step
 * fails; nothing is left standing then.
 */
export async function up(lab: AnyLab, options: RunOptions = {}): Promise<StandingLab> {
  const planned = await planOf(lab, options.name);
  const { runtime: name = 'auto', onWait = () => {} } = options;
  if (name !== 'auto') known('runtime', name, runtimes);
  if (options.kernel !== undefined && !takesKernel(name))
    throw new BadUsage(`kernel belongs to the runtime vm, and not to ${name}`);
  const choice = {
    ...(options.hosts && { hosts: options.hosts }),
    ...(options.machinePerNode !== undefined && { machinePerNode: options.machinePerNode }),
    ...(options.kernel !== undefined && { kernel: kernelTyped(options.kernel) }),
    ...(typeof lab === 'string' && { lab }),
  };
  const events = eventStream(options.onEvent);
  const { runtime, why } = await start(planned, name, choice, onWait);
  try {
    const { title, steps, walks } = planned;
    const parts = steps.length + walks.length;
    const { rootless, kernel } = runtime;
    events.emit({
      type: 'run started',
      ...{ lab: planned.name, title, runtime: runtime.name, rootless, parts },
      ...(kernel && { kernel }),
      ...(why && { why }),
    });
    const found = findings();
    if (!runtime.isSetUp && !(await setUp(planned, runtime, found, events.emit)))
      throw new NotSetUp(ended(planned, found, events));
    return standing(await live(planned, runtime), found, events);
  } catch (error) {
    await runtime[Symbol.asyncDispose]();
    events.end();
    throw error;
  }
}

/** Stands a lab up, takes all its walks and checks, and its drills where asked for, and takes it down. Throws as `up` does. */
export async function verify(lab: AnyLab, options: RunOptions & VerifyOptions = {}): Promise<Document> {
  await using stood = await up(lab, options);
  return await stood.verify(options);
}

/** Works out a lab's plan. Throws a BadLab that lists all its problems. */
export async function planOf(lab: AnyLab, name?: string): Promise<Plan> {
  if (lab instanceof URL) {
    if (lab.protocol !== 'file:') throw new BadUsage(`${lab.href} is no file: a lab is loaded from file: URLs`);
    return loadPlan(fileURLToPath(lab));
  }
  if (typeof lab === 'string') return loadPlan(isPath(lab) ? resolve(lab) : lab);
  return planNow(lab, name);
}

/** The same of a lab that is there already. What is no lab at all is a BadLab, too. */
export const planNow = (lab: Lab | Plan, name = 'lab'): Plan => (isPlan(lab) ? lab : plan(lab, name));

const isPlan = (lab: unknown): lab is Plan => typeof lab === 'object' && lab !== null && 'steps' in lab;
