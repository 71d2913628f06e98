import { cpSync, existsSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { pcapngPackets } from '../../src/packet/index.ts';
import type { Results } from '../../src/report/runtimes/results.ts';
import { writeKernel, writeModules } from '../runtime/vm/kernels.ts';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

const reference = readFileSync(fileURLToPath(new URL('../../docs/json.md', import.meta.url)), 'utf8');

describe('matrix', () => {
  const own = ownFolder();
  const { folder } = own;
  const run = packetwalk(folder);
  after(() => own[Symbol.dispose]());
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return `./${name}`;
  };
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');

  const cases: [string, string[], RegExp][] = [
    [
      'a runtime',
      ['--runtimes', 'netns,dokcer'],
      /^there is no runtime dokcer\. Did you mean docker\?\nThere is netns, /,
    ],
    ['no runtime', ['--runtimes', ','], /^--runtimes names none$/],
    ['a lab', ['--labs', 'flannel-vxlam'], /^there is no lab flannel-vxlam\. Did you mean flannel-vxlan\?/],
    ['a lab twice', ['--labs', './a/x.ts,./b/x.ts'], /^two of the labs are named x$/],
    ['no number of jobs', ['--jobs', 'many'], /^--jobs is a number from 1, not many$/],
    ['no jobs', ['--jobs', '0'], /^--jobs is a number from 1, not 0$/],
    ['an option', ['--runtime', 'netns'], /^unknown option '--runtime'\n\(Did you mean --runtimes\?\)$/],
    ['no file', ['--compare'], /^option '--compare <files\.\.\.>' argument missing$/],
    ['a file that is not there', ['--compare', 'nosuch.json'], /nosuch\.json: cannot be read: ENOENT/],
    ['no shard', ['--shard', '2'], /^--shard is I\/N, the I-th of N parts, as 2\/3: not 2$/],
    ['a shard beyond the last', ['--shard', '4/3'], /^--shard 4\/3: there is no part 4 of 3$/],
    ['durations that are not there', ['--durations', 'nosuch.json'], /nosuch\.json: cannot be read: ENOENT/],
    [
      'a folder that cannot be',
      ['--out', '/dev/null/x'],
      /^--out \/dev\/null\/x: nothing can be written there: ENOTDIR/,
    ],
    ['no kernel', ['--kernels', ','], /^--kernels names none$/],
    ['what is no kernel', ['--kernels', '6.1,new'], /^--kernel is a version or the path of a bzImage, not new\n/],
    [
      'a kernel that nobody has',
      ['--kernels', '98.7'],
      /^there is no Linux 98\.7 (to be had: there is none in \/boot, and apt|in \/boot, and no apt-get)/,
    ],
    ['a file that is no kernel', ['--kernels', './mine.ts'], /mine\.ts cannot be read: ENOENT/],
    [
      'kernels of what has none',
      ['--kernels', '6.1', '--runtimes', 'vm,netns'],
      /^--kernels belongs to vm, and netns has/,
    ],
    ['kernels in pods', ['--kernels', '6.1', '--kubernetes', 'x'], /^--kernels belongs to vm, which is not in pods/],
    ['what has no meaning', ['--compare', 'a.json', '--jobs', '2'], /^--compare runs nothing: --jobs has no meaning/],
  ];
  for (const [what, words, said] of cases)
    it(`typed wrongly, ${what}: it says so and ends with 64`, async () => {
      const { exitCode, all } = await run('matrix', ...words);
      expect(all).to.match(said);
      expect(all).not.to.match(/\n\s+at /);
      expect(exitCode).to.equal(64);
    });

  it('a file that holds something else is refused', async () => {
    for (const [text, said] of [
      ['not JSON', 'is no JSON'],
      ['null', 'is no result of'],
      ['{"schemaVersion":2,"labs":[]}', 'is no result of'],
      ['{"schemaVersion":1,"runs":[]}', 'is of version 1, which an older packetwalk printed'],
      ['{"schemaVersion":1,"walks":[]}', 'Run it again: npm run lab -- verify LAB --json'],
      ['{"schemaVersion":7,"runs":[]}', 'of this version, 2, but of 7'],
    ] as const) {
      file('odd.json', text);
      const { exitCode, all } = await run('matrix', '--compare', 'odd.json');
      expect(all).to.contain(said);
      expect(exitCode).to.equal(64);
    }
  });

  it('lists what it would run', async () => {
    const { stdout, exitCode } = await run('matrix', '--list', '--json');
    const { labs, runtimes } = JSON.parse(stdout) as Results;
    expect(labs).to.include('flannel-vxlan');
    expect(runtimes).to.include.members(['netns', 'vm']);
    expect(exitCode).to.equal(0);
    const few = await run('matrix', '--list', '--labs', 'flannel-vxlan', '--runtimes', 'vm/per-node,netns');
    expect(few.stdout).to.equal('labs: flannel-vxlan\nruntimes: vm/per-node, netns');
  });

  it('lists kernels by version or file, each with all forms of machines; two that are one are refused', async () => {
    for (const release of ['99.1.0', '99.2.0']) {
      writeKernel(join(folder, release, 'bzImage'), release);
      writeModules(join(folder, release, 'lib', 'modules', release), release);
    }
    cpSync(join(folder, '99.2.0', 'bzImage'), join(folder, 'own', 'vmlinuz'), { recursive: true });
    const both = ['--runtimes', 'vm,vm/per-node', '--labs', 'netns-veth', '--list'];
    const two = './99.1.0/bzImage,./own/vmlinuz:99.2.0/lib/modules/99.2.0';
    const { stdout } = await run('matrix', '--kernels', two, ...both);
    expect(stdout).to.equal(
      'labs: netns-veth\nruntimes: vm/bzImage, vm/per-node/bzImage, vm/vmlinuz, vm/per-node/vmlinuz',
    );
    const alike = await run('matrix', '--kernels', './99.1.0/bzImage,./99.2.0/bzImage', '--list');
    expect(alike.stdout).to.match(/\nruntimes: vm\/\.\/99\.1\.0\/bzImage, vm\/\.\/99\.2\.0\/bzImage$/);
    const one = await run('matrix', '--kernels', `${two},./99.2.0/bzImage`);
    expect(one.all).to.match(
      /^two of the kernels are one: \.\/own\/vmlinuz:\S+ and \.\/99\.2\.0\/bzImage are both Linux 99/,
    );
    expect(one.exitCode).to.equal(64);
  });

  it('what npm kept to itself is noticed here as well', async () => {
    const swallowing = packetwalk(folder, { npm_lifecycle_event: 'matrix', npm_config_jobs: '2' });
    const { exitCode, all } = await swallowing('matrix');
    expect(all).to.equal('npm kept --jobs to itself.\nType: npm run lab -- matrix --jobs 2');
    expect(exitCode).to.equal(64);
    const other = await packetwalk(folder, { npm_config_jobs: '2' })('status');
    expect(other.exitCode).to.equal(0);
  });

  describe('on one runtime', () => {
    let all: Results;
    let exitCode: number | undefined;
    let stderr: string;
    before(async function () {
      needsNamespaces(this);
      const lab = file('mine.ts', smallLab());
      const broken = file('broken.ts', smallLab({ setup: `'Cut it': { a: 'ip address flush dev eth0' }` }));
      const done = await run(
        ...['matrix', '--labs', `${lab},${broken}`, '--runtimes', 'netns', '--json'],
        ...['--captures', 'captures', '--junit', 'm.xml', '--markdown', 'm.md'],
      );
      ({ exitCode, stderr } = done);
      all = JSON.parse(done.stdout) as Results;
      writeFileSync(join(folder, 'result-netns.json'), done.stdout);
    });

    it('runs each lab, and has the document of each run', () => {
      expect(all).to.deep.include({ labs: ['mine', 'broken'], runtimes: ['netns'], verdict: 'failed' });
      expect(all.runs.map(({ lab, verdict, document }) => [lab, verdict, document?.walks.length])).to.deep.equal([
        ['mine', 'passed', 1],
        ['broken', 'failed', 1],
      ]);
      expect(exitCode).to.equal(1);
    });

    it('tells of each run as it ends, where nobody waits for a document', () => {
      expect(stderr).to.match(/^✓ mine on netns {2}\S+ m?s\n✗ broken on netns {2}\S+ m?s$/);
    });

    it('does not count as compared what ran on one runtime alone', () => {
      expect(all.comparisons.map(({ lab, verdict, reason }) => [lab, verdict, reason])).to.deep.equal([
        ['mine', 'skipped', 'not compared: only netns ran it'],
        ['broken', 'skipped', 'not compared: only netns ran it'],
      ]);
    });

    it('keeps what each run captured, if it captured anything', () => {
      const packets = [...pcapngPackets(readFileSync(join(folder, 'captures', 'mine-netns.pcapng')))];
      expect(new Set(packets.map(({ point }) => point.name))).to.include.members(['a:eth0', 'b:eth0']);
      expect(existsSync(join(folder, 'captures', 'broken-netns.pcapng'))).to.equal(false);
    });

    it('writes JUnit XML with a suite for each run and one for the comparison, and Markdown', () => {
      expect([...read('m.xml').matchAll(/<testsuite name="([^"]*)"/g)].map(([, name]) => name)).to.deep.equal([
        'mine on netns',
        'broken on netns',
        'comparison',
      ]);
      expect(read('m.md')).to.contain('| Lab | netns | They agree |').and.to.contain('## matrix: failed');
    });

    it('has no field that docs/json.md does not name', () => {
      const fields = (value: unknown): string[] =>
        typeof value === 'object' && value
          ? Object.entries(value).flatMap(([key, inner]) => [
              ...(Array.isArray(value) ? [] : [key]),
              // Those of a protocol are in docs/lab-reference.md.
              ...(key === 'fields' ? [] : fields(inner)),
            ])
          : [];
      expect([...new Set(fields(all))].filter((field) => !reference.includes(`\`${field}\``))).to.deep.equal([]);
    });

    /** The results as if another runtime had had them, after a change. */
    const elsewhere = (change: (results: Results) => void): string => {
      const other = structuredClone(all);
      for (const each of other.runs) each.runtime = 'elsewhere';
      other.runs.length = 1;
      change(other);
      return file('result-elsewhere.json', JSON.stringify(other));
    };
    const compared = (...words: string[]) =>
      run('matrix', '--compare', 'result-netns.json', 'result-elsewhere.json', ...words);

    it('compares results from files, and finds none different that is not', async () => {
      elsewhere(() => {});
      const { stdout } = await compared('--json');
      const [mine, broken] = (JSON.parse(stdout) as Results).comparisons;
      expect(mine).to.deep.include({ runtimes: ['netns', 'elsewhere'], verdict: 'passed', differences: [] });
      expect(mine!.compared).to.be.greaterThan(4);
      expect(broken).to.include({ verdict: 'skipped' });
    });

    it('finds the one hop that differs, says in what, and ends with 1', async () => {
      elsewhere(({ runs }) => {
        const hop = runs[0]!.document!.walks[0]!.hops[1]!;
        if (hop.kind === 'point') hop.seen!.find(({ protocol }) => protocol === 'ip')!.fields.ttl = 63;
      });
      const said = "walk 'a pings b', hop b:eth0: netns saw ip ttl 64, elsewhere ip ttl 63";
      const { exitCode, stdout } = await compared('--markdown', 'c.md', '--junit', 'c.xml');
      expect(stdout.replaceAll(/\n {2}/g, ' ')).to.contain(`✗ mine: ${said}\n`);
      expect(exitCode).to.equal(1);
      expect(read('c.md')).to.contain(`| mine | ${said} |`);
      expect(read('c.xml')).to.match(/<failure message="walk &apos;a pings b&apos;, hop b:eth0: netns saw ip ttl 64/);
    });

    it('takes documents of verify as well; runs that only their files tell apart are named by these', async () => {
      const [mine] = all.runs;
      file('first.json', JSON.stringify(mine!.document));
      file('second.json', JSON.stringify(mine!.document));
      const { exitCode, stdout } = await run('matrix', '--compare', 'first.json', 'second.json', '--json');
      const { verdict, comparisons } = JSON.parse(stdout) as Results;
      expect(verdict).to.equal('passed');
      expect(comparisons[0]!.runtimes).to.deep.equal(['netns (first)', 'netns (second)']);
      expect(exitCode).to.equal(0);
    });

    it('does not pass a comparison that compared nothing', async () => {
      file('alone.json', JSON.stringify(all.runs[0]!.document));
      const { exitCode, stdout } = await run('matrix', '--compare', 'alone.json');
      expect(stdout).to.contain('not compared: only netns ran it').and.to.contain('nothing could be compared');
      expect(exitCode).to.equal(2);
    });
  });

  describe('in shards', () => {
    const merge = (...words: string[]) => run('merge', ...words);
    let labs: string;
    before(async function () {
      needsNamespaces(this);
      labs = [file('one.ts', smallLab()), file('two.ts', smallLab()), file('three.ts', smallLab())].join();
      for (const part of ['1/2', '2/2'])
        await run('matrix', '--labs', labs, '--runtimes', 'netns', '--shard', part, '--out', `shards/${part[0]}`);
    });

    it('each runs its part, and keeps what it found out for all of them', () => {
      const parts = [1, 2].map((i) => JSON.parse(read(`shards/${i}/shard-${i}-of-2.json`)) as Results);
      expect(parts.flatMap(({ runs }) => runs.map(({ lab }) => lab)).sort()).to.deep.equal(['one', 'three', 'two']);
      for (const { comparisons, shard } of parts) {
        expect(comparisons).to.deep.equal([]);
        expect(shard!.planned.map(({ lab }) => lab)).to.deep.equal(['one', 'two', 'three']);
      }
    });

    it('are put together to what one machine finds out, but for durations and what the kernel draws by lot', async () => {
      const whole = JSON.parse(
        (await run('matrix', '--labs', labs, '--runtimes', 'netns', '--json')).stdout,
      ) as Results;
      const { stdout, exitCode } = await merge('shards', '--json', '--junit', 's.xml', '--markdown', 's.md');
      const merged = JSON.parse(stdout) as Results;
      const withoutTimes = ({ runs, durationMs: _, ...rest }: Results) => ({
        ...rest,
        runs: runs.map(({ lab, runtime, verdict, reason }) => ({ lab, runtime, verdict, reason })),
      });
      expect(withoutTimes(merged)).to.deep.equal(withoutTimes(whole));
      expect(merged.runs.map(({ document }) => document!.walks.length)).to.deep.equal([1, 1, 1]);
      expect(read('s.md')).to.contain('| Lab | netns | They agree |');
      expect(read('s.xml')).to.contain('<testsuite name="three on netns"');
      expect(exitCode).to.equal(0);
    });

    it('one that is missing, or there twice, makes the whole unknown, and that is never green', async () => {
      const { stdout, exitCode } = await merge('shards/1');
      expect(stdout).to.contain('? matrix: unknown\n  shard 2 of 2 is missing');
      expect(exitCode).to.equal(2);
      const twice = await merge('shards', 'shards/1');
      expect(twice.stdout).to.contain('shard 1 of 2 is there 2 times');
      expect(twice.exitCode).to.equal(2);
    });

    it('one without a run says so; it is there all the same', async () => {
      const words = ['matrix', '--labs', './one.ts', '--runtimes', 'netns'];
      const { exitCode, stdout, stderr } = await run(...words, '--shard', '2/2', '--out', 'few');
      expect(stderr).to.equal('no run falls to shard 2 of 2: there are 1');
      expect(stdout).to.contain('✓ shard 2 of 2: passed\n  0 of 0 runs passed\n');
      expect(exitCode).to.equal(0);
      await run(...words, '--shard', '1/2', '--out', 'few');
      expect((await merge('few')).exitCode).to.equal(0);
    });

    it('lists what falls to one of them, by the durations of runs before', async () => {
      const took = JSON.parse(read('shards/1/shard-1-of-2.json')) as Results;
      const [first] = took.runs;
      file(
        'took.json',
        JSON.stringify({
          ...took,
          runs: [
            { ...first, lab: 'two', durationMs: 1e6 },
            { ...first, lab: 'gone' },
          ],
        }),
      );
      const words = ['matrix', '--labs', labs, '--runtimes', 'netns', '--durations', 'took.json', '--list'];
      const { stdout, stderr } = await run(...words, '--shard', '1/2', '--json');
      expect(stderr).to.equal('took.json: not in this matrix, and left out: gone on netns');
      expect(JSON.parse(stdout).runs).to.have.length(2);
    });

    it('a folder without any is refused, with what writes one', async () => {
      mkdirSync(join(folder, 'empty'));
      const { exitCode, all } = await merge('empty');
      expect(all).to.match(/^there is no shard in empty\nOne is written there by: .*matrix --shard 1\/2 --out empty$/);
      expect(exitCode).to.equal(64);
      file('shard-1-of-1.json', JSON.stringify({ schemaVersion: 2, runs: [] }));
      expect((await merge('.')).all).to.match(/shard-1-of-1\.json: is no shard of a matrix$/);
    });
  });

  it('a runtime that refuses is skipped with its reason; --strict counts that', async function () {
    needsNamespaces(this);
    const lab = file('mine.ts', smallLab());
    const nowhere = packetwalk(folder, { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    const words = ['matrix', '--labs', lab, '--runtimes', 'netns,docker'];
    const { exitCode, stdout } = await nowhere(...words);
    expect(stdout).to.match(/\n {6,}netns +docker +they agree\nmine +✓ \S+ m?s +- skipped +-\n/);
    expect(stdout).to.match(/\n- mine on docker: .*\/nowhere\/docker\.sock/);
    expect(stdout).to.contain('\n- mine: not compared: only netns ran it\n');
    expect(exitCode).to.equal(0);
    expect((await nowhere(...words, '--strict')).exitCode).to.equal(1);
  });

  it('a run that dies is unknown, with its last words', async function () {
    needsNamespaces(this);
    const lab = file(
      'dying.ts',
      `import { writeSync } from 'node:fs';
${smallLab()}
if (process.argv.includes('verify')) {
  writeSync(2, 'no more');
  process.kill(process.pid, 'SIGKILL');
}`,
    );
    const { exitCode, stdout } = await run('matrix', '--labs', lab, '--runtimes', 'netns');
    expect(stdout).to.contain('? dying on netns: it ended with 137 and told nothing: no more');
    expect(exitCode).to.equal(2);
  });

  it('Ctrl-C ends what runs before it ends itself, with 130', async function () {
    needsNamespaces(this);
    const note = join(folder, 'pid');
    const noting = `
import { writeFileSync } from 'node:fs';
if (process.argv.includes('verify')) writeFileSync('${note}', String(process.pid));`;
    const lab = file('slow.ts', `${noting}\n${smallLab({ setup: `'Wait': { a: 'sleep 50' }` })}`);
    const noted = new Promise<void>((resolve) => {
      const watcher = watch(folder, () => {
        if (!existsSync(note) || !readFileSync(note, 'utf8')) return;
        watcher.close();
        resolve();
      });
    });
    const child = run('matrix', '--labs', lab, '--runtimes', 'netns', '--json');
    await noted;
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await child;
    expect(() => process.kill(Number(readFileSync(note, 'utf8')), 0)).to.throw('ESRCH');
    expect(stderr).to.contain('taking down');
    expect(stdout).to.equal('');
    expect(exitCode).to.equal(130);
  });
});
