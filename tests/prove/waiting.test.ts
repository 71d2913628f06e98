import { expect } from 'chai';
import { daemon, json, type Lab, lines, type Script, until } from '../../src/index.ts';
import { BadLab } from '../../src/plan/bad-lab.ts';
import { plan } from '../../src/plan/plan.ts';
import { check } from '../../src/prove/check.ts';
import type { CheckResult } from '../../src/prove/events.ts';
import { findings, prove, setUp, takeDrills } from '../../src/prove/run.ts';
import { typeAll } from '../../src/prove/type-lines.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../stand.ts';

/** A command that says how often it was run at its place. */
const counting = (file: string) => `n=$(($(cat ${file} 2>/dev/null || echo 0) + 1)); echo $n > ${file}; echo try $n`;

const withSteps = (...a: Script[]): Lab => ({
  ...twoHosts(),
  setup: { 'It waits': { a: a as string[] } },
});

describe('until', () => {
  beforeEach(function () {
    needsNamespaces(this);
  });

  it('has a step go on once its condition holds', async () => {
    const third = `${counting('/run/tries')} | grep 'try 3'`;
    await using lab = await stand(withSteps(until('It is the third try', third, '30 s'), 'test $(cat /run/tries) = 3'));
    expect(lab.found.steps.at(-1)!.verdict).to.equal('passed');
  });

  it('says, where it never holds, how often it was tried and what was said last', async () => {
    const planned = plan(withSteps(until('It’s never so', 'echo "no \'way\'"; echo twice >&2; false', '1 s')), 'test');
    await using runtime = await startNetns(planned);
    const found = findings();
    expect(await setUp(planned, runtime, found, () => {})).to.equal(false);
    const { verdict, failure } = found.steps.at(-1)!;
    expect(verdict).to.equal('failed');
    expect(failure!.command).to.equal('echo "no \'way\'"; echo twice >&2; false');
    expect(failure!.output).to.match(
      /^'It’s never so' did not come to hold within 1 s: tried \d+ times\. The last time it said:\nno 'way'\ntwice$/,
    );
  });

  it('has a drill wait, too, and say what did not come to hold', async () => {
    const lab: Lab = {
      ...twoHosts(),
      faults: {
        'b is deaf': {
          break: {
            b: ['ip link set eth0 down', until('eth0 is down', 'ip link show eth0 | grep -q "state DOWN"', '10 s')],
          },
          lostAt: 'b:eth0',
          hint: 'Look at b',
          fix: { b: ['ip link set eth0 up', until('It is never so', 'false', '1 s'), 'true'] },
        },
      },
    };
    await using stood = await stand(lab);
    await takeDrills(stood, ['b is deaf'], stood.found, () => {});
    const [drill] = stood.found.drills;
    expect(drill!.verdict).to.equal('unknown');
    expect(drill!.reason).to.match(
      /^b# false failed: 'It is never so' did not come to hold within 1 s: tried \d+ times/,
    );
  });

  it('has a daemon’s conditions take their own time, beside that of the lines', async () => {
    const late = daemon('late', 'tail -f /dev/null', {
      'it is the ninth try': `${counting('/run/tries')} | grep 'try 9'`,
    });
    const planned = plan(withSteps(late), 'test');
    await using lab = await stand(twoHosts());
    const ofLinesMs = 1;
    expect(await typeAll(planned, lab.runtime, planned.steps.at(-1)!.commands!, ofLinesMs)).to.equal(undefined);
  });

  it('is refused without a time', () => {
    const problems = (part: unknown) => {
      try {
        plan(withSteps(part as string), 'test');
      } catch (error) {
        if (error instanceof BadLab) return error.problems.map(({ where, what }) => `${where} ${what}`).join();
      }
      return '';
    };
    expect(problems({ until: 'It is so', run: 'true' })).to.contain('within is missing');
    for (const within of ['10', '10s', '0 s', '1.5 s', '10 min', 'soon'])
      expect(problems({ until: 'It is so', run: 'true', within }), within).to.contain(
        "is a time in whole seconds, '10 s'",
      );
  });
});

describe('a check that has time to come to hold', () => {
  let lab: Stood;
  before(async function () {
    needsNamespaces(this);
    lab = await stand(twoHosts());
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const checked = async (run: string, see: string): Promise<CheckResult> =>
    (await check(lab, { title: 'It is so', run, see: { a: lines(see) }, within: '1 s' }))[0]!;

  it('is tried until it is so, and told as it was then', async () => {
    const told = await check(lab, {
      ...{ title: 'It is so', run: counting('/run/a'), see: { a: lines('try 3') }, within: '30 s' },
    });
    expect(told[0]).to.include({ verdict: 'passed', output: 'try 3', tries: 3 });
  });

  it('says how often it was tried where it never is, with what was said last', async () => {
    const { verdict, reason, output, tries } = await checked(counting('/run/b'), 'never');
    expect(verdict).to.equal('failed');
    expect(tries).to.be.above(1);
    expect(output).to.equal(`try ${tries}`);
    expect(reason).to.equal(`it did not come to hold within 1 s, tried ${tries} times: 'never' is missing`);
  });

  it('is not tried again where its program is missing', async () => {
    expect(await checked('nosuchprogram', 'x')).to.not.have.property('tries');
  });
});

describe('a check that alters the lab', () => {
  beforeEach(function () {
    needsNamespaces(this);
  });

  it('runs alone, after all others, wherever it stands', async () => {
    const isOneMtu = { run: 'ip -j link show eth0', see: { a: json([{ mtu: 1500 }]) } };
    const lab: Lab = {
      ...twoHosts(),
      checks: {
        'Its MTU can be lowered': {
          run: 'ip link set eth0 mtu 1400; ip -j link show eth0',
          see: { a: json([{ mtu: 1400 }]) },
          changes: true,
        },
        'Its MTU is that of Ethernet': isOneMtu,
        'And can be raised': {
          run: 'ip -j link show eth0; ip link set eth0 mtu 1500',
          see: { a: json([{ mtu: 1400 }]) },
          changes: true,
        },
        'Its MTU is so for all': isOneMtu,
      },
    };
    await using stood = await stand(lab);
    await prove(stood, stood.found, () => {});
    expect(stood.found.checks.map(({ title, verdict }) => `${title}: ${verdict}`)).to.deep.equal([
      'Its MTU is that of Ethernet: passed',
      'Its MTU is so for all: passed',
      'Its MTU can be lowered: passed',
      'And can be raised: passed',
    ]);
    expect([...stood.proven]).to.deep.equal([]);
  });
});
