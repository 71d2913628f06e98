import { CannotRun } from '../../plan/usage.ts';
import { hostKeys, keyPair } from '../ssh/keys.ts';
import type { Login } from '../ssh/login.ts';
import { type Became, became, type Node, nameOf, type Task } from './became.ts';
import type { Session } from './session.ts';
import type { Lost } from './watch.ts';

/** How the SSH server is called: this machine's, which is in the image that is made here, or the image's own. */
export const SERVER = 'PATH=/opt/dropbear:$PATH LD_LIBRARY_PATH=/opt/dropbear dropbear';

const PORT = 22;

const HOST_KEY = '/run/secrets/host_key';

/** Lets root in by a key, asks whether they who came in are there still, and ends a minute after the last of them has left. */
const SERVE = `
${SERVER} -F -E -s -j -k -K 10 -r ${HOST_KEY} -p ${PORT} &
idle=0
while kill -0 $! && [ $idle -lt 12 ]; do
  sleep 5
  if grep -qs "^PPid:[[:space:]]*$!$" /proc/[0-9]*/status; then idle=0; else idle=$((idle + 1)); fi
done`;

/** On which machines of a swarm servers are to be, and in which image. */
interface Servers {
  image: string;
  machines: Node[];
  /** The other machines, by their ids. */
  without: string[];
  /** Aborted, it ends them. */
  signal: AbortSignal;
}

/**
 * Starts an SSH server on each of some machines, which lets in who has a key that is made here, and shows one that is made here.
 * Both get there as secrets of the swarm. Throws a CannotRun where one does not start.
 */
export async function startServers(session: Session, { signal, ...asked }: Servers): Promise<Login[]> {
  const [host, user] = [hostKeys(), await keyPair()];
  const order = {
    ...{ image: asked.image, words: ['sh', '-c', SERVE], what: 'hosts', everywhere: true, without: asked.without },
    port: PORT,
    secrets: { [HOST_KEY]: host.private, '/root/.ssh/authorized_keys': Buffer.from(`${user.public}\n`) },
  };
  const loginOf = (machine: Node, port: number): Login => ({
    name: machine.Description.Hostname,
    host: addressOf(machine),
    port,
    user: 'root',
    privateKey: user.private,
    isHostKey: (shown) => shown.toString('base64') === host.public,
    hostKeyTypes: ['ssh-ed25519'],
    look: 'docker node ls',
  });
  return new Promise((resolve, reject) => {
    const served = session.carryOut(
      order,
      (tasks, nodes) => portsOf(asked.machines, tasks, nodes),
      async (ports) => {
        resolve(asked.machines.map((machine, i) => loginOf(machine, ports[i]!)));
        await new Promise((over) => signal.addEventListener('abort', over, { once: true }));
      },
      signal,
    );
    served.then((found) => {
      if ('is' in found)
        reject(new CannotRun('unknown', `an SSH server does not start: ${found.why}`, 'Type: docker node ls'));
    }, reject);
  });
}

/** The port by which each machine's server is reached, once all have one; or why one will have none. */
export function portsOf(machines: Node[], tasks: Task[], nodes: Node[]): number[] | Lost | undefined {
  const all = machines.map((machine) => {
    const own = tasks.filter(({ NodeID }) => NodeID === machine.ID);
    const running = own.find(({ Status }) => Status.State === 'running');
    const isThere = nodes.some(({ ID, Status }) => ID === machine.ID && Status.State !== 'down');
    return {
      port: running?.Status.PortStatus?.Ports?.[0]?.PublishedPort ?? 0,
      why: isThere ? whyNone(became(own, nodes)) : 'it vanished',
      name: nameOf(machine.ID, [machine]),
    };
  });
  const failed = all.find(({ why }) => why !== undefined);
  if (failed) return { is: 'lost', why: `${failed.name}: ${failed.why}` };
  return all.every(({ port }) => port) ? all.map(({ port }) => port) : undefined;
}

function whyNone(how: Became): string | undefined {
  if (how.is === 'refused') return how.why;
  if (how.is === 'gone') return 'it vanished';
  return how.is === 'done' ? 'its server has ended' : undefined;
}

/** Where a machine is, as its manager knows; of itself it may know no more than that it listens everywhere. */
function addressOf({ Status, ManagerStatus }: Node): string {
  const address = Status.Addr && Status.Addr !== '0.0.0.0' ? Status.Addr : ManagerStatus?.Addr?.replace(/:\d+$/, '');
  return address?.replace(/^\[|\]$/g, '') ?? '127.0.0.1';
}
