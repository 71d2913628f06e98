import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quiet } from './quiet.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_MS = 120_000;
const NOBODY = 65534;

/** Durations that a command tells of itself, in the names of its `--json`; `drillsMs` is that of all its drills. */
const durations = ['setUpMs', 'firstVerifiedPacketMs', 'drillsMs', 'totalMs', 'downMs'] as const;
type Durations = Record<(typeof durations)[number], number[]>;

/** Every run of one command. */
export interface Timed extends Durations {
  typed: string;
  wallMs: number[];
  verdicts: string[];
  /** Why it was not run. */
  absent?: string;
  /** What is not seen from what is typed. */
  about?: string;
}

interface Command {
  typed: string;
  words: string[];
  folder: string;
}

const command = (typed: string, folder = root, before: string[] = []): Command => {
  const words = typed.split(' ');
  return {
    typed,
    folder,
    words: [...before, ...(words[0] === 'node' ? [process.execPath, ...words.slice(1)] : words)],
  };
};

export const lab = (words: string) => command(`node scripts/lab.js ${words}`);

/** Times every command of the table, one round of all after another; labs that stand are noted in `folder` alone. */
export async function timeCommands(folder: string, rounds: number): Promise<Timed[]> {
  const home = homeIn(folder);
  await mkdir(home);
  const stranger = await ordinaryUser(folder);
  const commands = [
    { home, command: command("node -e ''") },
    { home, command: lab('list') },
    { home, command: command('npm run -s lab list') },
    { home, command: lab('verify flannel-vxlan --json') },
    ...(stranger ? [stranger] : []),
    { home, command: lab('up flannel-vxlan --json') },
    { home, command: lab('walk flannel-vxlan 1 --json') },
    { home, command: lab('down flannel-vxlan --json') },
    { home, command: lab('up flannel-vxlan --nodes 100 --json') },
    { home, command: lab('down flannel-vxlan --json') },
    { home, command: lab('up calico-bgp --nodes 30 --json') },
    { home, command: lab('down calico-bgp --json') },
    ...(await Promise.all([2, 50].map((size) => hostsOnABridge(folder, size))))
      .flat()
      .map((each) => ({ home, command: each })),
  ];
  const timed = commands.map(({ command }) => untimed(command.typed));
  try {
    for (let round = 0; round < rounds; round++)
      for (const [i, { home, command }] of commands.entries()) {
        await quiet();
        await time(command, home, timed[i]!);
      }
  } finally {
    clean(folder);
  }
  if (!stranger) timed.push({ ...untimed(strangersCommand), absent: 'the benchmark itself is not run by root' });
  return timed;
}

/** What is typed to walk so many hosts on one bridge, which stand: the lab is a file of one's own. */
async function hostsOnABridge(folder: string, size: number): Promise<Command[]> {
  const file = `bridge-${size}.ts`;
  const made = JSON.stringify(join(root, 'scripts/bench/labs.ts'));
  await writeFile(join(folder, file), `import { bridge } from ${made};\nexport default bridge(${size});\n`);
  return ['up', 'walk', 'down'].map((word) => ({
    ...lab(`${word} ${join(folder, file)} --json`),
    typed: `node scripts/lab.js ${word} ${file} --json`,
  }));
}

const homeIn = (folder: string) => join(folder, 'home');

/** Takes down what still stands of the labs that are noted in a folder. */
export function clean(folder: string): void {
  if (existsSync(homeIn(folder)))
    spawnSync(process.execPath, ['scripts/lab.js', 'clean'], { cwd: root, env: environment(homeIn(folder)) });
}

const environment = (home: string) => ({
  ...process.env,
  TMPDIR: home,
  HOME: home,
  npm_config_update_notifier: 'false',
});

export const untimed = (typed: string): Timed => ({
  typed,
  wallMs: [],
  verdicts: [],
  setUpMs: [],
  firstVerifiedPacketMs: [],
  drillsMs: [],
  totalMs: [],
  downMs: [],
});

const strangersCommand = 'node bin/packetwalk.js verify flannel-vxlan --json';

/** The bundle where anybody may read it, and the command that an ordinary user types there. */
async function ordinaryUser(folder: string): Promise<{ home: string; command: Command } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  await chmod(folder, 0o755);
  const readable = await mkdtemp(join(folder, 'packetwalk-'));
  for (const part of ['bin', 'dist', 'package.json'])
    await cp(join(root, part), join(readable, part), { recursive: true });
  await chmod(readable, 0o755);
  const home = join(folder, 'nobody');
  await mkdir(home);
  await chown(home, NOBODY, NOBODY);
  const become = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  return {
    home,
    command: { ...command(strangersCommand, readable, become), typed: `${strangersCommand} (uid ${NOBODY})` },
  };
}

/** Runs a command once, and adds to its times. */
export async function time(
  { words, folder }: Command,
  home: string,
  into: Timed,
  env: Record<string, string> = {},
): Promise<void> {
  const began = performance.now();
  const child = spawn(words[0]!, words.slice(1), {
    cwd: folder,
    env: { ...environment(home), ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  into.wallMs.push(performance.now() - began);
  const { verdict, told } = toldBy(out);
  into.verdicts.push(verdict ?? (code === 0 ? 'passed' : `exit code ${code}`));
  for (const name of durations) if (typeof told[name] === 'number') into[name].push(told[name]);
}

interface Told {
  verdict?: string;
  told: Partial<Record<keyof Durations, number | null>>;
}

/** What a command's JSON tells of itself; nothing where it printed no JSON. */
function toldBy(out: string): Told {
  if (!/^[{[]/.test(out)) return { told: {} };
  const printed = JSON.parse(out);
  if (Array.isArray(printed)) return { told: printed[0] ?? {} };
  const drills: { durationMs: number }[] = printed.drills ?? [];
  const drillsMs = drills.length ? drills.reduce((sum, { durationMs }) => sum + durationMs, 0) : null;
  return { verdict: printed.verdict, told: { ...printed.durations, drillsMs } };
}
