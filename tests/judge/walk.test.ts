import { expect } from 'chai';
import { at, ether, mac, through } from '../../src/index.ts';
import type { Observation } from '../../src/judge/observation.ts';
import { judge } from '../../src/judge/walk.ts';
import type { Hop } from '../../src/lab/words.ts';
import type { PlannedHop } from '../../src/plan/hops.ts';
import { answer, journey, listed, passage, reply, request, type Step, wired } from './sightings.ts';

// podA is in master, podB in node1; master and node1 share a segment with node2.
const wires = wired({
  switches: ['lan'],
  cables: [
    ['master:enp0s1', 'lan:master'],
    ['node1:enp0s1', 'lan:node1'],
    ['node2:enp0s1', 'lan:node2'],
    ['podA:eth0', 'master:vethA'],
    ['podB:eth0', 'node1:vethB'],
  ],
});
const macs: Record<string, string> = { 'node1:enp0s1': '0a:00:00:00:00:02' };
const surroundings = { wires, macOf: (point: string) => macs[point] };

const hops: Hop[] = [
  at('podA:eth0', 'Out of the pod', request(64)),
  at('master:vethA', 'Into the node', request(64)),
  at('master:enp0s1', 'Routed', request(63)),
  at('node1:enp0s1', 'Across', request(63)),
  at('node1:vethB', 'Routed', request(62)),
  at('podB:eth0', 'Into the pod', request(62)),
];
const steps: Step[] = [
  ['podA:eth0', 'out', 64],
  ['master:vethA', 'in', 64],
  ['master:enp0s1', 'out', 63],
  ['node1:enp0s1', 'in', 63],
  ['node1:vethB', 'out', 62],
  ['podB:eth0', 'in', 62],
];
const backHops: Hop[] = [at('podB:eth0', 'The answer', reply(64)), at('node1:vethB', 'Into the node', reply(64))];
const backSteps = answer(['podB:eth0', 'out', 64], ['node1:vethB', 'in', 64]);

const there = (...more: Step[]) => journey([...steps, ...more]);
const back = (...more: Step[]) => there(...backSteps, ...more);
const walk = listed(hops);
const both = listed(hops, backHops);

const judged = (seen: Observation[], planned: PlannedHop[] = walk, over = wires) =>
  judge(planned, seen, { ...surroundings, wires: over });
const fates = (seen: Observation[], planned = walk, over = wires) =>
  judged(seen, planned, over).hops.map(({ fate }) => fate);
const ends = (seen: Observation[], planned = walk, over = wires) => {
  const { verdict, outcome, failedAt } = judged(seen, planned, over);
  return { verdict, outcome, failedAt };
};
const passes = { verdict: 'passed', outcome: 'arrived', failedAt: null };
const elsewhere = { verdict: 'failed', outcome: 'elsewhere', failedAt: null };
const strayAt = (seen: Observation[], planned = walk, over = wires) =>
  judged(seen, planned, over).strays.map((each) =>
    each.kind === 'point'
      ? `${each.part} ${each.place}:${each.device} ${each.direction} ${each.times}`
      : `${each.part} ${each.place} ${each.table} ${each.chain}`,
  );

describe('judge', () => {
  it('passes a packet that was seen at every hop, in order, once, and nowhere else', () => {
    const judgement = judged(there());
    expect(judgement).to.deep.include({ ...passes, strays: [], notes: [] });
    expect(judgement.hops).to.have.length(6);
    const { frame, time, seen, ...hop } = judgement.hops[2] as Extract<(typeof judgement.hops)[0], { kind: 'point' }>;
    expect(hop).to.deep.equal({
      kind: 'point',
      part: 'request',
      place: 'master',
      device: 'enp0s1',
      direction: 'out',
      because: 'Routed',
      fate: 'passed',
      expected: request(63),
      differences: [],
    });
    expect(seen).to.have.length(3);
    expect([frame, time]).to.deep.equal([there()[2]!.bytes.toString('base64'), '2000']);
  });

  it('fails when nothing was seen at all, and names the first hop', () => {
    expect(ends([])).to.deep.equal({ verdict: 'failed', outcome: 'lost', failedAt: 0 });
    expect(fates([])).to.deep.equal(['lost', ...Array(5).fill('not reached')]);
  });

  it('names the first hop that did not see the packet', () => {
    expect(ends(there().slice(0, 4))).to.deep.equal({ verdict: 'failed', outcome: 'lost', failedAt: 4 });
    expect(fates(there().slice(0, 4))).to.deep.equal([...Array(4).fill('passed'), 'lost', 'not reached']);
  });

  it('fails when a hop in the middle was skipped, though the packet arrived', () => {
    const skipped = there().filter((each) => each.at !== 'node1:enp0s1');
    expect(ends(skipped)).to.deep.equal({ verdict: 'failed', outcome: 'elsewhere', failedAt: 3 });
    expect(fates(skipped)[3]).to.equal('missing');
  });

  it('says in what the headers at a hop differ', () => {
    const changed = there().map((each) =>
      each.at === 'podB:eth0' ? { ...each, headers: journey([['podB:eth0', 'in', 61]])[0]!.headers } : each,
    );
    expect(ends(changed)).to.deep.equal({ verdict: 'failed', outcome: 'differs', failedAt: 5 });
    expect(judged(changed).hops.at(-1)).to.include({ fate: 'differs', difference: 'ip ttl is 61, not 62' });
    expect(strayAt(changed)).to.deep.equal([]);
  });

  it('says which header is missing and which is too many', () => {
    const one = journey([['podA:eth0', 'out', 64]]);
    const first = (...headers: Hop['headers']) => judged(one, listed([at('podA:eth0', 'x', headers)])).hops[0];
    expect(first({ protocol: 'ip', fields: { src: '192.168.205.4' } }, ...request(64))!.difference).to.equal(
      'ip is missing',
    );
    expect(first(request(64)[0]!)!.difference).to.equal('icmp was not expected');
  });

  it('looks up the MAC of a named point, and never agrees with one that is not known', () => {
    const one = journey([['podA:eth0', 'out', 64]]);
    const to = (point: 'a:b') => listed([at('podA:eth0', 'x', ether({ dst: mac(point) }), request(64))]);
    expect(ends(one, to('node1:enp0s1' as 'a:b'))).to.deep.equal(passes);
    expect(judged(one, to('node9:eth0' as 'a:b')).hops[0]!.difference).to.equal(
      'ether dst is 0a:00:00:00:00:02, not the MAC of node9:eth0 (unknown)',
    );
  });

  it('fails for a packet seen where no hop is listed', () => {
    const judgement = judged(there(['node2:enp0s1', 'in', 63]));
    expect(judgement).to.deep.include(elsewhere);
    expect(judgement.strays[0]).to.deep.include({ kind: 'point', place: 'node2', device: 'enp0s1', direction: 'in' });
    expect(judgement.strays).to.have.length(1);
  });

  it('fails for a packet seen twice at a hop', () => {
    expect(ends(there(['podB:eth0', 'in', 62]))).to.deep.equal(elsewhere);
    expect(strayAt(there(['podB:eth0', 'in', 62]))).to.deep.equal(['request podB:eth0 in 1']);
  });

  it('passes a packet seen twice where two hops are listed, each with its own headers', () => {
    const turned = [at('a:eth0', 'Out', request(64)), at('a:eth0', 'Back', request(63))];
    const seen = journey([
      ['a:eth0', 'out', 64],
      ['a:eth0', 'in', 63],
    ]);
    expect(ends(seen, listed(turned))).to.deep.equal(passes);
    expect(judged(seen, listed([...turned].reverse())).verdict).to.equal('failed');
  });

  it('fails for hops in the wrong order within a place', () => {
    const [a, b, c, d, e, f] = hops as [Hop, Hop, Hop, Hop, Hop, Hop];
    const swapped = listed([a, b, c, e, d, f]);
    expect(ends(there(), swapped)).to.deep.equal({ verdict: 'failed', outcome: 'out of order', failedAt: 3 });
    expect(judged(there(), swapped).hops[3]!.difference).to.equal(
      'it was here only after it was at node1:enp0s1 in, which is listed later',
    );
  });

  it('fails for hops listed in the wrong order across a cable', () => {
    const [podA, vethA, ...rest] = hops;
    expect(ends(there(), listed([vethA!, podA!, ...rest]))).to.include({ outcome: 'out of order', failedAt: 0 });
  });

  it('fails for hops listed in the wrong order across a switch', () => {
    const [podA, vethA, master, node1, ...rest] = hops;
    const wrong = listed([podA!, vethA!, node1!, master!, ...rest]);
    expect(ends(there(), wrong)).to.include({ outcome: 'out of order', failedAt: 2 });
  });

  it('fails for hops listed in the wrong order across a veth pair that nobody declared', () => {
    const over = wired({ veths: [['a:eth0', 'b:eth0']] });
    const seen = journey([
      ['a:eth0', 'out', 64],
      ['b:eth0', 'in', 64],
    ]);
    const [a, b] = [at('a:eth0', 'x', request(64)), at('b:eth0', 'x', request(64))];
    expect(ends(seen, listed([a, b]), over)).to.deep.equal(passes);
    expect(ends(seen, listed([b, a]), over)).to.include({ outcome: 'out of order', failedAt: 0 });
  });

  it('passes a packet that comes back over the cable it went out by', () => {
    const turned = listed([
      at('podA:eth0', 'Out', request(64)),
      at('master:vethA', 'In', request(64)),
      at('master:vethA', 'Turned back', request(63)),
      at('podA:eth0', 'Home', request(63)),
    ]);
    const seen = journey([
      ['podA:eth0', 'out', 64],
      ['master:vethA', 'in', 64],
      ['master:vethA', 'out', 63],
      ['podA:eth0', 'in', 63],
    ]);
    expect(ends(seen, turned)).to.deep.equal(passes);
  });

  describe('of directions', () => {
    it('does not take an arrival for a departure', () => {
      const arrived = journey([['master:cni0', 'in', 64]]);
      expect(ends(arrived, listed([at('master:cni0 in', 'x', request(64))]))).to.deep.equal(passes);
      expect(ends(arrived, listed([at('master:cni0 out', 'x', request(64))]))).to.include({ outcome: 'lost' });
    });

    it('wants both crossings of an interface that is crossed twice, in their order', () => {
      const twice = journey([
        ['r:eth0', 'in', 64],
        ['r:eth0', 'out', 63],
      ]);
      const [came, went] = [at('r:eth0 in', 'x', request(64)), at('r:eth0 out', 'x', request(63))];
      expect(ends(twice, listed([came, went]))).to.deep.equal(passes);
      expect(ends(twice, listed([came]))).to.deep.equal(elsewhere);
      expect(judged(twice, listed([went, came])).verdict).to.equal('failed');
    });

    it('wants both crossings of a hairpin port, though the headers are the same', () => {
      const hairpin = journey([
        ['br:p0', 'in', 64],
        ['br:p0', 'out', 64],
      ]);
      const hop = at('br:p0', 'x', request(64));
      expect(ends(hairpin, listed([hop, hop]))).to.deep.equal(passes);
      expect(ends(hairpin, listed([hop]))).to.deep.equal(elsewhere);
    });
  });

  it('passes a flood to two takers in either order', () => {
    const over = wired({
      veths: [
        ['a:eth0', 'sw:p0'],
        ['sw:p1', 'b:eth0'],
        ['sw:p2', 'c:eth0'],
      ],
    });
    const points = ['a:eth0', 'sw:p0', 'sw:p1', 'b:eth0', 'sw:p2', 'c:eth0'] as const;
    const seen = journey(points.map((each, i): Step => [each, i % 2 ? 'in' : 'out', 64]));
    const as = (...order: number[]) => listed(order.map((i) => at(points[i]!, 'x', request(64))));
    for (const order of [as(0, 1, 2, 3, 4, 5), as(0, 1, 2, 4, 5, 3), as(0, 1, 2, 4, 3, 5)])
      expect(ends(seen, order, over)).to.deep.equal(passes);
    expect(judged(seen, as(0, 1, 4, 5, 2, 3), over).outcome).to.equal('out of order');
  });

  it('does not look at clocks: machines’ clocks differ', () => {
    const apart = there().map((each) => (each.place === 'node1' ? { ...each, time: each.time - 10n ** 12n } : each));
    expect(ends(apart)).to.deep.equal(passes);
  });

  it('judges a packet that goes round and round without end, in finite time, and tells the round once', () => {
    const round = Array.from({ length: 2000 }, (): Step => ['podB:eth0', 'in', 62]);
    expect(ends(there(...round))).to.deep.equal(elsewhere);
    expect(strayAt(there(...round))).to.deep.equal(['request podB:eth0 in 2000']);
  });

  describe('of what cannot be told', () => {
    const two = [at('a:eth0', 'x', request(64)), at('b:eth0', 'x', request(64))];

    it('is unknown where nothing leads from one place to another', () => {
      const judgement = judged(
        journey([
          ['a:eth0', 'out', 64],
          ['b:eth0', 'in', 64],
        ]),
        listed(two),
      );
      expect(judgement).to.include({ verdict: 'unknown', outcome: 'unknown', failedAt: null });
      expect(judgement.reason).to.equal(
        'the order of a:eth0 out, b:eth0 in cannot be told: nothing is known to lead to b:eth0 in',
      );
    });

    it('is unknown where an arrival bears bytes that nobody sent', () => {
      const changed = there().map((each) => (each.at === 'podB:eth0' ? { ...each, wire: 'other' } : each));
      expect(judged(changed).verdict).to.equal('unknown');
      expect(judged(changed).reason).to.match(/cannot be told: nothing that was seen to leave for podB:eth0 has/);
    });

    it('is unknown where equal bytes left for it from two places', () => {
      const over = wired({
        switches: ['lan'],
        cables: [
          ['a:eth0', 'lan:a'],
          ['b:eth0', 'lan:b'],
          ['c:eth0', 'lan:c'],
        ],
      });
      const all = (['a', 'b', 'c', 'c'] as const).map((name) => at(`${name}:eth0`, 'x', request(64)));
      const seen = journey([
        ['a:eth0', 'out', 64],
        ['b:eth0', 'out', 64],
        ['c:eth0', 'in', 64],
        ['c:eth0', 'in', 64],
      ]);
      expect(judged(seen, listed(all), over)).to.include({ verdict: 'unknown' });
      expect(judged(seen, listed(all), over).reason).to.match(/the same bytes left for c:eth0 from a:eth0 and b:eth0/);
    });

    it('is unknown where what was seen contradicts itself', () => {
      const circle = journey([
        ['podA:eth0', 'in', 63],
        ['podA:eth0', 'out', 64],
        ['master:vethA', 'in', 64],
        ['master:vethA', 'out', 63],
      ]);
      const turned = [
        at('podA:eth0', 'x', request(63)),
        at('podA:eth0', 'x', request(64)),
        at('master:vethA', 'x', request(64)),
        at('master:vethA', 'x', request(63)),
      ];
      expect(judged(circle, listed(turned)).reason).to.match(/^what was seen contradicts itself/);
    });

    it('is failed, not unknown, where a hop is wrong besides', () => {
      expect(judged(journey([['b:eth0', 'in', 64]]), listed(two))).to.include({ verdict: 'failed', failedAt: 0 });
    });
  });

  describe('of the answer', () => {
    it('says nothing where no answer is listed', () => {
      expect(ends(back())).to.deep.equal(passes);
      expect(judged(back()).hops).to.have.length(6);
    });

    it('passes one that was seen at every hop, and marks its hops', () => {
      expect(ends(back(), both)).to.deep.equal(passes);
      expect(judged(back(), both).hops.map(({ part }) => part)).to.deep.equal([
        ...Array(6).fill('request'),
        'reply',
        'reply',
      ]);
    });

    it('names the hop of a lost one', () => {
      expect(ends(there(), both)).to.include({ outcome: 'lost', failedAt: 6 });
      expect(ends(back().slice(0, -1), both)).to.include({ outcome: 'lost', failedAt: 7 });
    });

    it('names the hop of the request when both are lost', () => {
      expect(ends(there().slice(0, 1), both)).to.include({ outcome: 'lost', failedAt: 1 });
    });

    it('fails for one seen elsewhere, and says that it was the answer', () => {
      const stray = back(...answer(['node2:enp0s1', 'in', 63]));
      expect(ends(stray, both)).to.deep.equal(elsewhere);
      expect(strayAt(stray, both)).to.deep.equal(['reply node2:enp0s1 in 1']);
    });

    it('does not take the request for it, nor it for the request', () => {
      const onlyAnswer = journey(backSteps);
      expect(ends(onlyAnswer, both)).to.include({ verdict: 'failed', failedAt: 0 });
      expect(fates(onlyAnswer, both).slice(6)).to.deep.equal(['passed', 'passed']);
    });

    it('fails for any when the walk lists that none comes', () => {
      const none = (seen: Observation[]) => judge(walk, seen, surroundings, ['request', 'reply']);
      expect(none(back())).to.deep.include(elsewhere);
      expect(none(back()).strays).to.have.length(2);
      expect(none(there())).to.deep.include(passes);
    });

    it('of an end that is lost names its hop', () => {
      const end = listed(hops, undefined, [at('podA:eth0', 'The end', request(64))]);
      expect(ends(there(), end)).to.include({ outcome: 'lost', failedAt: 6 });
      expect(ends(there(['podA:eth0', 'out', 64, { part: 'end' }]), end)).to.deep.equal(passes);
    });
  });

  describe('of hooks', () => {
    const routed = journey([
      ['r:eth0', 'in', 64],
      ['r:eth1', 'out', 63],
    ]);
    const [came, went] = [at('r:eth0', 'In', request(64)), at('r:eth1', 'Out', request(63))];
    const forward = passage('r filter FORWARD', 0, 63, { hook: 'forward', enters: 'eth0', leaves: 'eth1' });
    const accepts = through('r', 'filter FORWARD: accept', 'Allowed');
    const silent = passage('r mangle FORWARD', 1, 63, {
      enters: 'eth0',
      leaves: 'eth1',
      ending: { verdict: 'accept', policy: true },
    });

    it('passes a hook between the frames that it lies between, and nowhere else', () => {
      const seen = [...routed, forward];
      expect(ends(seen, listed([came, accepts, went]))).to.deep.equal(passes);
      expect(ends(seen, listed([accepts, came, went]))).to.include({ outcome: 'out of order', failedAt: 0 });
      expect(ends(seen, listed([came, went, accepts]))).to.include({ outcome: 'out of order', failedAt: 1 });
    });

    it('says that a way is not as listed, or that it was not gone', () => {
      const drops = through('r', 'filter FORWARD: drop', 'x');
      expect(judged([...routed, forward], listed([came, drops, went])).hops[1]).to.include({
        fate: 'differs',
        difference: 'it ended with accept, not drop',
      });
      expect(ends(routed, listed([came, accepts, went]))).to.include({ outcome: 'elsewhere', failedAt: 1 });
    });

    it('ends as dropped where the last hop is a hook that drops it', () => {
      const dropped = { ...forward, ending: { verdict: 'drop' } };
      const drops = through('r', 'filter FORWARD: drop', 'x');
      expect(ends([routed[0]!, dropped], listed([came, drops]))).to.deep.equal({ ...passes, outcome: 'dropped' });
      expect(ends([routed[0]!, dropped], listed([came, accepts, went]))).to.include({ outcome: 'lost', failedAt: 1 });
    });

    it('need not list one where no rule had a say, and must list any other', () => {
      const all = listed([came, accepts, went]);
      expect(ends([...routed, forward, silent], all)).to.deep.equal(passes);
      const spoke = { ...silent, chains: ['DOCKER'] };
      expect(ends([...routed, forward, spoke], all)).to.deep.equal(elsewhere);
      expect(strayAt([...routed, forward, spoke], all)).to.deep.equal(['request r mangle FORWARD']);
    });

    it('does not count those of a place of which none is listed, nor what is doubtful of them', () => {
      const doubtful = { ...forward, doubt: 'the rule was rewritten' };
      expect(ends([...routed, forward], listed([came, went]))).to.deep.equal(passes);
      expect(ends([...routed, doubtful], listed([came, went]))).to.deep.equal(passes);
      expect(judged([...routed, doubtful], listed([came, accepts, went])).reason).to.equal(
        'r filter FORWARD: the rule was rewritten',
      );
    });
  });
});
