import { isPath } from '../plan/load.ts';
import { hint } from '../plan/nearest.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';
import { type Choice, kernelTyped, runtimes } from '../runtime/index.ts';
import { typed } from './output.ts';

/** What may be typed about where the nodes of a lab shall be. */
export interface Place {
  runtime?: string;
  machines?: string;
  kernel?: string;
  hosts?: string;
  spread?: boolean;
  /** What has the hosts: `swarm`; and the image in which nodes are there. */
  on?: string;
  image?: string;
}

/** The runtime that was asked for, and what else was chosen. */
export interface Where {
  runtime: string;
  choice: Choice;
}

/** What may be typed about who does what a lab's daemons do. */
export interface DaemonOptions {
  /** `small`, `real` or `both`. */
  daemons?: string;
  /** Where real ones are, NAME=PATH each. */
  daemon?: string[];
}

/** Who does what a lab's daemons do, and where real ones are, by their names. */
export function daemonsOf({ daemons, daemon = [] }: DaemonOptions): {
  daemons: 'small' | 'real' | 'both';
  given: Map<string, string>;
} {
  const known = ['small', 'real', 'both'] as const;
  const chosen = known.find((each) => each === (daemons ?? (daemon.length ? 'real' : 'small')));
  if (!chosen) throw new BadUsage(`--daemons is small, real or both, not ${daemons}`);
  if (chosen === 'small' && daemon.length) throw new BadUsage('--daemon belongs to --daemons real or both');
  const given = daemon.map((text): [string, string] => {
    const [name = '', ...path] = text.split('=');
    if (!name || !path.join('='))
      throw new BadUsage(`--daemon is NAME=PATH, not ${text}`, 'Type, for example: --daemon flanneld=./flanneld');
    return [name, fromHere(path.join('='))];
  });
  return { daemons: chosen, given: new Map(given) };
}

/** Reads where the nodes of a lab shall be. Throws a BadUsage. */
export function whereOf(lab: string, place: Place): Where {
  if (place.on !== undefined) return onSwarm(lab, place.on, place);
  const { runtime = 'auto', machines, kernel, hosts, spread, image } = place;
  const known = ['auto', ...runtimes];
  if (!known.includes(runtime) && !isPath(runtime))
    throw new BadUsage(
      `there is no runtime ${runtime}. ${hint(runtime, known)}`,
      `There is ${known.join(', ')}; one of your own is named by its path: ./mine.ts`,
    );
  if (machines && !['one', 'per-node'].includes(machines))
    throw new BadUsage(`--machines is one or per-node, not ${machines}`);
  if (machines && runtime !== 'vm') throw new BadUsage('--machines belongs to --runtime vm');
  if (kernel !== undefined && runtime !== 'vm')
    throw new BadUsage('--kernel belongs to --runtime vm', `Type: --runtime vm --kernel ${kernel}`);
  if (hosts && runtime !== 'ssh') throw new BadUsage('--hosts belongs to --runtime ssh');
  if (spread && runtime !== 'ssh')
    throw new BadUsage(
      '--spread belongs to --runtime ssh or --on swarm',
      'Type: --runtime ssh --hosts FILE --spread, or --on swarm --spread',
    );
  if (image !== undefined) throw new BadUsage('--image belongs to --on swarm');
  return {
    runtime: isPath(runtime) ? fromHere(runtime) : runtime,
    choice: {
      lab: isPath(lab) ? fromHere(lab) : lab,
      machinePerNode: machines === 'per-node',
      ...(kernel !== undefined && { kernel: kernelTyped(kernel, fromHere) }),
      ...(hosts && { hosts: fromHere(hosts) }),
      ...(spread && { spread }),
    },
  };
}

/** One lab over the machines of a Docker swarm, which are hosts that are reached over SSH. */
function onSwarm(lab: string, on: string, { spread, image, runtime = 'ssh', ...others }: Place): Where {
  if (on !== 'swarm') throw new BadUsage(`--on ${on}: there is no such place`, 'There is swarm.');
  if (!spread)
    throw new BadUsage(
      '--on swarm of one lab puts it over several machines: type --spread as well',
      `To run it on one of them: ${typed('matrix', '--on', 'swarm', '--labs', lab)}`,
    );
  if (!['ssh', 'auto'].includes(runtime))
    throw new BadUsage(`--on swarm has no nodes on ${runtime}: leave --runtime out`);
  const other = (['machines', 'kernel', 'hosts'] as const).find((name) => others[name] !== undefined);
  if (other) throw new BadUsage(`--on swarm has hosts of its own: --${other} has no meaning there`);
  return {
    runtime: 'ssh',
    choice: { lab: isPath(lab) ? fromHere(lab) : lab, spread, on, ...(image !== undefined && { image }) },
  };
}

/** Refuses to let a lab stand whose cables between machines are there while a process relays them, and no longer. */
export function refuseToStand(word: string, { choice: { spread, on, hosts = 'FILE' } }: Where): void {
  if (!spread) return;
  const words = [word, ...(on ? ['--on', on] : ['--runtime', 'ssh', '--hosts', hosts]), '--spread'];
  throw new BadUsage(
    'a lab that is spread over hosts does not stand: packetwalk is what joins its cables, while it runs.',
    `Type: ${typed('verify', ...words)}`,
    `To look around in it: ${typed('open', ...words)}`,
  );
}
