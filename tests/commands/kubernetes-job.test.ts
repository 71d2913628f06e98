import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { parse } from 'yaml';
import type { Results } from '../../src/report/runtimes/results.ts';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

interface Job {
  apiVersion: string;
  kind: string;
  spec: {
    completionMode: string;
    completions: number;
    parallelism: number;
    backoffLimitPerIndex: number;
    maxFailedIndexes: number;
    template: {
      spec: {
        restartPolicy: string;
        automountServiceAccountToken: boolean;
        containers: {
          image: string;
          command: string[];
          securityContext: { privileged?: boolean; capabilities: { drop: string[]; add: string[] } };
        }[];
      };
    };
  };
}

/** What keepalived does before it starts a script: setgroups(2). */
const SETGROUPS = `'A daemon takes its groups anew': { a: "perl -e '$! = 0; $) = q(0 0); exit $!'" }`;

const bin = fileURLToPath(new URL('../../bin/packetwalk.js', import.meta.url));

describe('matrix --kubernetes', function () {
  this.timeout(120_000);
  const own = ownFolder();
  const { folder } = own;
  const run = packetwalk(folder, {}, 60_000);
  after(() => own[Symbol.dispose]());

  const job = async (...words: string[]) => {
    const { stdout, exitCode, all } = await run('matrix', '--kubernetes', 'example.org/packetwalk:1', ...words);
    expect(exitCode, all).to.equal(0);
    return parse(stdout) as Job;
  };

  it('prints an Indexed Job: a pod for each shard, none of which is tried again or ends another', async () => {
    const { apiVersion, kind, spec } = await job('--shards', '4', '--no-drills');
    expect([apiVersion, kind]).to.deep.equal(['batch/v1', 'Job']);
    const { template, ...rest } = spec;
    expect(rest).to.deep.equal({
      completionMode: 'Indexed',
      completions: 4,
      parallelism: 4,
      backoffLimitPerIndex: 0,
      maxFailedIndexes: 4,
    });
    const [container] = template.spec.containers;
    expect(template.spec).to.include({ restartPolicy: 'Never', automountServiceAccountToken: false });
    expect(container!.image).to.equal('example.org/packetwalk:1');
    expect(container!.securityContext).to.not.have.property('privileged');
    expect(container!.securityContext.capabilities.drop).to.deep.equal(['ALL']);
    expect(container!.command[2]).to.contain(
      'matrix --runtimes netns --no-drills --shard $((JOB_COMPLETION_INDEX + 1))/4',
    );
  });

  const refused: [string, string[], RegExp][] = [
    ['no number of shards', ['--shards', 'many'], /^--shards is a number from 1, not many$/],
    [
      'more shards than runs',
      ['--labs', 'netns-veth', '--shards', '2'],
      /^--shards 2: there is 1 run, and each pod has one at least$/,
    ],
    ['a shard', ['--shard', '1/2'], /^--kubernetes runs nothing here: --shard has no meaning beside it$/],
    ['a report', ['--json'], /^--kubernetes runs nothing here: --json has no meaning beside it$/],
    ['a lab that is not there', ['--labs', 'netns-vet'], /^there is no lab netns-vet\. Did you mean netns-veth\?/],
    [
      'a runtime that no pod has',
      ['--runtimes', 'docker'],
      /^a pod has nothing that docker needs: leave --runtimes out$/,
    ],
  ];
  for (const [what, words, says] of refused)
    it(`refuses ${what}`, async () => {
      const { exitCode, stderr } = await run('matrix', '--kubernetes', 'x', ...words);
      expect(exitCode).to.equal(64);
      expect(stderr).to.match(says);
    });

  it('refuses --shards without it', async () => {
    const { exitCode, stderr } = await run('matrix', '--shards', '2');
    expect(exitCode).to.equal(64);
    expect(stderr).to.match(/^--shards says how many pods of --kubernetes there are/);
  });

  describe('whose pods have run', () => {
    const logs: string[] = [];
    let results = 0;
    /** What `merge` says of logs, in one file as `kubectl logs` prints them. */
    const merged = async (text: string) => {
      const name = `results-${++results}`;
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'packetwalk.log'), text);
      return run('merge', name, '--json');
    };

    before(async function () {
      needsNamespaces(this);
      if (process.getuid!() !== 0) {
        this.test!.parent!.title += ' (skipped: only root can be given the capabilities of a pod)';
        this.skip();
      }
      writeFileSync(join(folder, 'one.ts'), smallLab());
      writeFileSync(join(folder, 'two.ts'), smallLab({ setup: SETGROUPS }));
      writeFileSync(join(folder, 'packetwalk'), `#!/bin/sh\nexec ${process.execPath} ${bin} "$@"\n`, { mode: 0o755 });
      const { spec } = await job('--labs', './one.ts,./two.ts', '--shards', '2');
      const { command, securityContext } = spec.template.spec.containers[0]!;
      const { add } = securityContext.capabilities;
      const bounds = ['-all', ...add.map((name) => `+${name.toLowerCase()}`)].join(',');
      for (const index of ['0', '1']) {
        const { stdout, stderr, exitCode } = await execa(
          'setpriv',
          ['--bounding-set', bounds, '--inh-caps', '-all', ...command],
          {
            cwd: folder,
            reject: false,
            env: {
              JOB_COMPLETION_INDEX: index,
              TMPDIR: folder,
              INIT_CWD: folder,
              PATH: `${folder}:${process.env.PATH}`,
              CI: '',
            },
          },
        );
        expect(exitCode, `${stdout}\n${stderr}`).to.equal(0);
        logs.push(`${stdout}\n`);
      }
    });

    it('tells by its log what each found out, with no more rights than the Job has', async () => {
      const { exitCode, stdout } = await merged(logs.join(''));
      const { runs } = JSON.parse(stdout) as Results;
      expect(exitCode).to.equal(0);
      expect(runs.map(({ lab, runtime, verdict }) => [lab, runtime, verdict])).to.deep.equal([
        ['one', 'netns', 'passed'],
        ['two', 'netns', 'passed'],
      ]);
    });

    it('is unknown where a pod’s log is missing, is there twice, or ends in the middle', async () => {
      const cut = logs[1]!.slice(0, -200);
      for (const text of [logs[0]!, logs[0]! + logs[1]! + logs[1]!, logs[0]! + cut]) {
        const { exitCode, stdout } = await merged(text);
        expect([exitCode, (JSON.parse(stdout) as Results).verdict]).to.deep.equal([2, 'unknown']);
      }
    });

    it('is nothing where no pod told anything', async () => {
      const { exitCode, stderr } = await merged('it has no packetwalk\n');
      expect(exitCode).to.equal(64);
      expect(stderr).to.match(/^there is no shard in results-\d+/);
    });
  });

  it('is explained, with how its image is made', () => {
    const page = readFileSync(fileURLToPath(new URL('../../docs/shards.md', import.meta.url)), 'utf8');
    expect(page).to.contain('--kubernetes').and.to.contain('FROM node:');
  });
});
