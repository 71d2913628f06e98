// Writes what is documented from runs: docs/labs/LAB.md, a page a lab, and the tables of labs and claims in README.md.
//   node scripts/pages.js                  runs every lab, drills included
//   node scripts/pages.js flannel-vxlan    runs this one; README.md follows where all labs were proven on this machine
//   node scripts/pages.js --check          runs nothing: says what is stale, and ends with 1 if anything is
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.js';

await setUp();
const { isStale, keptProofs, labNames, ledger, ledgerIfPassed, loadPlan, ownCommands, page, readmeWith } = await import(
  '../dist/exports.js'
);

const folder = new URL('../docs/labs/', import.meta.url);
const readme = new URL('../README.md', import.meta.url);
const cli = fileURLToPath(new URL('../bin/packetwalk.js', import.meta.url));
const fileOf = (name) => new URL(`${name}.md`, folder);
const read = (url) => (existsSync(url) ? readFileSync(url, 'utf8') : undefined);

const words = process.argv.slice(2);
const check = words.includes('--check');
const named = words.filter((word) => word !== '--check');
const names = labNames();
const unknown = named.filter((name) => !names.includes(name));
if (unknown.length) {
  console.error(`There is no lab ${unknown.join(', ')}. There is ${names.join(', ')}.`);
  process.exit(64);
}
const plans = await Promise.all(names.map((name) => loadPlan(name)));
const chosen = named.length ? plans.filter(({ name }) => named.includes(name)) : plans;
const gone = () =>
  (existsSync(folder) ? readdirSync(folder) : []).filter((file) => !names.includes(file.replace(/\.md$/, '')));

process.exitCode = check ? tellStale() : await write();

function tellStale() {
  const stale = chosen.filter((plan) => isStale(plan, read(fileOf(plan.name)), ownCommands)).map(({ name }) => name);
  const text = read(readme);
  const lines = [
    ...stale.map((name) => `docs/labs/${name}.md is stale or missing. Type: node scripts/pages.js ${name}`),
    ...gone().map((file) => `docs/labs/${file} is of no lab. Type: rm docs/labs/${file}`),
    ...(readmeWith(text, plans, ledgerIfPassed(plans)) === text
      ? []
      : ['README.md has stale tables. Type: node scripts/pages.js']),
  ];
  console.log(lines.length ? lines.join('\n') : 'All pages are as the labs are.');
  return lines.length ? 1 : 0;
}

async function write() {
  mkdirSync(folder, { recursive: true });
  for (const file of gone()) rmSync(new URL(file, folder));
  let failed = 0;
  for (const plan of chosen) {
    const run = await verify(plan.name);
    const passed = run.verdict === 'passed';
    if (passed) writeFileSync(fileOf(plan.name), page(plan, run, ownCommands));
    else failed = 1;
    console.log(
      passed ? `docs/labs/${plan.name}.md` : `${plan.name}: ${run.verdict}: ${run.reason}. Its page stays as it was.`,
    );
  }
  return writeTables() || failed;
}

/** Only what runs on this machine found out goes into the tables. */
function writeTables() {
  const entries = ledger(plans, keptProofs());
  const decided = ['confirmed', 'corrected', 'unproven'];
  const open = entries.flatMap(({ labs }) => labs.filter(({ verdict }) => !decided.includes(verdict)));
  if (open.length) {
    const why = [...new Set(open.map(({ lab, verdict }) => `${lab} (${verdict})`))].join(', ');
    console.log(`README.md stays as it was: ${why}. Type: npm run lab -- claims --run`);
    return 0;
  }
  writeFileSync(readme, readmeWith(read(readme), plans, entries));
  console.log('README.md');
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
