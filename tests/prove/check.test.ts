import { expect } from 'chai';
import { type Expectation, exactly, fails, json, lacks, lines, none } from '../../src/index.ts';
import { installLine } from '../../src/machine/install.ts';
import { find, frequent, optional } from '../../src/machine/programs.ts';
import { check } from '../../src/prove/check.ts';
import type { CheckResult } from '../../src/prove/events.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../stand.ts';

describe('check', () => {
  let lab: Stood;

  before(async function () {
    needsNamespaces(this);
    lab = await stand(twoHosts());
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const checked = async (run: string, see: Expectation | Expectation[], timeoutMs?: number): Promise<CheckResult> =>
    (await check(lab, { title: 'It is so', run, see: { a: see } }, timeoutMs))[0]!;

  it('passes when the output is as expected, and tells the command, the node and the output', async () => {
    const { durationMs, ...told } = await checked('  echo one; echo two >&2\n', [lines('one', 'two'), lacks('three')]);
    expect(durationMs).to.be.above(0);
    expect(told).to.deep.equal({
      title: 'It is so',
      verdict: 'passed',
      node: 'a',
      command: 'echo one; echo two >&2',
      output: 'one\ntwo',
    });
    expect(
      (await checked('ip -j addr', json([{ ifname: 'eth0', addr_info: [{ local: '10.0.0.1' }] }]))).verdict,
    ).to.equal('passed');
  });

  it('fails when any of several expectations is not met, and says why', async () => {
    const result = await checked('echo one', [lines('one'), lacks('one'), lines('two')]);
    expect(result).to.include({ verdict: 'failed', reason: "it should not say 'one'; 'two' is missing" });
  });

  it('is seen at each of its nodes, and each has a verdict of its own', async () => {
    const see = { a: lines('10.0.0.1'), b: lines('10.0.0.1') };
    const results = await check(lab, { title: 'It is so', claim: 'C-1', run: 'ip -4 addr show eth0', see });
    expect(results.map(({ node, claim, verdict }) => ({ node, claim, verdict }))).to.deep.equal([
      { node: 'a', claim: 'C-1', verdict: 'passed' },
      { node: 'b', claim: 'C-1', verdict: 'failed' },
    ]);
  });

  it('is of several lines in one shell, and ends as the last of them', async () => {
    expect((await checked('x=1\nfalse\necho "x is $x"', lines('x is 1'))).verdict).to.equal('passed');
    expect((await checked('echo here\nfalse', lines('here'))).reason).to.equal('it ended with exit code 1');
  });

  const places: [where: string, run: (program: string) => string, see: Expectation][] = [
    ['alone', (program) => program, lines('x')],
    ['in the first of several lines', (program) => `${program}\necho x`, lines('x')],
    ['before a pipe', (program) => `${program} | cat`, lacks('users:')],
    ['before a pipe, where no element is to be', (program) => `${program} -j | cat`, none({ kind: 'tun' })],
    ['before a pipe, where nothing is to be', (program) => `${program} -j | cat`, exactly()],
    [
      'in another namespace',
      (program) => `ip netns add other; ip netns exec other ${program}; ip netns del other`,
      lines('x'),
    ],
    ['where a failure is expected', (program) => program, fails()],
  ];

  describe('fails, and says what was meant, when a command is misspelt', () => {
    for (const [where, run, see] of places)
      it(where, async () => {
        expect(await checked(run('traceroutee'), see)).to.deep.include({
          verdict: 'failed',
          reason: 'a command is missing: There is no program traceroutee. Did you mean traceroute?',
        });
      });
  });

  describe('is skipped, and says what to type, when a known command is not installed', () => {
    const tool = [...optional, ...frequent].find(({ command }) => !find(command));
    for (const [where, run, see] of places)
      it(where, async function () {
        if (!tool) {
          this.test!.title += ' (skipped: every known program is installed here)';
          return this.skip();
        }
        const result = await checked(run(tool.command), see);
        expect(result.verdict).to.equal('skipped');
        expect(result.reason).to.equal(
          `a command is missing: ${tool.command} is not installed there. Type: ${installLine([tool])}`,
        );
      });
  });

  it('fails when a known command is not where it was looked for', async () => {
    expect(await checked('PATH=/nowhere; perl -v', fails())).to.include({
      verdict: 'failed',
      reason: 'a command is missing: perl is installed, but not where it was looked for.',
    });
  });

  it('does not take for a missing command what a present one does not find', async () => {
    expect((await checked('ls /not-found 2>&1; true', lines('No such file'))).verdict).to.equal('passed');
    expect((await checked('echo "thing: not found" >&2; false', fails('not found'))).verdict).to.equal('passed');
  });

  it('fails when complaints came in place of JSON: nothing said is no empty list', async () => {
    for (const see of [none({ ifname: 'tun0' }), exactly(), json([])])
      expect(await checked('ip -j link show dev nothing | cat', see), JSON.stringify(see)).to.include({
        verdict: 'failed',
        reason: 'it printed no JSON, but: Device "nothing" does not exist.',
      });
    expect((await checked('true', exactly())).verdict).to.equal('passed');
  });

  it('is unknown when the command hangs', async () => {
    const result = await checked('echo begun; sleep 1000', lines('begun'), 100);
    expect(result).to.include({
      verdict: 'unknown',
      output: 'begun',
      reason: 'it was killed: it did not end within 0.1 s, or said more than 16 MB',
    });
  });

  it('is unknown when the command never stops talking, whatever it says', async () => {
    expect((await checked('yes', lacks('no'))).verdict).to.equal('unknown');
  });

  it('is unknown when a failure is expected and the command hangs', async () => {
    expect((await checked('sleep 1000', fails(), 100)).verdict).to.equal('unknown');
  });

  it('is unknown when the command says that it cannot tell', async () => {
    const result = await checked('echo one; echo too busy to compare; exit 75', lines('one'));
    expect(result).to.include({ verdict: 'unknown', reason: 'too busy to compare' });
    expect(await checked('exit 75', lines('one'))).to.include({
      verdict: 'unknown',
      reason: 'its command could not tell',
    });
  });

  it('is unknown when the command could not be started', async () => {
    expect(await checked('/etc/passwd', fails())).to.include({ verdict: 'unknown' });
  });

  it('is unknown when nothing is expected', async () => {
    expect(await checked('true', [])).to.include({ verdict: 'unknown', reason: 'nothing is expected of its output' });
  });
});
