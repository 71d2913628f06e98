import { expect } from 'chai';
import type { Fault } from '../../src/index.ts';
import { at, icmp, ip, send } from '../../src/index.ts';
import { plan } from '../../src/plan/plan.ts';
import { drill } from '../../src/prove/drill.ts';
import { findings, takeDrills, verdictOf } from '../../src/prove/run.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../stand.ts';

const WALK = 'a pings b';
const OTHER = 'b pings a';

const deaf: Fault = {
  break: { b: 'iptables -A INPUT -p icmp --icmp-type echo-request -j DROP' },
  lostAt: 'reply b:eth0',
  hint: 'Look at b',
  fix: { b: 'iptables -F INPUT' },
};

/** Two hosts that ping each other, and some faults. */
const drilled = (faults: Record<string, Fault>) => {
  const back = [ip({ src: '10.0.0.2', dst: '10.0.0.1' }), icmp({ type: 'echo request' })];
  const lab = twoHosts();
  lab.walks[OTHER] = {
    send: send('b', 'ping -c 1 10.0.0.1'),
    request: [at('b:eth0', 'It leaves', back), at('a:eth0', 'It arrives', back)],
  };
  return plan({ ...lab, faults }, 'test');
};

describe('drill', () => {
  let lab: Stood;

  beforeEach(function () {
    needsNamespaces(this);
  });
  afterEach(() => lab?.[Symbol.asyncDispose]());

  const take = async (fault: Fault) => {
    await lab?.[Symbol.asyncDispose]();
    lab = await stand(drilled({ 'It is broken': fault }));
    return drill(lab, lab.plan.faults[0]!);
  };

  it('passes when the packet is lost where it should be, and arrives after the fix', async () => {
    const result = await take({ ...deaf, untouched: 'all' });
    expect(result).to.deep.include({
      fault: 'It is broken',
      verdict: 'passed',
      walk: WALK,
      lostAt: 'reply b:eth0',
      expectedLostAt: 'reply b:eth0',
      healed: true,
      hint: 'Look at b',
    });
    expect(result.broken!.verdict).to.equal('failed');
  });

  it('fails when the fault does no harm', async () => {
    const result = await take({ ...deaf, break: { b: 'true' } });
    expect(result).to.include({ verdict: 'failed', lostAt: null, reason: `${WALK} arrived all the same` });
  });

  it('fails when the packet is lost elsewhere, and says where', async () => {
    const result = await take({ ...deaf, lostAt: 'reply a:eth0' });
    expect(result).to.include({
      verdict: 'failed',
      healed: true,
      reason: 'it was lost at reply b:eth0, not at reply a:eth0',
    });
  });

  it('fails when a walk notices that should not, and says which', async () => {
    const result = await take({
      break: { a: 'iptables -A OUTPUT -p icmp -j DROP' },
      lostAt: 'a:eth0',
      untouched: [OTHER],
      hint: 'Look at a',
      fix: { a: 'iptables -F OUTPUT' },
    });
    expect(result.verdict).to.equal('passed');
    const noticed = await take({
      break: { a: 'iptables -A INPUT -p icmp -j DROP', b: 'iptables -A OUTPUT -p icmp -j DROP' },
      lostAt: 'reply b:eth0',
      untouched: [OTHER],
      hint: 'Look at b',
      fix: { a: 'iptables -F INPUT', b: 'iptables -F OUTPUT' },
    });
    expect(noticed).to.include({ verdict: 'failed', reason: `${OTHER} was lost as well, at b:eth0` });
  });

  it('fails when the fix does not mend it', async () => {
    const result = await take({ ...deaf, fix: { b: 'true' } });
    expect(result).to.include({
      verdict: 'failed',
      healed: false,
      reason: `after the fix ${WALK} is still lost, at reply b:eth0`,
    });
  });

  it('is unknown when a command of the fault fails, says which, and still types the fix', async () => {
    const result = await take({
      ...deaf,
      break: { a: 'touch /run/broken; no-such-command', b: 'true' },
      fix: { a: 'rm /run/broken' },
    });
    expect(result).to.include({ verdict: 'unknown', healed: false });
    expect(result.reason).to.match(/^a# touch \/run\/broken; no-such-command failed: .*no-such-command: not found$/);
    expect((await lab.runtime.script('a', 'ls /run/broken')).code).to.not.equal(0);
  });

  it('is unknown when a command of the fix fails, and says which', async () => {
    const result = await take({ ...deaf, fix: { b: 'false' } });
    expect(result).to.include({ verdict: 'unknown', healed: false, lostAt: 'reply b:eth0' });
    expect(result.reason).to.match(/^b# false failed/);
  });

  it('sees the interfaces that a fault makes anew', async () => {
    const result = await take({
      break: { b: 'ip link set eth0 down; ip link set eth0 name eth9; ip link set eth9 up' },
      lostAt: 'b:eth0',
      hint: 'Look at b',
      fix: { b: 'ip link set eth9 down; ip link set eth9 name eth0; ip link set eth0 up' },
    });
    expect(result).to.include({ verdict: 'passed', healed: true });
    expect(result.broken!.unexpected.map(({ at }) => at)).to.include('b:eth9');
  });
});

describe('takeDrills', () => {
  let lab: Stood;

  beforeEach(function () {
    needsNamespaces(this);
  });
  afterEach(() => lab?.[Symbol.asyncDispose]());

  it('judges nothing in a lab that was not mended: what comes after is unknown', async () => {
    lab = await stand(
      drilled({ 'b stays deaf': { ...deaf, fix: { b: 'true' } }, 'b is deaf': deaf, 'a is deaf': deaf }),
    );
    const found = { ...findings(), steps: lab.found.steps };
    await takeDrills(
      lab,
      lab.plan.faults.map(({ fault }) => fault),
      found,
      () => {},
    );
    expect(found.drills.map(({ fault, verdict, reason }) => [fault, verdict, reason])).to.deep.equal([
      ['b stays deaf', 'failed', `after the fix ${WALK} is still lost, at reply b:eth0`],
      ['b is deaf', 'unknown', "it was not tried: the lab was left broken by 'b stays deaf'"],
      ['a is deaf', 'unknown', "it was not tried: the lab was left broken by 'b stays deaf'"],
    ]);
    expect(verdictOf(lab.plan, found, { drills: true }).verdict).to.equal('failed');
  });
});
