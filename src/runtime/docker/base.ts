import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { searchPath } from '../../machine/path.ts';
import { find } from '../../machine/programs.ts';
import { CannotBuild, follow, refusal } from './progress.ts';

const REPOSITORY = 'packetwalk/base';
const PACKAGES = 'packetwalk.packages';

const env = { ...process.env, LC_ALL: 'C', PATH: searchPath };

const output = (command: string, ...words: string[]): Promise<string> =>
  promisify(execFile)(command, words, { env }).then(
    ({ stdout }) => stdout,
    () => '',
  );

/** A base that was built before from these packages. */
export async function findOwnBase(docker: Docker, packages: string[]): Promise<string | undefined> {
  const label = `${PACKAGES}=${packages.join(' ')}`;
  const images = await docker.listImages({ filters: { label: [label] } });
  return images.flatMap(({ RepoTags }) => RepoTags ?? []).find((tag) => tag.includes(`${REPOSITORY}:`));
}

/** Builds a base from the packages of this machine's own distribution, from where its apt-get has them; gives its tag. */
export async function buildOwnBase(
  docker: Docker,
  packages: string[],
  why: string,
  say: (line: string) => void,
): Promise<string> {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  if (!find('mmdebstrap'))
    throw new CannotBuild(
      'skipped',
      `${why}, and there is no mmdebstrap to build it from packages`,
      [],
      `Type: ${sudo}apt-get install -y mmdebstrap${sudo && ' uidmap'}`,
    );
  const { suite, mirrors, options } = await distribution();
  const tag = `${REPOSITORY}:${suite}`;
  say(`Building ${tag} from packages (once)`);
  const folder = await mkdtemp(join(tmpdir(), 'packetwalk-base-'));
  const log: string[] = [];
  try {
    // A mirror or proxy may have a password: a file, unlike an argument, is nobody else's to read.
    const file = (name: string, lines: string[]) => {
      const path = join(folder, name);
      return writeFile(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 }).then(() => path);
    };
    const from = mirrors.length ? [await file('sources.list', mirrors)] : [];
    const argv = mmdebstrap(suite, from, packages, await file('apt.conf', options));
    await pipe(docker, argv, { tag, packages }, (line) => {
      log.push(line);
      say(line);
    });
    return tag;
  } catch (error) {
    // Without root, mmdebstrap needs a range of users of its own.
    const advice = log.some((line) => line.includes('chroot mode')) ? [`Type: ${sudo}apt-get install -y uidmap`] : [];
    throw new CannotBuild('unknown', `${why}, and it cannot be built from packages: ${refusal(error)}`, log, ...advice);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** This machine's release, the lines of its own archive in sources.list(5), and how its apt-get fetches. */
async function distribution(): Promise<{ suite: string; mirrors: string[]; options: string[] }> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const suite = /^(?:UBUNTU|VERSION)_CODENAME="?([\w.-]+)/m.exec(release)?.[1];
  const told = await output(
    'apt-get',
    'indextargets',
    '--format',
    '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)',
    'Created-By: Packages',
  );
  const lines = told.split('\n').flatMap((line) => {
    const [uri, name = '', component, origin = ''] = line.split(' ');
    const own = name === suite || [`${suite}-updates`, `${suite}-security`].includes(name);
    // The origin is known once the lists have been fetched.
    return own && /^(Debian|Ubuntu|\$)/.test(origin) ? [`deb ${uri} ${name} ${component}`] : [];
  });
  const mirrors = [...new Set(lines)];
  const fetching = (await output('apt-config', 'dump'))
    .split('\n')
    .filter((line) => /^Acquire::(https?::|Check-|Force|Retries)/.test(line));
  const passwords = ['Dir::Etc::netrc "/etc/apt/auth.conf";', 'Dir::Etc::netrcparts "/etc/apt/auth.conf.d";'];
  return { suite: mirrors.length ? suite! : 'bookworm', mirrors, options: [...fetching, ...passwords] };
}

const mmdebstrap = (suite: string, mirrors: string[], packages: string[], options: string) => [
  'mmdebstrap',
  '--variant=essential',
  '--format=tar',
  `--include=${packages.join(',')}`,
  ...['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  `--aptopt=${options}`,
  // Mirrors and proxies are this machine's affair, and may have passwords in them.
  '--customize-hook=rm -rf "$1"/etc/apt/sources.list* "$1"/etc/apt/apt.conf.d/99mmdebstrap',
  suite,
  '-',
  ...mirrors,
];

/** Lets a program write a file system as a tar archive, and an engine read it: an image comes of it only if both succeed. */
async function pipe(
  docker: Docker,
  argv: string[],
  { tag, packages }: { tag: string; packages: string[] },
  say: (line: string) => void,
): Promise<void> {
  // As root it mounts file systems for a while: not where others see them.
  const unshare = process.getuid?.() === 0 && find('unshare');
  const words = unshare ? [unshare, '--mount', ...argv] : argv;
  const child = spawn(words[0]!, words.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  createInterface(child.stderr).on('line', (line) => say(line.replace(/^I: /, '')));
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`mmdebstrap ended with ${signal ?? `exit code ${code}`}`)),
    );
  });
  const archive = new PassThrough();
  child.stdout.pipe(archive, { end: false });
  const abort = new AbortController();
  const [repo, version] = tag.split(':');
  const options = {
    repo,
    tag: version,
    changes: [`LABEL "${PACKAGES}"="${packages.join(' ')}"`],
    abortSignal: abort.signal,
  };
  const imported = docker.importImage(archive, options).then((events) => follow(events, () => {}));
  let refused: Error | undefined;
  imported.catch((error) => {
    if (!abort.signal.aborted) refused = error;
    child.kill();
  });
  try {
    await ended;
    archive.end();
  } catch (error) {
    abort.abort();
    throw refused ?? error;
  }
  await imported;
}
