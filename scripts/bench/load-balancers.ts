import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { vip } from '../../labs/kit/load-balancers/cluster.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** So many connections are opened while the active load balancer is killed, and so many before, to see how many a second there are. */
export const CALLS = 5000;
const BEFORE = 1000;
const PATIENCE_S = 0.5;

/** What became of the connections of one run. */
export interface Counted {
  answered: number;
  lost: number;
  silent: number;
  refused: number;
  otherwise: number;
  gapMs: number;
  perSecond: number;
}

/** One way to kill the active load balancer of a lab, and all runs of it. */
export interface Killed {
  lab: string;
  how: string;
  runs: Counted[];
}

/** A command at lb1 that ends as soon as so many connections were opened to it: the kernel counts them. */
const opened = "awk '/^Tcp: [0-9]/ { print $7 }' /proc/net/snmp";
const afterCalls = `before=$(${opened}); until [ $(($(${opened}) - before)) -ge ${BEFORE} ]; do sleep 0.01; done`;

const ways = (proxy: string) => [
  { how: 'its cable is pulled', typed: 'ip link set eth0 down' },
  { how: `${proxy} is killed`, typed: `pid=$(cat /run/${proxy}.pid); kill -KILL $(pgrep -P $pid) $pid` },
];

/** Kills the active load balancer of each lab in each way, one round of all after another, and counts what was lost. */
export async function killActive(folder: string, rounds: number): Promise<Killed[]> {
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const all = ['nginx', 'haproxy'].flatMap((proxy) =>
    ways(proxy).map((way) => ({ ...way, lab: `lb-${proxy}-keepalived`, runs: [] as Counted[] })),
  );
  for (let round = 0; round < rounds; round++)
    for (const { lab, typed, runs } of all) runs.push(await killOnce(lab, typed, home));
  return all;
}

async function killOnce(lab: string, typed: string, home: string): Promise<Counted> {
  const type = async (...words: string[]) => {
    const ran = await promisify(execFile)(process.execPath, ['scripts/lab.js', ...words], {
      cwd: root,
      env: { ...process.env, TMPDIR: home, HOME: home },
    });
    return ran.stdout;
  };
  const calls = (count: number) =>
    type('exec', lab, 'client', 'perl', '/run/call-through', vip, '80', `${PATIENCE_S}`, `${count}`);
  await type('up', lab);
  try {
    const before = await calls(BEFORE);
    const [said] = await Promise.all([calls(CALLS), type('exec', lab, 'lb1', 'sh', '-c', `${afterCalls}; ${typed}`)]);
    return { ...counted(said), perSecond: BEFORE / number(before, /calls in ([\d.]+) s/) };
  } finally {
    await type('down', lab);
  }
}

/** What call-through prints, read; throws where not every connection is told of. */
export function counted(said: string): Omit<Counted, 'perSecond'> {
  const sum = (pattern: RegExp) => [...said.matchAll(pattern)].reduce((all, [, count]) => all + Number(count), 0);
  const answered = sum(/^answered by \S+ (\d+)$/gm);
  const [silent, refused] = [sum(/^silent (\d+)$/gm), sum(/^refused (\d+)$/gm)];
  const lost = number(said, /^(\d+) calls in/m) - answered;
  if (answered + lost !== CALLS) throw new Error(`of ${CALLS} connections ${answered + lost} are told of:\n${said}`);
  const gapMs = 1000 * number(said, /^longest gap: \d+ calls, ([\d.]+) s$/m);
  return { answered, lost, silent, refused, otherwise: lost - silent - refused, gapMs };
}

function number(said: string, pattern: RegExp): number {
  const found = pattern.exec(said)?.[1];
  if (found === undefined) throw new Error(`call-through did not say what is like ${pattern}:\n${said}`);
  return Number(found);
}
