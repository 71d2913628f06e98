#!/usr/bin/env node
// npm create packetwalk [FOLDER]: writes a lab, a test of it and a CI workflow to a folder that is new or empty.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const USAGE = 64;

function refuse(...lines) {
  console.error(lines.join('\n'));
  process.exit(USAGE);
}

const words = process.argv.slice(2);
if (words.includes('--help') || words.includes('-h')) {
  console.log(
    'npm create packetwalk [FOLDER]: writes a lab, a test of it and a CI workflow to FOLDER (packetwalk-labs)',
  );
  process.exit(0);
}
const option = words.find((word) => word.startsWith('-'));
if (option) refuse(`there is no option ${option}`, 'Type: npm create packetwalk FOLDER');
if (words.length > 1)
  refuse(`one folder, not ${words.length}: ${words.join(' ')}`, 'Type: npm create packetwalk FOLDER');

const folder = resolve(words[0] ?? 'packetwalk-labs');
if (existsSync(folder) && !statSync(folder).isDirectory()) refuse(`${folder} is a file`);
if (existsSync(folder) && readdirSync(folder).length)
  refuse(`${folder} is not empty, and nothing in it is overwritten`, 'Type: npm create packetwalk ANOTHER-FOLDER');

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
// https://docs.npmjs.com/cli/configuring-npm/package-json#name
const name =
  basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '') || 'labs';

mkdirSync(folder, { recursive: true });
cpSync(fileURLToPath(new URL('./template', import.meta.url)), folder, { recursive: true });
// npm leaves a file of this name out of what it packs.
renameSync(join(folder, 'gitignore'), join(folder, '.gitignore'));
const manifest = {
  name,
  private: true,
  type: 'module',
  engines: { node: '>=20.19' },
  scripts: { test: 'node --test', lab: 'packetwalk verify ./two-hosts.ts' },
  devDependencies: { packetwalk: `^${version}` },
};
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);

const here = relative(process.cwd(), folder) || '.';
console.log(`${here}: a lab (two-hosts.ts), a test that proves it (two-hosts.test.js) and a CI workflow.

What to type next:
  cd ${/^[\w@%+=:,./-]+$/.test(here) ? here : `'${here.replaceAll("'", "'\\''")}'`}
  npm install
  npm test                                   prove the lab, each walk, check and drill as a test
  npx packetwalk verify ./two-hosts.ts       the same, as a person reads it`);
