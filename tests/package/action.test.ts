import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ownFolder, smallLab } from '../commands/packetwalk.ts';
import { needsNamespaces } from '../stand.ts';
import { run, write } from './packed.ts';

interface Step {
  id?: string;
  uses?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
  run?: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const yaml = (path: string) => parse(readFileSync(join(root, path), 'utf8'));
const action = yaml('action.yml') as {
  inputs: Record<string, { description: string; default: string }>;
  runs: { steps: Step[] };
};
const workflows = readdirSync(join(root, '.github/workflows')).map((file) => yaml(`.github/workflows/${file}`));
const steps = workflows.flatMap(({ jobs }) =>
  Object.values(jobs as Record<string, { steps: Step[] }>).flatMap(({ steps }) => steps),
);

/** Runs what the action types, as a job would with these inputs. */
async function job(folder: string, given: Record<string, string>) {
  const { env, run: script } = action.runs.steps.find(({ id }) => id === 'run')!;
  const inputs = Object.entries(env!).map(([name, text]) => {
    const input = /^\$\{\{ inputs\.(\S+) \}\}$/.exec(text)![1]!;
    return [name, given[input] ?? action.inputs[input]!.default];
  });
  const own = { GITHUB_ACTION_PATH: root, RUNNER_TEMP: folder };
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary.md') };
  return run(folder, 'bash', ['-e', '-o', 'pipefail', '-c', script!], {
    ...Object.fromEntries(inputs),
    ...own,
    ...files,
  });
}

describe('The action', () => {
  it('runs a part of one’s own labs, and keeps what it found out for `merge`', async function () {
    needsNamespaces(this);
    using own = ownFolder();
    const { folder } = own;
    mkdirSync(join(folder, 'labs of mine'));
    write(folder, { 'labs of mine/one.ts': smallLab(), 'labs of mine/two.ts': smallLab() });
    const given = { labs: './labs of mine/one.ts,./labs of mine/two.ts', runtimes: 'netns', captures: 'captures' };
    const first = await job(folder, { ...given, shard: '1/2' });
    expect(first.exitCode, first.all).to.equal(0);
    const second = await job(folder, { ...given, shard: '2/2', durations: 'packetwalk-1-of-2/shard-1-of-2.json' });
    expect(second.exitCode, second.all).to.equal(0);
    expect(existsSync(join(folder, 'packetwalk-2-of-2/shard-2-of-2.json'))).to.equal(true);
    expect(readFileSync(join(folder, 'output'), 'utf8')).to.contain(`results=${folder}/packetwalk-2-of-2\n`);
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).to.contain('## matrix: passed');
    const merged = await run(folder, process.execPath, [join(root, 'scripts/lab.js'), 'merge', '.', '--no-strict']);
    expect(merged.exitCode, merged.all).to.equal(0);
    expect(merged.all).to.contain('2 of 2 runs passed');
  });

  it('ends as the labs do', async function () {
    needsNamespaces(this);
    using own = ownFolder();
    write(own.folder, { 'cut.ts': smallLab({ setup: `'Cut it': { b: 'ip link set eth0 down' }` }) });
    expect((await job(own.folder, { labs: './cut.ts', runtimes: 'netns' })).exitCode).to.equal(1);
    const { exitCode, all } = await job(own.folder, { labs: './cut.ts', shard: '3/2' });
    expect(all).to.contain('--shard 3/2: there is no part 3 of 2');
    expect(exitCode).to.equal(64);
  });

  it('is given by our own workflows what it takes', () => {
    const own = steps.filter(({ uses }) => uses === './');
    expect(own).not.to.deep.equal([]);
    for (const { with: given = {} } of own) expect(action.inputs).to.include.keys(Object.keys(given));
  });

  it('and they run scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const named = steps.flatMap(({ run = '' }) =>
      [...run.matchAll(/npm run (?:--?\w+ )*([\w:]+)/g)].map(([, name]) => name),
    );
    expect(named).to.include('lab');
    expect(scripts).to.include.keys(named);
  });
});
