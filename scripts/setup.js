// What a fresh clone needs before it can run, done by itself: npm's packages, then the bundle. Plain JavaScript, since it
// runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);

const written = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) latest = Math.max(latest, written(join(entry.parentPath ?? entry.path, entry.name)));
  return latest;
}

function fail(...lines) {
  console.error(lines.join('\n'));
  process.exit(2);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `packetwalk needs Node 20.19 or later; this is ${process.versions.node}.`,
    'Install a newer one: https://nodejs.org',
  );
}

function installPackages() {
  if (written(at('node_modules', '.package-lock.json')) >= written(at('package-lock.json'))) return;
  console.error('Installing npm packages (once) …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) fail('npm could not install the packages. Type: npm ci', 'Its own words are above.');
}

/** Makes sure that packages and bundle are there and no older than what they are made from. */
export async function setUp() {
  checkNode();
  installPackages();
  const sources = Math.max(
    ...['src', 'labs'].map((folder) => newest(at(folder))),
    ...['build.js', 'plans.js'].map((script) => written(at('scripts', script))),
  );
  if (written(at('dist', 'cli.js')) < Math.max(sources, written(at('node_modules', '.package-lock.json')))) {
    const { build } = await import('./build.js');
    await build(root).catch(() => fail('packetwalk could not be built: the reason is above.'));
  }
}
