import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Context } from 'mocha';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a package needs of the repository to be packed. */
const sources = ['src', 'labs', 'bin', 'daemons', 'docs', 'scripts', 'README.md', 'LICENSE', 'CHANGELOG.md'];
const settings = ['package.json', 'tsconfig.json', 'tsconfig.types.json'];

const once = <T>(make: () => T) => {
  let made: { value: T } | undefined;
  return (): T => {
    made ??= { value: make() };
    return made.value;
  };
};

/** A folder that goes with this process. */
function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-package-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The packed tarball, which is built apart: other tests use what is in dist/ meanwhile. */
export const tarball = once(async (): Promise<string> => {
  const folder = scratch();
  for (const each of [...sources, ...settings]) cpSync(join(root, each), join(folder, each), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const { stdout } = await execa('npm', ['pack', '--silent'], { cwd: folder });
  return join(folder, stdout.trim().split('\n').at(-1)!);
});

/** The packed tarball of a package of this repository that is made of nothing but its folder. */
export async function tarballOf(name: string): Promise<string> {
  const folder = scratch();
  const { stdout } = await execa('npm', ['pack', '--silent', join(root, name)], { cwd: folder });
  return join(folder, stdout.trim());
}

/** Writes files to a folder. */
export function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const installed = once(async (): Promise<string> => {
  const folder = scratch();
  write(folder, { 'package.json': JSON.stringify({ name: 'consumer', type: 'module', private: true }) });
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await execa('npm', ['install', await tarball(), ...options], { cwd: folder });
  // The test framework that its adapter imports is the project's own.
  symlinkSync(join(root, 'node_modules', 'vitest'), join(folder, 'node_modules', 'vitest'));
  return folder;
});

/** A project that has packetwalk from its tarball; the test is skipped where its packages cannot be had. */
export async function consumer(context: Context): Promise<string> {
  context.timeout(180_000);
  try {
    return await installed();
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? error);
    if (!/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED|network/.test(said)) throw error;
    const test = context.currentTest ?? context.test;
    if (test) test.title += ' (skipped: its packages cannot be had without a network)';
    return context.skip();
  }
}

/** Runs a program in a project, with a folder of its own for the notes of standing labs. */
export const run = (folder: string, program: string, words: string[], env: Record<string, string> = {}) =>
  execa(program, words, {
    cwd: folder,
    env: { TMPDIR: folder, INIT_CWD: folder, NO_COLOR: '1', CI: '', FORCE_COLOR: '0', ...env },
    // What the tests themselves were started with is not for what they start.
    extendEnv: true,
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: 120_000,
  });

/** A program of a package that is installed here. */
export const programOf = (...path: string[]) => join(root, 'node_modules', ...path);

/** A lab of two hosts on a cable, in JavaScript; its parts may be replaced by others. */
export const cable = `import { at, icmp, ip, lab, send } from 'packetwalk';
const request = [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp({ type: 'echo request' })];
export default lab({
  title: 'Two hosts on a cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {},
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [at('a:eth0', 'It leaves', request), at('b:eth0', 'It arrives', request)],
    },
  },
  checks: { 'b has its address': { run: 'ip -br address show eth0', see: { b: { lines: ['10.0.0.2/24'] } } } },
  faults: {
    'b is switched off': {
      break: { b: 'ip link set eth0 down' },
      lostAt: 'a:eth0',
      hint: 'Is the cable plugged in at both ends?',
      fix: { b: 'ip link set eth0 up' },
    },
  },
});
`;
