import { version } from '../../machine/own-folder.ts';
import type { Plan } from '../../plan/plan.ts';
import { BadUsage, CannotRun } from '../../plan/usage.ts';
import { allOrNone } from '../all-or-none.ts';
import { type OnHosts, startOnHosts } from '../hosts.ts';
import type { Machine } from '../machine/machine.ts';
import type { Runtime, Say } from '../runtime.ts';
import { spreadOver } from '../spread/spread-over.ts';
import { type Login, logIn } from '../ssh/login.ts';
import { enterSwarm } from './swarm.ts';

/** A task is running a moment before its server listens. */
const LISTENS_WITHIN_MS = 10_000;

const EVERY_MS = 100;

/** Puts a lab over the machines of the swarm that the engine here manages, each with a part of it in a task that is logged into. */
export async function startOverSwarm(plan: Plan, image: string | undefined, say: Say): Promise<Runtime> {
  const hosts = plan.nodes.filter(({ kind }) => kind !== 'switch');
  if (hosts.length === 1)
    throw new BadUsage(`${plan.name} has one node, ${hosts[0]!.name}: leave --on and --spread out`);
  const swarm = await enterSwarm(say);
  const leave = async () => (await swarm.close()).forEach(say);
  try {
    const work = await overLogins(plan, await swarm.logins(image, version(), hosts.length), say);
    return {
      ...work,
      name: 'swarm',
      rootless: false,
      stay: () => Promise.reject(new BadUsage('a lab that is spread over hosts does not stand')),
      async [Symbol.asyncDispose]() {
        await work.close();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** Puts a lab over machines that are logged into, all of which have just begun to let somebody in. */
export async function overLogins(plan: Plan, logins: Login[], say: Say): Promise<OnHosts> {
  const names = logins.map(({ name }) => name);
  const groups = spreadOver(plan, names, say);
  const machines = await allOrNone(logins.map(enter), (machine) => machine.close());
  const hosts = machines.map((machine, i) => ({ machine, kernel: `the kernel of ${names[i]}`, nodes: groups[i]! }));
  return startOnHosts(plan, hosts);
}

async function enter(login: Login): Promise<Machine> {
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, EVERY_MS)))
    try {
      return await logIn(login);
    } catch (error) {
      if (Date.now() - since > LISTENS_WITHIN_MS) throw unreached(error as Error);
    }
}

const unreached = ({ message }: Error) =>
  new CannotRun(
    'unknown',
    message,
    'Its engine chose that port: each machine of the swarm must let in TCP from here at ports from 32768 up.',
  );
