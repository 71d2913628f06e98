import { installLine } from '../../machine/install.ts';
import { testing } from '../../machine/programs.ts';
import { CannotRun } from '../../plan/usage.ts';
import type { Say } from '../runtime.ts';
import { type Became, became, type Node, nameOf, type Task } from './became.ts';
import { SERVER } from './servers.ts';
import type { Session } from './session.ts';
import type { TaskImage } from './task-image.ts';
import type { Told } from './told.ts';

/** What a lab in namespaces does first, in few words: it says nothing where it can be done. */
const TRY = [
  'set -e',
  'packetwalk --version',
  'perl -e 1',
  "unshare --net --mount --pid --fork --mount-proc sh -ec 'ip link add one type veth peer name two'",
].join('\n');

const server = testing.filter(({ command }) => command === 'dropbear');

interface Asked extends TaskImage {
  /** The version of packetwalk that the image is to have. */
  version: string;
  /** Machines that are left out, by their ids. */
  without: string[];
  /** Whether it is to have an SSH server. */
  hasServer: boolean;
  signal: AbortSignal;
  say: Say;
}

/** Tries on each machine what labs need. Throws a CannotRun with what is wrong on which, and what to type. */
export async function checkMachines(session: Session, machines: Node[], asked: Asked): Promise<void> {
  const hosts = machines.map(({ Description }) => Description.Hostname);
  asked.say(`Trying ${asked.name} on ${hosts.join(', ')}`);
  const wrong = new Map<string, string[]>();
  const found = await session.carryOut(
    {
      image: asked.id,
      words: ['sh', '-c', asked.hasServer ? `${TRY}\n${SERVER} -V >/dev/null` : TRY],
      what: 'check',
      everywhere: true,
      without: asked.without,
    },
    (tasks, nodes) => onEach(machines, tasks, nodes),
    async (all) => {
      for (const { machine, how } of all) {
        const told = how.is === 'done' ? await session.told(how.task) : undefined;
        const lines = whatIsWrong(machine, how, told, asked);
        if (lines.length) wrong.set(machine.Description.Hostname, lines);
      }
    },
    asked.signal,
  );
  if ('is' in found) throw new CannotRun('unknown', `the machines of the swarm could not be tried: ${found.why}`);
  if (!wrong.size) return;
  const leaveOut = `Or leave out what cannot be mended: docker node update --availability drain ${[...wrong.keys()].join(' ')}`;
  throw new CannotRun('unknown', ...[...wrong.values()].flat(), ...(wrong.size < machines.length ? [leaveOut] : []));
}

interface OnMachine {
  machine: Node;
  how: Became;
}

/** What became of the trial on each machine, once it is over on all. */
function onEach(machines: Node[], tasks: Task[], nodes: Node[]): OnMachine[] | undefined {
  const all = machines.map((machine): OnMachine => {
    const own = tasks.filter(({ NodeID }) => NodeID === machine.ID);
    const isThere = nodes.some(({ ID, Status }) => ID === machine.ID && Status.State !== 'down');
    return { machine, how: isThere ? became(own, nodes) : { is: 'gone', node: nameOf(machine.ID, nodes) } };
  });
  return all.some(({ how }) => how.is === 'waiting' || how.is === 'under way') ? undefined : all;
}

/** What is wrong with a machine, and what to type. */
export function whatIsWrong(
  machine: Node,
  how: Became,
  told: Told | undefined,
  asked: Pick<Asked, 'name' | 'isMade' | 'version'>,
): string[] {
  const name = nameOf(machine.ID, [machine]);
  if (how.is === 'gone') return [`${name} vanished while it was tried. Type: docker node ls`];
  if (how.is === 'refused') return refused(name, machine, how.why, asked);
  if (!told)
    return [
      `${name} tells nothing: the log of a task cannot be read there. Type: docker node ps ${machine.Description.Hostname}`,
    ];
  if (told.code) return unable(name, told, asked);
  const version = told.stdout.trim();
  return version === asked.version
    ? []
    : [
        `${name}: the packetwalk in ${asked.name} is ${version}, and this one ${asked.version}`,
        'Build that image anew.',
      ];
}

function refused(
  name: string,
  { Description }: Node,
  why: string,
  { name: image, isMade }: Pick<Asked, 'name' | 'isMade'>,
): string[] {
  if (!why.includes('No such image')) return [`${name} does not start a task: ${why}`];
  const lacks = `${name} does not have the image ${image}`;
  return isMade
    ? [`${lacks}, which was made here (${why})`, `Type: docker save ${image} | ssh ${Description.Hostname} docker load`]
    : [`${lacks}, and cannot fetch it (${why})`, `Type there: docker pull ${image}`];
}

function unable(
  name: string,
  { code, stderr }: Told,
  { name: image, isMade }: Pick<Asked, 'name' | 'isMade'>,
): string[] {
  const why = stderr.trim().split('\n').at(-1) || `exit code ${code}`;
  if (/packetwalk.*not found/.test(why))
    return [`${name}: ${image} has no packetwalk (${why})`, 'How such an image is made: docs/shards.md'];
  if (/dropbear.*not found/.test(why))
    return [
      `${name}: ${image} has no SSH server (${why})`,
      isMade ? `It would have the one of this machine. Type: ${installLine(server)}` : 'Have dropbear installed in it.',
    ];
  const advice = /permission denied|operation not permitted/i.test(why)
    ? ['AppArmor’s docker-default forbids it where Docker is older than 25: update Docker there.']
    : [];
  if (/GLIBC/.test(why)) advice.push('Give an image of your own by --image: docs/shards.md says how it is made.');
  return [`${name} cannot run labs in ${image}: ${why}`, ...advice];
}
