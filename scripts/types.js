// node scripts/types.js: writes to dist/types/ the declarations of what package.json exports, and of what those mention.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist', 'types');

const relative = /((?:from|import)\s*\(?\s*')(\.[^']+)\.ts'/g;

/** The declarations that some files import, themselves included. */
function reached(files) {
  const found = new Set();
  const visit = (file) => {
    if (found.has(file)) return;
    if (!existsSync(file)) throw new Error(`${file} is exported, and has no declarations`);
    found.add(file);
    for (const [, , target] of readFileSync(file, 'utf8').matchAll(relative))
      visit(resolve(dirname(file), `${target}.d.ts`));
  };
  for (const file of files) visit(file);
  return found;
}

rmSync(folder, { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.types.json'], {
  cwd: root,
  stdio: 'inherit',
});
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.values(exports).flatMap(({ types }) => (types ? [join(root, types)] : []));
const used = reached(entries);
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
  if (entry.isFile() && !used.has(join(entry.parentPath ?? entry.path, entry.name)))
    rmSync(join(entry.parentPath ?? entry.path, entry.name));
for (const file of used) {
  // A consumer's `types` may list nothing: that Node's are used is said here.
  const node = entries.includes(file) ? '/// <reference types="node" />\n' : '';
  writeFileSync(file, node + readFileSync(file, 'utf8').replaceAll(relative, "$1$2.js'"));
}
