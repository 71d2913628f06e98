// Writes what is documented from runs: docs/labs/LAB.md, a page a lab, those of the gallery in docs/labs/gallery/, pictures of their
// walks beside them, the table of labs in README.md and that of claims in docs/claims.md.
//   node scripts/pages.js                  runs every lab, drills included
//   node scripts/pages.js flannel-vxlan    runs this one; docs/claims.md follows where all labs were proven on this machine
//   node scripts/pages.js --check          runs nothing: says what is stale, and ends with 1 if anything is
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.js';

await setUp();
const {
  claimsPageWith,
  galleryNames,
  isStale,
  keptProofs,
  labNames,
  ledger,
  ledgerIfPassed,
  loadPlan,
  ownCommands,
  page,
  pictureOf,
  readmeWith,
  shipped,
  stills,
} = await import('../dist/exports.js');

const folder = new URL('../docs/labs/', import.meta.url);
const readme = new URL('../README.md', import.meta.url);
const claims = new URL('../docs/claims.md', import.meta.url);
const cli = fileURLToPath(new URL('../bin/packetwalk.js', import.meta.url));
const fileOf = (name) => new URL(`${name}.md`, folder);
const isOfGallery = (name) => name.startsWith('gallery/');
const homeOf = (name) =>
  isOfGallery(name) ? '[The gallery](../../gallery.md#the-labs)' : '[All labs](../../README.md#labs)';
const read = (url) => (existsSync(url) ? readFileSync(url, 'utf8') : undefined);

const words = process.argv.slice(2);
const check = words.includes('--check');
const named = words.filter((word) => word !== '--check');
const names = [...labNames(), ...galleryNames()];
const unknown = named.filter((name) => !shipped(name));
if (unknown.length) {
  console.error(`There is no lab ${unknown.join(', ')}. There is ${names.join(', ')}.`);
  process.exit(64);
}
const labs = await Promise.all(names.map(async (name) => ({ name, plan: await loadPlan(name) })));
const plans = labs.flatMap(({ name, plan }) => (isOfGallery(name) ? [] : [plan]));
const asked = named.map((name) => shipped(name));
const chosen = named.length ? labs.filter(({ name }) => asked.includes(name)) : labs;
const gone = () =>
  (existsSync(folder) ? readdirSync(folder, { recursive: true }) : []).filter(
    (file) => file.endsWith('.md') && !names.includes(file.replace(/\.md$/, '')),
  );

process.exitCode = check ? tellStale() : await write();

function tellStale() {
  const stale = chosen
    .filter(({ name, plan }) => isStale(plan, read(fileOf(name)), ownCommands))
    .map(({ name }) => name);
  const lines = [
    ...stale.map((name) => `docs/labs/${name}.md is stale or missing. Type: node scripts/pages.js ${name}`),
    ...gone().map((file) => `docs/labs/${file} is of no lab. Type: rm docs/labs/${file}`),
    ...(readmeWith(read(readme), plans) === read(readme) ? [] : [staleTable('README.md')]),
    ...(claimsPageWith(read(claims), ledgerIfPassed(plans)) === read(claims) ? [] : [staleTable('docs/claims.md')]),
  ];
  console.log(lines.length ? lines.join('\n') : 'All pages are as the labs are.');
  return lines.length ? 1 : 0;
}

function staleTable(file) {
  return `${file} has a stale table. Type: node scripts/pages.js`;
}

async function write() {
  mkdirSync(new URL('gallery/', folder), { recursive: true });
  for (const file of gone()) rmSync(new URL(file, folder));
  let failed = 0;
  for (const { name, plan } of chosen) {
    const run = await verify(name);
    const passed = run.verdict === 'passed';
    if (passed) await writePage(name, plan, run);
    else failed = 1;
    console.log(passed ? `docs/labs/${name}.md` : `${name}: ${run.verdict}: ${run.reason}. Its page stays as it was.`);
  }
  return writeTables() || failed;
}

/** A lab's page, and beside it a picture of each of its walks. */
async function writePage(name, plan, run) {
  const file = fileOf(name);
  const pictures = new URL('pictures/', file);
  mkdirSync(pictures, { recursive: true });
  for (const each of readdirSync(pictures))
    if (each.startsWith(`${plan.name}-`) && /^\d+\.svg$/.test(each.slice(plan.name.length + 1)))
      rmSync(new URL(each, pictures));
  for (const [i, svg] of (await stills(plan, run)).entries())
    writeFileSync(new URL(pictureOf(plan.name, i), file), svg);
  writeFileSync(file, page(plan, run, ownCommands, homeOf(name)));
}

/** Only what runs on this machine found out goes into the table of claims. */
function writeTables() {
  writeFileSync(readme, readmeWith(read(readme), plans));
  console.log('README.md');
  const entries = ledger(plans, keptProofs());
  const decided = ['confirmed', 'corrected', 'unproven'];
  const open = entries.flatMap(({ labs }) => labs.filter(({ verdict }) => !decided.includes(verdict)));
  if (open.length) {
    const why = [...new Set(open.map(({ lab, verdict }) => `${lab} (${verdict})`))].join(', ');
    console.log(`docs/claims.md stays as it was: ${why}. Type: npm run lab -- claims --run`);
    return 0;
  }
  writeFileSync(claims, claimsPageWith(read(claims), entries));
  console.log('docs/claims.md');
  return 0;
}

/** Runs a lab with all its drills in a process of its own, and returns the document of the run. */
function verify(name) {
  const child = spawn(process.execPath, [cli, 'verify', name, '--drills', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more) => {
    text += more;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      try {
        resolve(JSON.parse(text));
      } catch {
        resolve({ verdict: 'unknown', reason: `it ended with ${code} and told nothing` });
      }
    });
  });
}
