// A sandbox with two hosts on a cable and a pod behind one of them, for tests of an agent's requests on the real kernel.
import { spawnSync } from 'node:child_process';
import type { Context } from 'mocha';
import { plan } from '../../../src/plan/plan.ts';
import { places, type Work } from '../../../src/runtime/agent/places.ts';
import { local } from '../../../src/runtime/machine/local.ts';
import type { Machine } from '../../../src/runtime/machine/machine.ts';
import { homeIn, type Sandbox, startSandbox, typeIn } from '../../../src/runtime/netns/sandbox.ts';
import { smallLab } from '../../small-lab.ts';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const becomeNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

/** Somebody who starts agents on this machine. */
export interface User {
  who: string;
  rootless: boolean;
  machine: Machine;
  /** Why this process cannot become that user, or that user have namespaces. */
  cannot?: string;
}

const user = (who: string, rootless: boolean, before: string[], cannot?: string): User => {
  const machine = { ...local, start: (argv: string[]) => local.start([...before, ...argv]) };
  const unshare = [
    ...before,
    'unshare',
    ...(rootless ? ['--user', '--map-root-user'] : []),
    '--net',
    '--mount',
    'true',
  ];
  const tried = cannot ? undefined : spawnSync(unshare[0]!, unshare.slice(1), { encoding: 'utf8', cwd: '/' });
  const refused = tried && (tried.error ? tried.error.message : tried.status ? tried.stderr.trim() : undefined);
  const why = cannot ?? refused;
  return { who, rootless, machine, ...(why && { cannot: why }) };
};

export const users: User[] = [
  user('root', false, [], isRoot ? undefined : 'this process is not root’s'),
  user('an ordinary user', true, isRoot ? becomeNobody : []),
];

/** Skips a test, or all of a suite, and says why in its title. */
export function skip(context: Context, why: string | undefined): void {
  if (!why) return;
  const test = context.currentTest ?? context.test;
  if (test) test.title += ` (skipped: ${why})`;
  context.skip();
}

export const planned = plan(smallLab(), 'test');

export interface Standing {
  sandbox: Sandbox;
  work: Work;
  /** What a script at a place says, whose exit code must be 0. */
  says(place: string, script: string): Promise<string>;
}

export async function standFor({ machine, rootless }: User): Promise<Standing> {
  const sandbox = await startSandbox(machine, planned, { rootless });
  const work = places(planned, (node) => (sandbox.key.holders[node] ? homeIn(sandbox, node) : undefined));
  const says = async (place: string, script: string) => {
    const { code, stdout, stderr } = await work.script(place, script);
    if (code) throw new Error(`${place}# ${script}: ${stderr}`);
    return stdout.trim();
  };
  try {
    const cable = 'ip link add name eth0 netns a type veth peer name eth0 netns b';
    const laid = await typeIn(sandbox.agent, [cable]);
    if (laid.code) throw new Error(`${cable}: ${laid.stderr}`);
    await says(
      'b',
      `ip netns add pod
      ip link add veth mtu 1400 type veth peer name eth0 netns pod
      ip addr add 10.0.0.2/24 dev eth0; ip addr add 2001:db8:0::2/64 dev eth0 nodad
      ip addr add 10.1.0.1/24 dev veth; ip addr add 2001:db8:1::1/64 dev veth nodad
      sysctl -eqw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
      ip link set eth0 up; ip link set veth up`,
    );
    await says(
      'a',
      `ip addr add 10.0.0.1/24 dev eth0; ip addr add 2001:db8:0::1/64 dev eth0 nodad
      ip link set lo up; ip link set eth0 up
      ip route add 10.1.0.0/24 via 10.0.0.2; ip route add 2001:db8:1::/64 via 2001:db8:0::2`,
    );
    await says(
      'pod',
      `ip addr add 10.1.0.2/24 dev eth0; ip addr add 2001:db8:1::2/64 dev eth0 nodad
      ip link set eth0 up
      ip route add default via 10.1.0.1; ip route add default via 2001:db8:1::1`,
    );
    return { sandbox, work, says };
  } catch (error) {
    await sandbox.agent.close();
    throw error;
  }
}

/** Asks until the answer is as it should be; the test's own time is the limit. */
export async function until<Answer>(ask: () => Promise<Answer>, isRight: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
  }
}
