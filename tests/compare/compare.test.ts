import { expect } from 'chai';
import { compare, type Run } from '../../src/compare/compare.ts';
import type { PointResult, Stray, WalkResult } from '../../src/judge/result.ts';
import { type ExpectedHeader, ether, icmp, ip, mac, tcp, udp, vxlan } from '../../src/packet/index.ts';
import { type Document, unfinished } from '../../src/record/document.ts';
import { check, drill, hop, inner, lost, unseen, walk } from '../report/results.ts';
import { asSeen, hookResult } from '../results.ts';

const document = (more: Partial<Document> = {}): Document => ({
  ...unfinished,
  lab: 'a-lab',
  verdict: 'passed',
  steps: [{ title: 'Lay the cables', verdict: 'passed', durationMs: 1 }],
  walks: [walk()],
  checks: [{ ...check('master'), claim: null }],
  drills: [drill()],
  claims: [{ id: 'FV-10', verdict: 'confirmed', note: 'podA pings podB' }],
  ...more,
});

const run = (runtime: string, more: Partial<Document> = {}): Run => {
  const made = document(more);
  return { lab: 'a-lab', runtime, verdict: made.verdict, reason: made.reason, durationMs: 1, document: made };
};

const refused = (runtime: string): Run => ({
  ...run(runtime, { ...unfinished, verdict: 'skipped', reason: 'it is not installed' }),
});

/** What two runtimes differ in, if one ran the first and the other the second. */
const apart = (a: Partial<Document>, b: Partial<Document>) =>
  compare('a-lab', [run('one', a), run('other', b)]).differences;

/** A document with one walk that has one hop, where some headers are expected and some were seen. */
const seeing = (seen: ExpectedHeader[], expected = seen): Partial<Document> => ({
  walks: [walk({ hops: [hop('a:eth0', 'It leaves', seen, { expected })] })],
});

describe('compare', () => {
  it('finds no difference between runs that found out the same, and counts what it compared', () => {
    const later = run('other', {
      title: 'other words',
      rootless: true,
      walks: [walk({ durationMs: 99, evidence: ['something else'] })],
      checks: [{ ...check('master', { output: 'other output' }), claim: null }],
    });
    const found = compare('a-lab', [run('one'), later, run('third')]);
    expect(found).to.deep.include({ lab: 'a-lab', runtimes: ['one', 'other', 'third'], verdict: 'passed', reason: '' });
    expect(found.differences).to.deep.equal([]);
    expect(found.compared).to.be.greaterThan(10);
  });

  it('says at which hop of which walk a field differs, and what each saw', () => {
    const [first, wrapped, reply] = walk().hops as [never, never, never];
    const other = walk({ hops: [hop('podA:eth0', 'It leaves', inner(63)), wrapped, reply] });
    expect(apart({ walks: [walk({ hops: [first, wrapped, reply] })] }, { walks: [other] })).to.deep.equal([
      "walk 'podA pings podB', hop podA:eth0: one saw ip ttl 64, other ip ttl 63",
    ]);
  });

  it('compares kernels each with the one before, so that the first with another path is named', () => {
    const at = (kernel: string, ttl: number): Run => ({ ...run(`vm/${kernel}`, seeing([ip({ ttl })])), kernel });
    const { runtimes, differences } = compare('a-lab', [at('6.1', 64), at('6.6', 63), at('6.12', 63)]);
    expect(runtimes).to.deep.equal(['vm/6.1', 'vm/6.6', 'vm/6.12']);
    expect(differences).to.deep.equal(["walk 'podA pings podB', hop a:eth0: vm/6.1 saw ip ttl 64, vm/6.6 ip ttl 63"]);
    const back = compare('a-lab', [at('6.1', 64), at('6.6', 63), at('6.12', 64)]);
    expect(back.differences[1]).to.equal("walk 'podA pings podB', hop a:eth0: vm/6.6 saw ip ttl 63, vm/6.12 ip ttl 64");
    const without = { ...at('6.6', 63), runtime: 'netns', kernel: undefined as never };
    expect(compare('a-lab', [at('6.1', 64), without, at('6.12', 63)]).differences[1]).to.contain('vm/6.1 saw');
  });

  it('tells the inner header of a tunnel from the outer one', () => {
    const stack = (outer: number, within: number) => [
      ip({ src: '1.1.1.1', ttl: outer }),
      vxlan({ vni: 1 }),
      ip({ src: '2.2.2.2', ttl: within }),
    ];
    expect(apart(seeing(stack(64, 63)), seeing(stack(64, 62)))).to.deep.equal([
      "walk 'podA pings podB', hop a:eth0: one saw inner ip ttl 63, other inner ip ttl 62",
    ]);
  });

  it('shows whole stacks where they are of other protocols, and a field that one has not as absent', () => {
    expect(
      apart(seeing([ip({ ttl: 64 }), udp({ dst: 53 })]), seeing([ip({ ttl: 64 }), tcp({ dst: 53 })])),
    ).to.deep.equal([
      "walk 'podA pings podB', hop a:eth0: one saw ip({ ttl: 64 }), udp({ dst: 53 }), other ip({ ttl: 64 }), tcp({ dst: 53 })",
    ]);
    expect(apart(seeing([ip({ ttl: 64, df: true })]), seeing([ip({ ttl: 64 })]))).to.deep.equal([
      "walk 'podA pings podB', hop a:eth0: one saw ip df true, other ip df absent",
    ]);
  });

  it('says where a packet was lost on one runtime alone', () => {
    const differences = apart({}, { walks: [lost()], verdict: 'failed' });
    expect(differences).to.include("walk 'podA pings podB': one answered, other lost at master:enp0s1");
    expect(differences).to.include("walk 'podA pings podB', hop master:enp0s1: one passed, other saw nothing");
  });

  it('a hop that both saw alike, but one of them in another order, differs', () => {
    const late = { fate: 'out of order' as const, difference: 'it was here before it was at podA:eth0' };
    const hops = (more: Partial<PointResult>) => [
      hop('podA:eth0', 'a', inner(64)),
      hop('master:cni0', 'b', inner(64), more),
    ];
    const walks = (more: Partial<PointResult>): WalkResult[] => [walk({ hops: hops(more) })];
    expect(apart({ walks: walks({}) }, { walks: walks(late) })).to.deep.equal([
      "walk 'podA pings podB', hop master:cni0: one passed, other out of order: it was here before it was at podA:eth0",
    ]);
  });

  it('the order of hops counts', () => {
    const hops = [hop('a:eth0', 'a', inner(64)), hop('b:eth0', 'b', inner(64))];
    expect(apart({ walks: [walk({ hops })] }, { walks: [walk({ hops: [...hops].reverse() })] })).to.deep.equal([
      "walk 'podA pings podB', its hops: one a:eth0, b:eth0, other b:eth0, a:eth0",
    ]);
  });

  it('says where a packet was seen besides', () => {
    const strayAt = (times: number): Stray => ({
      ...{
        kind: 'point',
        part: 'request',
        place: 'podC',
        device: 'eth0',
        direction: 'in',
        seen: asSeen(inner(62)),
        times,
      },
    });
    const stray = walk({ strays: [strayAt(1)] });
    expect(apart({ walks: [stray] }, { walks: [walk({ strays: [strayAt(63)] })] })).to.deep.equal([]);
    expect(apart({}, { walks: [stray] })).to.deep.equal([
      `walk 'podA pings podB', elsewhere: one not seen, other podC:eth0: ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 62 }), icmp({ type: 'echo request' })`,
    ]);
  });

  it('compares checks, drills with the lost walk up to where it is lost, and claims', () => {
    expect(apart({}, { checks: [{ ...check('master', { verdict: 'failed' }), claim: null }] })).to.deep.equal([
      "check 'flannel.1 is a VXLAN device' on master: one passed, other failed",
    ]);
    expect(apart({}, { drills: [drill({ healed: false, verdict: 'failed' })] })).to.deep.equal([
      `drill '${drill().fault}': one passed, lost at master:flannel.1, healed, other failed, lost at master:flannel.1, not healed`,
    ]);
    const elsewhere = lost({ hops: [unseen('podA:eth0', 'a', inner(64)), ...lost().hops.slice(1)], failedAt: 0 });
    expect(apart({}, { drills: [drill({ broken: elsewhere })] }).join()).to.contain(
      `drill '${drill().fault}', walk 'podA pings podB', hop podA:eth0: one passed, other saw nothing`,
    );
    const further = lost({ hops: [...lost().hops.slice(0, 2), ...walk().hops.slice(2)] });
    expect(apart({}, { drills: [drill({ broken: further })] })).to.deep.equal([]);
    expect(apart({}, { claims: [{ id: 'FV-10', verdict: 'refuted', note: '' }] })).to.deep.equal([
      'claim FV-10: one confirmed, other refuted',
    ]);
  });

  it('what one of them never tried is a difference, told once', () => {
    expect(apart({}, { walks: [] })).to.deep.equal(["walk 'podA pings podB': other never tried it"]);
    expect(apart({ drills: [] }, {})).to.deep.equal([`drill '${drill().fault}': one never tried it`]);
  });

  it('a lab that cannot be set up on one runtime differs in that alone', () => {
    const failure = { node: 'a', command: 'ip link set x up', output: 'no x' };
    const steps = [{ title: 'Lay the cables', verdict: 'failed' as const, durationMs: 1, failure }];
    const stopped = { ...unfinished, verdict: 'failed' as const, steps };
    expect(apart({}, stopped)).to.deep.equal([
      "setting up: one passed, other failed at 'Lay the cables' (a# ip link set x up)",
    ]);
  });

  it('compares all with the first, each under its own name', () => {
    const worse = { claims: [] };
    const found = compare('a-lab', [refused('none'), run('one'), run('two', worse), run('three', worse)]);
    expect(found.runtimes).to.deep.equal(['one', 'two', 'three']);
    expect(found.differences).to.deep.equal(['claim FV-10: two never tried it', 'claim FV-10: three never tried it']);
    expect(found).to.include({ verdict: 'failed', reason: 'claim FV-10: two never tried it, and 1 more' });
  });

  it('leaves out the port that translating a source drew by lot, but not its address, nor a destination’s port', () => {
    const to = (verdict: string, to: string) => ({
      walks: [walk({ hops: [hookResult('a nat POSTROUTING', { seen: { chains: [], ending: { verdict, to } } })] })],
    });
    const agree = (verdict: string, one: string, other: string) =>
      apart(to(verdict, one), to(verdict, other)).length === 0;
    expect(agree('masquerade', '10.0.0.1:58236', '10.0.0.1:36740')).to.equal(true);
    expect(agree('snat', '[fd00::1]:58236', '[fd00::1]:36740')).to.equal(true);
    expect(agree('masquerade', '10.0.0.1:58236', '10.0.0.2:36740')).to.equal(false);
    expect(agree('dnat', '10.0.0.1:8080', '10.0.0.1:8081')).to.equal(false);
  });

  it('compares the ways through hooks, but not the rules’ texts, which are up to the version of nft', () => {
    const through = (verdict: string, rule: string) => ({
      walks: [walk({ hops: [hookResult('a nat PREROUTING', { seen: { chains: ['X'], ending: { verdict }, rule } })] })],
    });
    expect(apart(through('accept', 'ct state new accept'), through('accept', 'accept'))).to.deep.equal([]);
    expect(apart(through('accept', ''), through('drop', ''))).to.deep.equal([
      "walk 'podA pings podB', hop a nat PREROUTING: one passed by X, accept, other passed by X, drop",
    ]);
  });

  it('says where a packet went the other way', () => {
    const going = (direction: 'in' | 'out') => ({
      walks: [walk({ hops: [hop('a:eth0', '', inner(64), { direction })] })],
    });
    expect(apart(going('in'), going('out'))).to.deep.equal([
      "walk 'podA pings podB', hop a:eth0: one saw it going in, other out",
    ]);
  });

  it('compares no field that is neither stated nor worth attention', () => {
    const long = (length: number) => seeing([ip({ ttl: 64, length })], [ip({ ttl: 64 })]);
    expect(apart(long(84), long(85))).to.deep.equal([]);
  });

  describe('what chance chose', () => {
    const address = (last: number) => `02:00:00:00:00:0${last}`;

    /** A hop that names both interfaces, then one that names none. */
    const framed = (a: string, b: string, [src, dst]: [string, string]): Partial<Document> => ({
      walks: [
        walk({
          hops: [
            hop('a:eth0', 'named', [ether({ src: a, dst: b }), ...inner(64)], {
              expected: [ether({ src: mac('a:eth0'), dst: mac('b:eth0') }), ...inner(64)],
            }),
            hop('b:eth0', 'not named', [ether({ src, dst })], { expected: [ether()] }),
          ],
        }),
      ],
    });

    it('a MAC address is told by the interface that has it, where the lab names that', () => {
      const one = framed(address(1), address(2), [address(1), address(2)]);
      expect(apart(one, framed(address(3), address(4), [address(3), address(4)]))).to.deep.equal([]);
      expect(apart(one, framed(address(3), address(4), [address(4), address(3)]))).to.deep.equal([
        "walk 'podA pings podB', hop b:eth0: one saw ether src the MAC of a:eth0, ether dst the MAC of b:eth0, " +
          'other ether src the MAC of b:eth0, ether dst the MAC of a:eth0',
      ]);
    });

    it('any other by the order in which they appear', () => {
      const two = (...list: [number, number][]): Partial<Document> => ({
        walks: [
          walk({
            hops: list.map(([src, dst], i) =>
              hop(`a:eth${i}`, '', [ether({ src: address(src), dst: address(dst) })], { expected: [ether()] }),
            ),
          }),
        ],
      });
      expect(apart(two([1, 2], [2, 1]), two([5, 4], [4, 5]))).to.deep.equal([]);
      expect(apart(two([1, 2], [2, 1]), two([5, 4], [4, 6]))).to.deep.equal([
        "walk 'podA pings podB', hop a:eth1: one saw ether dst MAC 1, other ether dst MAC 3",
      ]);
    });

    it('one that the lab states, and one of a group, are compared as they are', () => {
      const stated = (seen: string, expected = seen) => seeing([ether({ dst: seen })], [ether({ dst: expected })]);
      expect(apart(stated(address(1)), stated(address(2)))).to.have.length(1);
      expect(apart(stated('ff:ff:ff:ff:ff:ff', address(1)), stated('01:00:5e:00:00:01', address(1)))).to.have.length(1);
    });

    it('ports and numbers that are drawn by lot are as good as each other, unless the lab states them', () => {
      const drawn = (n: number) => [
        ip({ ttl: 64, id: n }),
        udp({ src: n, dst: 8472 }),
        tcp({ src: n, dst: 80, flags: 'S', seq: n }),
        icmp({ type: 'echo request', id: n, sequence: n }),
      ];
      const bare = [ip({ ttl: 64 }), udp({ dst: 8472 }), tcp({ dst: 80 }), icmp({ type: 'echo request' })];
      expect(apart(seeing(drawn(1), bare), seeing(drawn(2), bare))).to.deep.equal([]);
      expect(apart(seeing(drawn(1)), seeing(drawn(2)))).to.have.length(1);
      expect(
        apart(seeing([udp({ src: 1, dst: 53 })], [udp()]), seeing([udp({ src: 2, dst: 54 })], [udp()])),
      ).to.deep.equal(["walk 'podA pings podB', hop a:eth0: one saw udp dst 53, other udp dst 54"]);
    });

    it('a port that changes on the way on one runtime alone is a difference', () => {
      const ports = (...list: number[]): Partial<Document> => ({
        walks: [walk({ hops: list.map((dst, i) => hop(`a:eth${i}`, '', [udp({ dst })], { expected: [udp()] })) })],
      });
      expect(apart(ports(4001, 4001), ports(4007, 4007))).to.deep.equal([]);
      expect(apart(ports(4001, 4001), ports(4007, 4008))).to.have.length(1);
    });
  });

  describe('never passes', () => {
    it('when fewer than two runtimes ran the lab', () => {
      expect(compare('a-lab', [run('one'), refused('other')])).to.include({
        verdict: 'skipped',
        reason: 'not compared: only one ran it',
        compared: 0,
      });
      const dead: Run = { ...refused('other'), verdict: 'unknown', document: null };
      expect(compare('a-lab', [refused('one'), dead])).to.include({
        verdict: 'skipped',
        reason: 'not compared: nothing ran it',
      });
    });

    it('when one of them could not tell: what it did tell is compared', () => {
      const open = run('other', {
        verdict: 'unknown',
        walks: [walk({ verdict: 'unknown', outcome: 'unknown', hops: [] })],
      });
      const found = compare('a-lab', [run('one'), open]);
      expect(found).to.include({
        verdict: 'unknown',
        reason: "not all of it could be compared: walk 'podA pings podB': unknown on other",
      });
      expect(found.compared).to.be.greaterThan(2);
    });

    it('when a run was cut short: what it did not get to is open, what it got to counts', () => {
      const short = { verdict: 'unknown' as const, checks: [], drills: [], claims: [] };
      expect(compare('a-lab', [run('one'), run('other', short)])).to.include({ verdict: 'unknown' });
      expect(compare('a-lab', [run('one'), run('other', { ...short, walks: [lost()] })])).to.include({
        verdict: 'failed',
      });
    });

    it('when a check was skipped on one of them', () => {
      const skipped = run('other', {
        verdict: 'skipped',
        checks: [{ ...check('master', { verdict: 'skipped' }), claim: null }],
      });
      expect(compare('a-lab', [run('one'), skipped])).to.include({
        verdict: 'skipped',
        reason: "not all of it could be compared: check 'flannel.1 is a VXLAN device' on master: skipped on other",
      });
    });
  });
});
