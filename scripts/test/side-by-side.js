// Runs all test files, in several processes at once, each with a share of them. tests/shares.json lists files that take long, and
// those that must be together; the others are shared out by their folders. What the shares print comes in the order in which they
// were started, one after the other, whichever ends first.
import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const share = fileURLToPath(new URL('share.js', import.meta.url));

/** How many shares run at once: one more than there are cores, since tests wait for packets, machines and containers. */
const jobs = Number(process.env.TEST_JOBS) || availableParallelism() + 1;

/** Runs all tests, prints what became of them, and sets the exit code: who ended the process would lose what a pipe has not taken yet. */
export async function sideBySide(root) {
  const shares = sharesOf(root);
  const tellers = inOrder(shares.length);
  const ended = [];
  let next = 0;
  const work = async (last) => {
    while (next < last) {
      const i = next++;
      ended[i] = await run(root, shares[i].files, tellers[i].tell);
      tellers[i].end();
    }
  };
  await work(shares.filter(({ alone }) => alone).length);
  await Promise.all(Array.from({ length: jobs }, () => work(shares.length)));
  process.exitCode = summed(shares, ended);
}

/** All shares in the order in which they are started: those that must be alone, the others that are listed, then a folder each. */
function sharesOf(root) {
  const listed = JSON.parse(readFileSync(join(root, 'tests', 'shares.json'), 'utf8'));
  const known = new Set(listed.flatMap(({ files }) => files));
  const folders = new Map();
  for (const file of readdirSync(join(root, 'tests'), { recursive: true }).sort()) {
    const path = join('tests', file);
    if (!file.endsWith('.test.ts') || known.has(path)) continue;
    const folder = file.split(sep).slice(0, -1)[0] ?? '';
    folders.set(folder, [...(folders.get(folder) ?? []), path]);
  }
  const [alone, others] = [listed.filter((share) => share.alone), listed.filter((share) => !share.alone)];
  return [...alone, ...others, ...[...folders.values()].map((files) => ({ files }))];
}

/** For each share what prints its text: at once where all before it have ended, and after them where not. */
function inOrder(count) {
  const shares = Array.from({ length: count }, () => ({ text: '', isOver: false }));
  let first = 0;
  const flush = () => {
    for (; first < count; first++) {
      process.stdout.write(shares[first].text);
      shares[first].text = '';
      if (!shares[first].isOver) return;
    }
  };
  return shares.map((own) => ({
    tell(text) {
      own.text += text;
      flush();
    },
    end() {
      own.isOver = true;
      flush();
    },
  }));
}

/** Runs the files of a share in a process of their own; resolves to its counts, and to its failures as text. */
function run(root, files, tell) {
  const env = { ...process.env, ...(process.stdout.hasColors?.() && { MOCHA_COLORS: '1' }) };
  const child = fork(share, files, {
    cwd: root,
    env,
    execArgv: ['--import=tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', tell);
  return new Promise((resolve) => {
    let result;
    child.on('message', (message) => {
      result = message;
    });
    child.on('close', (code, signal) => {
      const how = `  Its process ended before its tests did: ${signal ?? `exit code ${code}`}\n`;
      resolve(result ?? { passes: 0, failures: 1, pending: 0, report: how });
    });
  });
}

/** The ten files that took longest, a line each. */
const slowest = (ended) =>
  ended
    .flatMap(({ took = {} }) => Object.entries(took))
    .sort(([, a], [, b]) => b - a)
    .slice(0, 10)
    .map(([file, ms]) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${relative('.', file)}`);

/** Prints all failures again, what took longest, and the counts; returns the exit code. */
function summed(shares, ended) {
  for (const [i, { failures, report }] of ended.entries())
    if (failures) process.stdout.write(`\nFailed in ${shares[i].files.join(', ')}:\n${report}`);
  const long = slowest(ended);
  if (long.length) process.stdout.write(`\nWhat took longest:\n${long.join('\n')}\n`);
  const sum = (count) => ended.reduce((total, each) => total + each[count], 0);
  process.stdout.write(`\n${sum('passes')} passed, ${sum('failures')} failed, ${sum('pending')} skipped\n`);
  return sum('failures') ? 1 : 0;
}
