import { expect } from 'chai';
import { icmp, ip, type Matrix } from '../../src/index.ts';
import type { Live } from '../../src/observe/sent.ts';
import type { Seen } from '../../src/observe/watch.ts';
import type { Packet } from '../../src/packet/index.ts';
import { type PlannedMatrix, plan } from '../../src/plan/plan.ts';
import { type Probed, tally } from '../../src/prove/probes.ts';
import { checkMatrices, judgePair } from '../../src/prove/reachability.ts';
import type { Echo } from '../../src/runtime/runtime.ts';
import { smallLab } from '../small-lab.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../stand.ts';

const matrix = (seenAs: Matrix['seenAs'], ...pairs: Matrix['pairs']): PlannedMatrix => ({
  title: 'All reach all',
  claim: 'C-1',
  seenAs,
  pairs,
});
const unchanged = matrix('the address it left with', { from: ['a', 'b'], to: ['a', 'b'] });
const own = matrix('its own address', { from: ['a', 'b'], to: ['a', 'b'] });

describe('checkMatrices', () => {
  let lab: Stood;

  beforeEach(async function () {
    needsNamespaces(this);
    lab = await stand(twoHosts());
  });
  afterEach(() => lab?.[Symbol.asyncDispose]());

  const type = async (place: string, line: string) => {
    const ran = await lab.runtime.run(place, [line]);
    expect(ran.code, ran.stderr).to.equal(0);
  };

  it('passes when every pair arrives with the address it should have, and tells each pair', async () => {
    const results = await checkMatrices(lab, [unchanged, own]);
    for (const result of results)
      expect(result).to.deep.include({
        claim: 'C-1',
        verdict: 'passed',
        node: 'b, a',
        output: 'a > b: from 10.0.0.1\nb > a: from 10.0.0.2',
      });
  });

  it('fails for a pair that does not arrive', async () => {
    await type('a', 'iptables -A OUTPUT -p icmp --icmp-type echo-request -j DROP');
    const [result] = await checkMatrices(lab, [unchanged], { waitS: 0.3 });
    expect(result).to.deep.include({
      verdict: 'failed',
      reason: '1 of 2 pairs: b received nothing from a: Operation not permitted',
    });
    expect(result!.output).to.equal('a > b: b received nothing from a: Operation not permitted\nb > a: from 10.0.0.2');
  });

  it('fails for a pair that arrives and is not answered, and says so', async () => {
    await type('b', 'iptables -A INPUT -p icmp --icmp-type echo-request -j DROP');
    const [result] = await checkMatrices(lab, [unchanged], { waitS: 0.3 });
    expect(result).to.deep.include({
      verdict: 'failed',
      reason: '1 of 2 pairs: b received it from a, and did not answer',
    });
  });

  it('fails for a pair whose answer gets as far as the sender’s interface and no further', async () => {
    await type('a', 'iptables -A INPUT -p icmp --icmp-type echo-reply -j DROP');
    const [result] = await checkMatrices(lab, [unchanged], { waitS: 0.3 });
    expect(result).to.deep.include({
      verdict: 'failed',
      reason: '1 of 2 pairs: the answer of b did not get back to a',
    });
  });

  it('fails for an address that is none of the sender’s', async () => {
    await type('a', 'iptables -t nat -A POSTROUTING -d 10.0.0.2 -j SNAT --to-source 10.0.0.77');
    const [result] = await checkMatrices(lab, [own], { waitS: 0.3 });
    expect(result).to.deep.include({
      verdict: 'failed',
      reason: '1 of 2 pairs: b sees a as 10.0.0.77, which is none of its addresses',
    });
  });

  it('fails for an address that was changed on the way', async () => {
    await lab[Symbol.asyncDispose]();
    const pods = smallLab();
    pods.nodes = { a: 'host', b: 'router', pod: 'pod on b' };
    pods.setup = {
      'The pod and a know the way to each other': {
        pod: 'ip route add default via 10.1.0.1',
        a: 'ip route add 10.1.0.0/24 via 10.0.0.2',
      },
    };
    lab = await stand(pods);
    const toA = matrix('the address it left with', { from: ['pod'], to: ['a'] });
    expect((await checkMatrices(lab, [toA], { waitS: 0.3 }))[0]!.verdict).to.equal('passed');
    await type('b', 'iptables -t nat -A POSTROUTING -s 10.1.0.0/24 -j MASQUERADE');
    expect((await checkMatrices(lab, [toA], { waitS: 0.3 }))[0]).to.deep.include({
      verdict: 'failed',
      reason: '1 of 1 pairs: a sees pod as 10.0.0.2, which left as 10.1.0.2',
    });
  });

  it('takes some of very many pairs, unless all are asked for, and says so', async () => {
    const pairs = Array(1500).fill({ from: ['a', 'b'], to: ['a', 'b'] });
    const [some] = await checkMatrices(lab, [matrix('its own address', ...pairs)]);
    expect(some!.verdict).to.equal('passed');
    expect(some!.output).to.equal(
      '2000 of 2000 pairs were answered as they should\n2000 of 3000 pairs, by chance: --full takes all',
    );
    const [all] = await checkMatrices(lab, [matrix('its own address', ...pairs)], { full: true });
    expect(all!.output).to.equal('3000 of 3000 pairs were answered as they should');
  });

  it('is unknown, with a reason, when nobody sends to anybody', async () => {
    const [result] = await checkMatrices(lab, [matrix('its own address', { from: ['a'], to: ['a'] })]);
    expect(result).to.deep.include({ verdict: 'unknown', reason: 'nobody sends to anybody' });
  });
});

const [IP, UDP] = [(src: string, dst: string) => ip({ src, dst }), { protocol: 'udp', fields: {} }];
const probe = { from: 'a', to: 'b', address: '10.0.0.2', pattern: '0123456789abcdef' };
const carried = (pattern = probe.pattern) => Buffer.concat([Buffer.alloc(16), Buffer.from(pattern, 'hex')]);

/** A frame of a probe at a place. */
const frame = (place: string, direction: Seen['direction'], type: 'request' | 'reply', ...layers: object[]): Seen => {
  const headers = [...layers, icmp({ type: `echo ${type}` })] as Packet['headers'];
  return { place, direction, packet: () => ({ headers, payload: carried() }) } as Seen;
};
const there = IP('10.0.0.1', '10.0.0.2');
const back = IP('10.0.0.2', '10.0.0.1');
const request = [frame('a', 'out', 'request', there), frame('b', 'in', 'request', there)];
const reply = [frame('b', 'out', 'reply', back), frame('a', 'in', 'reply', back)];

describe('tally', () => {
  it('takes down what is seen and heard of a probe, however often', () => {
    const told = tally([probe]);
    for (let times = 0; times < 2; times++) {
      expect(told.saw([...request, ...reply])).to.equal(true);
      expect([told.isComplete(), told.waiting()]).to.deep.equal(times ? [true, []] : [false, ['a']]);
      told.heard('a', [carried(), carried('f'.repeat(16)), Buffer.alloc(3)]);
    }
    expect(told.results()).to.deep.equal([{ left: '10.0.0.1', arrived: '10.0.0.1', replied: true, answered: true }]);
  });

  it('keeps the address of the first that left and arrived', () => {
    const told = tally([probe]);
    told.saw([...request, frame('b', 'in', 'request', IP('9.9.9.9', '10.0.0.2'))]);
    expect(told.results()[0]).to.include({ left: '10.0.0.1', arrived: '10.0.0.1' });
  });

  it('takes no wrapped copy for an arrival, nor a frame for another address or another MAC', () => {
    const told = tally([probe]);
    told.saw([
      frame('b', 'in', 'request', IP('1.1.1.1', '1.1.1.2'), UDP, there),
      frame('b', 'in', 'request', IP('10.0.0.1', '10.0.0.9')),
      frame('b', 'overheard', 'request', there),
      frame('b', 'out', 'request', there),
    ]);
    expect(told.results()[0]!.arrived).to.equal(undefined);
  });

  it('hears an answer only at the sender’s own socket', () => {
    const told = tally([probe]);
    told.saw([...request, ...reply]);
    told.heard('b', [carried()]);
    expect(told.results()[0]).to.include({ replied: true, answered: false });
  });

  it('passes over what is none of its own', () => {
    const told = tally([{ ...probe, pattern: 'f'.repeat(16) }]);
    expect(told.saw([...request, ...reply])).to.equal(false);
    told.heard('a', [carried()]);
    expect(told.results()).to.deep.equal([{ replied: false, answered: false }]);
  });

  it('says what the kernel said, and where frames were lost', () => {
    const told = tally([probe]);
    told.refused(probe, 'Operation not permitted');
    told.missed(['b', 'c', 'b']);
    expect(told.results()[0]).to.include({
      said: 'Operation not permitted',
      doubt: 'the capture lost frames on b, c',
    });
  });
});

describe('judgePair', () => {
  const well: Probed = { left: '10.0.0.1', arrived: '10.0.0.1', replied: true, answered: true };
  const judged = (more: Partial<Probed>, seenAs: Matrix['seenAs'] = 'the address it left with') =>
    judgePair({ from: 'a', to: 'b' }, { seenAs }, { ...well, ...more } as Probed, new Set(['10.0.0.1']));
  const none = { arrived: undefined, replied: false, answered: false } as unknown as Probed;

  it('passes what arrived unchanged and was answered', () => {
    expect(judged({})).to.deep.equal({ verdict: 'passed', arrived: '10.0.0.1' });
    expect(judged({}, 'its own address').verdict).to.equal('passed');
  });

  it('says how far a packet got that was not answered', () => {
    expect(judged(none).reason).to.equal('b received nothing from a');
    expect(judged({ ...none, said: 'Network is unreachable' }).reason).to.equal(
      'b received nothing from a: Network is unreachable',
    );
    expect(judged({ replied: false, answered: false }).reason).to.equal('b received it from a, and did not answer');
    expect(judged({ answered: false }).reason).to.equal('the answer of b did not get back to a');
  });

  it('fails where somebody else answered, and does not take it for an answer where none was seen to leave', () => {
    expect(judged({ ...none, answered: true })).to.include({
      verdict: 'failed',
      reason: 'b received nothing from a, which somebody else answered',
    });
    expect(judged({ replied: false })).to.include({
      verdict: 'unknown',
      reason: 'a was answered, though b was not seen to answer',
    });
  });

  it('is unknown where it was not seen with what address it left', () => {
    expect(judged({ left: undefined } as unknown as Probed)).to.include({
      verdict: 'unknown',
      reason: 'a was not seen to send it',
    });
  });
});

describe('checkMatrices, where not all can be seen', () => {
  interface Heard {
    to: string;
    left?: string;
    arrived?: string;
  }

  /** Eyes that see of each ping what they are told to, and own up to having lost frames at b. */
  const blinking = (heard: Record<string, Heard>, dropped = ['b']): Live => {
    const seen: Seen[] = [];
    const answers: Buffer[] = [];
    const put = (place: string, direction: 'in' | 'out', src: string | undefined, dst: string, mark: string) => {
      if (!src) return;
      const payload = Buffer.concat([Buffer.alloc(16), Buffer.from(mark, 'hex')]);
      const headers = [ip({ src, dst }), icmp({ type: 'echo request' })] as Packet['headers'];
      seen.push({ place, direction, packet: () => ({ headers, payload }) } as Seen);
    };
    const addresses = JSON.stringify([{ addr_info: [{ local: '10.0.0.1' }, { local: '10.0.0.2' }] }]);
    return {
      plan: plan(twoHosts(), 'test'),
      runtime: {
        run: async () => ({ command: '', code: 0, stdout: addresses, stderr: '' }),
        heard: async () => answers,
        probe: async (from: string, [{ address, data }]: [Echo]) => {
          const { to, left, arrived } = heard[from]!;
          put(from, 'out', left, address, data.toString('hex', 16));
          put(to, 'in', arrived, address, data.toString('hex', 16));
          if (arrived) answers.push(data);
          return [''];
        },
      },
      watch: { drain: async () => ({ seen: seen.splice(0), dropped }) },
    } as unknown as Live;
  };
  const well = { b: { to: 'a', left: '10.0.0.2', arrived: '10.0.0.2' } };

  it('is unknown for a pair of which nothing was seen to arrive', async () => {
    const [result] = await checkMatrices(blinking({ ...well, a: { to: 'b', left: '10.0.0.1' } }), [unchanged], {
      waitS: 0,
    });
    expect(result).to.deep.include({ verdict: 'unknown', reason: '1 of 2 pairs: the capture lost frames on b' });
  });

  it('is unknown for a pair that was not seen to leave, as what it left with is not known', async () => {
    const unseen = { ...well, a: { to: 'b', arrived: '10.0.0.1' } };
    expect((await checkMatrices(blinking(unseen), [unchanged]))[0]!.verdict).to.equal('unknown');
    expect((await checkMatrices(blinking(unseen), [own]))[0]!.verdict).to.equal('passed');
  });

  it('passes what was seen all the same', async () => {
    const all = { ...well, a: { to: 'b', left: '10.0.0.1', arrived: '10.0.0.1' } };
    expect((await checkMatrices(blinking(all), [unchanged]))[0]!.verdict).to.equal('passed');
  });

  it('fails for what was seen to be wrong, whatever else is unknown', async () => {
    const wrong = { a: { to: 'b', left: '10.0.0.1', arrived: '10.0.0.9' }, b: { to: 'a', left: '10.0.0.2' } };
    expect((await checkMatrices(blinking(wrong), [unchanged], { waitS: 0 }))[0]!.verdict).to.equal('failed');
  });
});
