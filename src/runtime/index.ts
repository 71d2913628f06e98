import { release } from 'node:os';
import { layCables } from '../plan/lay-cables.ts';
import type { Plan } from '../plan/plan.ts';
import { CannotRun } from '../plan/usage.ts';
import { addNodes } from './netns/sandbox.ts';
import type { Choice, Finding, Kind, Runtime, Say, Standing } from './runtime.ts';

export { CAPABILITIES } from './capabilities.ts';
export { lives, type Noted, startTicks } from './machine/process.ts';
export type { Choice, Finding, Runtime, Say, Standing } from './runtime.ts';
export { kernelTyped } from './vm/kernel-word.ts';

// Each is loaded when it is used: an engine's client alone takes longer than a whole lab.
const kinds: Record<string, () => Promise<Kind>> = {
  netns: async () => (await import('./netns/index.ts')).netns as Kind,
  docker: async () => (await import('./docker/index.ts')).docker as Kind,
  vm: async () => (await import('./vm/index.ts')).vm as Kind,
  vagrant: async () => (await import('./vagrant/index.ts')).vagrant as Kind,
  ssh: async () => (await import('./ssh/index.ts')).ssh as Kind,
  containerlab: async () => (await import('./containerlab/index.ts')).containerlab as Kind,
};

/** The runtimes that can be asked for, `auto` apart. */
export const runtimes = Object.keys(kinds);

/** A runtime, and how it is used. */
export interface Variant {
  name: string;
  runtime: string;
  /** What is typed besides `--runtime`. */
  options: string[];
  /** Whether the matrix has it unasked: it needs nothing of its user, and is not another form of one that it has. */
  byDefault: boolean;
  /** How many cores a run on it keeps busy, about: half the time of a lab in namespaces it waits for what the kernel or a daemon does. */
  cores: number;
  /** Whether its first run prepares something that all others use: an image, a snapshot. */
  prepares: boolean;
  /** Whether it can be had with another kernel. */
  takesKernel?: true;
  /** The kernel that was asked for, which is prepared as well. */
  kernel?: string;
}

/** Every way to run a lab that can be compared with others. */
export const variants: Variant[] = [
  { name: 'netns', runtime: 'netns', options: [], byDefault: true, cores: 0.5, prepares: false },
  { name: 'docker', runtime: 'docker', options: [], byDefault: true, cores: 1, prepares: true },
  { name: 'vm', runtime: 'vm', options: [], byDefault: true, cores: 1, prepares: true, takesKernel: true },
  {
    name: 'vm/per-node',
    runtime: 'vm',
    options: ['--machines', 'per-node'],
    byDefault: false,
    cores: 2,
    prepares: true,
    takesKernel: true,
  },
  { name: 'vagrant', runtime: 'vagrant', options: [], byDefault: false, cores: 2, prepares: true },
  { name: 'ssh', runtime: 'ssh', options: [], byDefault: false, cores: 1, prepares: true },
  { name: 'containerlab', runtime: 'containerlab', options: [], byDefault: false, cores: 1, prepares: true },
];

/** Whether a runtime's nodes can be given another kernel. */
export const takesKernel = (name: string): boolean =>
  variants.some(({ runtime, takesKernel }) => runtime === name && takesKernel);

/** What finds and prepares the kernels that nodes can be given. */
export const kernels = () => import('./vm/chosen-kernel.ts');

export type { TakeFile } from './docker/image-files.ts';

/** What takes files out of images of the container engine that answers; `say` hears what the engine does. */
export const imageFiles = async (say: Say) => (await import('./docker/image-files.ts')).imageFiles(say);

/** Those that `auto` tries, in this order; the others need something of their user. */
const automatic = ['netns', 'docker', 'vm'];

/** A runtime, by its name or the path of its file. */
async function kind(name: string): Promise<Kind> {
  const known = kinds[name];
  return known ? known() : (await import('./own.ts')).ownKind(name);
}

/** A lab's nodes, just started; `why` says why there, where `auto` had to pass over another runtime. */
export interface Started {
  runtime: Runtime;
  why?: string;
}

/** Whether a runtime cannot have a lab: a CannotRun says so by its verdict. */
const refuses = (error: unknown): error is CannotRun => error instanceof Error && 'verdict' in error;

const first = ({ message }: Error) => message.split('\n')[0]!;

/** Starts a lab's nodes on a runtime, unless that has no way to give them the daemons that the lab runs. */
async function startOn(name: string, plan: Plan, choice: Choice, say: Say): Promise<Runtime> {
  const { start, showsFiles = false, about } = await kind(name);
  if (plan.real?.length && !showsFiles)
    throw new CannotRun(
      'skipped',
      `real daemons do not get into ${about} yet: they run on ${automatic[0]}. Type: --runtime ${automatic[0]}`,
    );
  return start(plan, choice, say);
}

/** Starts a lab's nodes. Throws a CannotRun where this machine cannot do it. */
export async function start(plan: Plan, name: string, choice: Choice, say: Say): Promise<Started> {
  if (name !== 'auto') return { runtime: await startOn(name, plan, choice, say) };
  const refusals: { name: string; error: CannotRun }[] = [];
  for (const each of automatic) {
    try {
      const lack = refusals.find(({ error }) => 'features' in error)?.error;
      // Containers on the same kernel would lack the same.
      if (lack && (await (await kind(each)).kernel?.()) === release()) throw lack;
      const runtime = await startOn(each, plan, choice, say);
      const [refusal] = refusals;
      return { runtime, ...(refusal && { why: `${first(refusal.error)}: running in ${(await kind(each)).about}` }) };
    } catch (error) {
      if (!refuses(error)) throw error;
      refusals.push({ name: each, error });
    }
  }
  const lines = refusals.map(({ name, error }) => `${name}: ${error.message}`);
  throw new CannotRun(
    refusals[0]!.error.verdict,
    ...(lines.length > 1 ? ['no runtime here can have it:', ...lines] : [refusals[0]!.error.message]),
  );
}

/** Enters the nodes of a lab that stands. */
export const reenter = async (plan: Plan, { runtime, key }: Standing): Promise<Runtime> =>
  (await kind(runtime)).reenter(plan, key);

/** Runs a command in a place of a standing lab on this process's own terminal; returns its exit code. */
export const attach = async (
  plan: Plan,
  { runtime, key }: Standing,
  place: string,
  argv: string[],
  env?: Record<string, string>,
): Promise<number> => (await kind(runtime)).attach(plan, key, place, argv, env);

/** Whether the nodes of a lab still stand. */
export async function isStanding({ runtime, key }: Standing): Promise<boolean> {
  try {
    return await (await kind(runtime)).stands(key);
  } catch {
    // The file of its runtime is gone or broken: whether the lab stands, only that could tell.
    return true;
  }
}

/** Ends the nodes of a standing lab and waits until they are gone. */
export const stop = async ({ runtime, key }: Standing): Promise<void> => (await kind(runtime)).stop(key);

/** Removes what killed runs left behind, but for the labs that stand; a line on each thing. */
export async function clean(standing: Standing[]): Promise<string[]> {
  const lines = runtimes.map(async (name) =>
    (await kind(name)).clean(standing.flatMap(({ runtime, key }) => (runtime === name ? [key] : []))),
  );
  return (await Promise.all(lines)).flat();
}

/** What each runtime needs, and whether it is there. */
export const examine = (): Promise<{ runtime: string; about: string; findings: Finding[] }[]> =>
  Promise.all(
    runtimes.map(async (name) => {
      const { about, examine } = await kind(name);
      return { runtime: name, about, findings: await examine() };
    }),
  );

/** The commands that a runtime types itself where nodes are namespaces: to add them, and to lay the cables of a step. */
export const ownCommands = { addNodes, layCables };
