import { expect } from 'chai';
import type { Fault } from '../../src/index.ts';
import { at, icmp, ip, send } from '../../src/index.ts';
import { plan } from '../../src/plan/plan.ts';
import { breakFault, drill, fixFault, flowsOf } from '../../src/prove/drill.ts';
import { findings, takeDrills, verdictOf } from '../../src/prove/run.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../stand.ts';

const WALK = 'a pings b';
const OTHER = 'b pings a';

const deaf: Fault = {
  break: { b: 'iptables -A INPUT -p icmp --icmp-type echo-request -j DROP' },
  lostAt: 'reply b:eth0',
  hint: 'Look at b',
  fix: { b: 'iptables -F INPUT' },
};

/** A place where the answer fails, as a plan has it. */
const replyAt = (place: string) => ({ part: 'reply', where: { kind: 'point', place, device: 'eth0' } }) as const;

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
    return (await drill(lab, lab.plan.faults[0]!)).result;
  };

  it('passes when the packet is lost where it should be, and arrives after the fix', async () => {
    const result = await take({ ...deaf, untouched: 'all' });
    expect(result).to.deep.include({
      fault: 'It is broken',
      verdict: 'passed',
      walk: WALK,
      expected: { outcome: 'lost', ...replyAt('b') },
      healed: true,
      hint: 'Look at b',
    });
    expect(result.failed).to.deep.include({ outcome: 'lost', part: 'reply' });
    expect(result.broken!.verdict).to.equal('failed');
  });

  it('fails when the fault does no harm', async () => {
    const result = await take({ ...deaf, break: { b: 'true' } });
    expect(result).to.include({ verdict: 'failed', failed: null });
    expect(result.reason).to.equal(`${WALK} went as listed all the same: answered`);
  });

  it('fails when the packet is lost elsewhere, and says where', async () => {
    const result = await take({ ...deaf, lostAt: 'reply a:eth0' });
    expect(result).to.include({
      verdict: 'failed',
      healed: true,
      reason: 'reply lost at b:eth0, not at a:eth0',
    });
    expect(result.broken!.causes.map(({ cause }) => cause)).to.deep.equal(['firewall rule']);
  });

  it('asks nobody why where it went as predicted, and states no cause', async () => {
    const result = await take(deaf);
    expect(result.verdict).to.equal('passed');
    expect(result.broken!.causes).to.deep.equal([]);
  });

  it('fails when a walk notices that should not, and says which', async () => {
    const result = await take({
      break: { a: 'iptables -A OUTPUT -p icmp --icmp-type echo-request -j DROP' },
      lostAt: 'a:eth0',
      untouched: [OTHER],
      hint: 'Look at a',
      fix: { a: 'iptables -F OUTPUT' },
    });
    expect(result.verdict, result.reason).to.equal('passed');
    const noticed = await take({
      break: { a: 'iptables -A INPUT -p icmp -j DROP', b: 'iptables -A OUTPUT -p icmp -j DROP' },
      lostAt: 'reply b:eth0',
      untouched: [OTHER],
      hint: 'Look at b',
      fix: { a: 'iptables -F INPUT', b: 'iptables -F OUTPUT' },
    });
    expect(noticed).to.include({ verdict: 'failed', reason: `${OTHER} failed as well: lost at b:eth0` });
  });

  it('fails when the fix does not mend it', async () => {
    const result = await take({ ...deaf, fix: { b: 'true' } });
    expect(result).to.include({
      verdict: 'failed',
      healed: false,
      reason: `after the fix ${WALK} still fails: reply lost at b:eth0`,
    });
  });

  it('is unknown when a command of the fault fails, says which, and still types the fix', async () => {
    const result = await take({
      ...deaf,
      break: { a: 'touch /run/broken; no-such-command', b: 'true' },
      fix: { a: 'rm /run/broken' },
    });
    // The fix was typed, and was looked at: what comes after is tried.
    expect(result).to.include({ verdict: 'unknown', healed: true });
    expect(result.reason).to.match(/^a# touch \/run\/broken; no-such-command failed: .*no-such-command: not found$/);
    expect((await lab.runtime.script('a', 'ls /run/broken')).code).to.not.equal(0);
  });

  it('is unknown when a command of the fix fails, and says which', async () => {
    const result = await take({ ...deaf, fix: { b: 'false' } });
    expect(result).to.include({ verdict: 'unknown', healed: false });
    expect(result.failed).to.deep.include({ outcome: 'lost', part: 'reply' });
    expect(result.reason).to.match(/^b# false failed/);
  });

  it('sees the interfaces that a fault makes anew', async () => {
    const result = await take({
      break: { b: 'ip link set eth0 down; ip link set eth0 name eth9; ip link set eth9 up' },
      lostAt: 'b:eth0',
      hint: 'Look at b',
      fix: { b: 'ip link set eth9 down; ip link set eth9 name eth0; ip link set eth0 up' },
    });
    expect(result).to.include({
      verdict: 'failed',
      healed: true,
      reason: 'it was not lost at b:eth0: it was not seen there, and went on',
    });
    expect(result.broken!.strays.map((each) => each.kind === 'point' && each.device)).to.include('eth9');
  });

  it('is met by a packet that differs only where that is predicted', async () => {
    const ttl: Fault = {
      break: { a: 'iptables -t mangle -A POSTROUTING -p icmp -j TTL --ttl-set 9' },
      differsAt: 'a:eth0',
      hint: 'Look at the TTL',
      fix: { a: 'iptables -t mangle -F' },
    };
    expect(await take(ttl)).to.include({ verdict: 'passed', healed: true });
    const { differsAt: at, ...rest } = ttl;
    expect(await take({ ...rest, lostAt: at! })).to.include({
      verdict: 'failed',
      reason: 'it was not lost at a:eth0: it differs there',
    });
  });

  it('does not break a lab in which its walk does not pass, and says so', async () => {
    const blocked = drilled({ 'It is broken': { ...deaf, break: { b: 'touch /run/broken' } } });
    lab = await stand(blocked);
    await lab.runtime.run('b', ['iptables -A INPUT -p icmp -j DROP']);
    const { result, isLeftBroken } = await drill(lab, blocked.faults[0]!);
    expect(result).to.include({ verdict: 'failed', broken: null, failed: null });
    expect(result.reason).to.equal(`${WALK} does not pass before anything is broken: reply lost at b:eth0`);
    expect(isLeftBroken).to.equal(false);
    expect((await lab.runtime.script('b', 'ls /run/broken')).code).to.not.equal(0);
  });

  it('passes where the cause that it states is named first, and fails where it is not', async () => {
    const ignoring: Fault = {
      break: { b: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=1' },
      lostAt: 'reply b:eth0',
      hint: 'Look at b',
      fix: { b: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=0' },
    };
    expect((await take({ ...ignoring, cause: 'echo ignored' })).reason).to.equal(undefined);
    const { verdict, reason, healed } = await take({ ...ignoring, cause: 'no route' });
    expect({ verdict, healed }).to.deep.equal({ verdict: 'failed', healed: true });
    expect(reason).to.contain("the cause named first is 'echo ignored', not 'no route': b ");
  });

  it('breaks nothing where the cause that it states is not in the table, and says which was meant', async () => {
    const result = await take({ ...deaf, break: { b: 'touch /run/broken' }, cause: 'firewal rule' });
    expect(result).to.deep.include({ verdict: 'failed', broken: null });
    expect(result.reason).to.equal("there is no cause 'firewal rule'. Did you mean firewall rule?");
    expect((await lab.runtime.script('b', 'ls /run/broken')).code).to.not.equal(0);
  });

  it('takes its walk first, unless that passed since something was last typed', async () => {
    lab = await stand(drilled({ 'It is broken': deaf }));
    const counted = async () => {
      await lab.runtime.run('a', ['iptables -Z OUTPUT']);
      expect((await drill(lab, lab.plan.faults[0]!)).result.verdict).to.equal('passed');
      const { stdout } = await lab.runtime.script('a', 'iptables -nvxL OUTPUT');
      return Number(/^\s*(\d+)\s+\d+\s+RETURN/m.exec(stdout)?.[1]);
    };
    await lab.runtime.run('a', ['iptables -A OUTPUT -p icmp --icmp-type echo-request -j RETURN']);
    expect(await counted()).to.equal(3);
    expect(await counted()).to.equal(2);
    expect([...lab.proven]).to.deep.equal([WALK]);
  });

  it('has all places forget their neighbours first, where the fault is about that', async () => {
    const silent: Fault = {
      break: { b: 'sysctl -qw net.ipv4.conf.all.arp_ignore=8' },
      cold: true,
      lostAt: 'a:eth0',
      hint: 'Look at ARP',
      fix: { b: 'sysctl -qw net.ipv4.conf.all.arp_ignore=0' },
    };
    expect(await take(silent)).to.include({ verdict: 'passed', healed: true });
    const { cold, ...warm } = silent;
    expect((await take(warm)).reason).to.equal(cold && `${WALK} went as listed all the same: answered`);
  });

  it('has the sender forget the MTU of a path that is whole again', async () => {
    const ping = [ip({ src: '10.0.0.1', dst: '10.9.0.2' }), icmp({ type: 'echo request' })];
    const routed = plan(
      {
        title: 'A router',
        nodes: { a: 'host', r: 'router', b: 'host' },
        links: ['a:eth0 10.0.0.1/24 -- r:eth0 10.0.0.254/24', 'r:eth1 10.9.0.254/24 -- b:eth0 10.9.0.2/24'],
        setup: {
          'Each knows the way': {
            a: 'ip route add default via 10.0.0.254',
            b: 'ip route add default via 10.9.0.254',
          },
        },
        walks: {
          'a big one': {
            send: send('a', 'ping -c 1 -M do -s 1472 10.9.0.2'),
            request: ['a:eth0', 'r:eth0', 'r:eth1', 'b:eth0'].map((point) => at(point as 'a:eth0', 'x', ping)),
          },
        },
        faults: {
          'The way is narrow': {
            break: { r: 'ip link set eth1 mtu 1400' },
            lostAt: 'r:eth1',
            hint: 'Look at r',
            fix: { r: 'ip link set eth1 mtu 1500' },
          },
        },
      },
      'narrow',
    );
    lab = await stand(routed);
    for (let round = 0; round < 2; round++)
      expect((await drill(lab, routed.faults[0]!)).result).to.include({ verdict: 'passed', healed: true });
  });

  it('can only break, or only mend', async () => {
    lab = await stand(drilled({ 'It is broken': deaf }));
    const [fault] = lab.plan.faults;
    const verdict = async () => (await walk(lab, lab.plan.walks.slice(0, 1), { waitS: 0.2 }))[0]!.verdict;
    expect(await verdict()).to.equal('passed');
    expect(await breakFault(lab, fault!)).to.equal(undefined);
    expect([await verdict(), lab.proven.size]).to.deep.equal(['failed', 0]);
    expect(await fixFault(lab, fault!)).to.equal(undefined);
    expect(await verdict()).to.equal('passed');
  });
});

describe('flowsOf', () => {
  const stack = (src: string, dst: string, protocol: 'icmp' | 'udp', carries: number) => [
    { protocol: 'ip', fields: { src, dst, protocol: carries } },
    { protocol, fields: {} },
  ];
  const at = (seen: object[] | null) => ({ kind: 'point', seen });
  const flows = (...results: object[]) => flowsOf(results as unknown as Parameters<typeof flowsOf>[0]);

  it('is each connection that a header of the packets named, once', () => {
    const datagram = stack('10.0.0.1', '10.0.0.2', 'udp', 17);
    const hook = { kind: 'hook', seen: { chains: [] } };
    const translated = stack('10.0.0.1', '10.0.0.9', 'udp', 17);
    expect(flows({ hops: [at(datagram), hook, at(datagram), at(null)], strays: [at(translated)] })).to.deep.equal([
      { protocol: 17, src: '10.0.0.1', dst: '10.0.0.2' },
      { protocol: 17, src: '10.0.0.1', dst: '10.0.0.9' },
    ]);
  });

  it('leaves echoes out, wrapped or not: no other packet has their identifiers', () => {
    const echo = stack('10.0.0.1', '10.0.0.2', 'icmp', 1);
    const wrapped = [...stack('1.1.1.1', '1.1.1.2', 'udp', 17), { protocol: 'vxlan', fields: {} }, ...echo];
    expect(flows({ hops: [at(echo), at(wrapped)], strays: [] })).to.deep.equal([]);
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
      ['b stays deaf', 'failed', `after the fix ${WALK} still fails: reply lost at b:eth0`],
      ['b is deaf', 'unknown', "it was not tried: the lab was left broken by 'b stays deaf'"],
      ['a is deaf', 'unknown', "it was not tried: the lab was left broken by 'b stays deaf'"],
    ]);
    expect(verdictOf(lab.plan, found, { drills: true }).verdict).to.equal('failed');
  });
});
