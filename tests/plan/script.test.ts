import { expect } from 'chai';
import { daemon } from '../../src/lab/words.ts';
import { plan } from '../../src/plan/plan.ts';
import { typed } from '../../src/plan/script.ts';
import { findings, prove, setUp, verdictOf } from '../../src/prove/run.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { needsNamespaces, stand, twoHosts } from '../stand.ts';

describe('typed', () => {
  const lines = (script: Parameters<typeof typed>[0]['a']) => typed({ a: script })[0]?.lines;

  it('is one command a line, without comments', () => {
    expect(lines('\n  ip link\n  # a comment\n\n  ip addr \\\n show')).to.deep.equal(['ip link', 'ip addr  show']);
    expect(lines('')).to.equal(undefined);
  });

  it('keeps a here-document in one command, as far in as it is written', () => {
    const script = "\n    cat > /run/x <<'END'\n      one {\n        two\n      }\n    END\n    ip link";
    expect(lines(script)).to.deep.equal(["cat > /run/x <<'END'\none {\n  two\n}\nEND", 'ip link']);
  });

  it('starts a daemon by its own lines: its command, and one for each condition', () => {
    const [before, start, ready, after] = lines(['true', daemon('x', 'x -f', { 'x answers': "echo 'a'" }), 'false'])!;
    expect([before, after]).to.deep.equal(['true', 'false']);
    expect(start).to.equal('x -f </dev/null >/run/x.log 2>&1 & echo $! >/run/x.pid');
    expect(ready).to.match(/^until echo 'a' >.*; do read pid <\/run\/x\.pid && kill -0 \$pid/);
  });
});

describe('A daemon', () => {
  beforeEach(function () {
    needsNamespaces(this);
  });

  const withDaemon = (...words: Parameters<typeof daemon>) => ({
    ...twoHosts(),
    setup: { 'Start it': { a: [daemon(...words)] } },
  });

  const failure = async (...words: Parameters<typeof daemon>) => {
    const planned = plan(withDaemon(...words), 'test');
    await using runtime = await startNetns(planned);
    const found = findings();
    expect(await setUp(planned, runtime, found, () => {})).to.equal(false);
    expect(verdictOf(planned, found).verdict).to.equal('failed');
    return found.steps.at(-1)!.failure!;
  };

  it('is ready once its condition holds, and is checked at the end', async () => {
    await using lab = await stand(
      withDaemon('x', 'sh -c "echo up; exec sleep 99"', { 'It is up': 'grep up /run/x.log' }),
    );
    await prove(lab, lab.found, () => {});
    expect(lab.found.checks).to.have.lengthOf(1);
    expect(lab.found.checks[0]).to.include({ title: 'x still runs', node: 'a', verdict: 'passed', output: 'x runs' });
  });

  it('that ends before its time fails its check, with the end of its log', async () => {
    await using lab = await stand(
      withDaemon('x', 'sh -c "echo up; exec sleep 99"', { 'It is up': 'grep up /run/x.log' }),
    );
    await lab.runtime.script('a', 'kill $(cat /run/x.pid); while kill -0 $(cat /run/x.pid); do sleep 0.01; done');
    await prove(lab, lab.found, () => {});
    expect(lab.found.checks[0]).to.include({ verdict: 'failed', output: 'x has ended:\nup' });
  });

  it('that ends before it is ready is said, with the condition and the end of its log', async () => {
    const { node, output } = await failure('x', 'sh -c "echo address already in use"', { 'It is up': 'false' });
    expect(node).to.equal('a');
    expect(output).to.contain("x: 'It is up' was not reached: the daemon has ended.").and.contain('already in use');
  });

  it('that is missing is said by the shell’s own words', async () => {
    const { output } = await failure('x', 'no-such-daemon', { 'It is up': 'false' });
    expect(output).to.match(/no-such-daemon: not found/);
  });
});
