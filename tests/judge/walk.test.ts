import type { Sighting } from '../../src/judge/observation.ts';
import { expect } from 'chai';
import { at, ether, icmp, ip, mac } from '../../src/index.ts';
import { countable, judge } from '../../src/judge/walk.ts';
import type { Hop } from '../../src/lab/words.ts';
import { A, answered, B, journey, reply, request } from './sightings.ts';

// podA is in master, podB in node1; master and node1 share a segment with node2.
const wiring = {
  nodes: [
    { name: 'master', kind: 'router' as const },
    { name: 'node1', kind: 'router' as const },
    { name: 'node2', kind: 'router' as const },
    { name: 'lan', kind: 'switch' as const },
  ],
  links: [
    ['master', 'enp0s1', 'lan', 'master'],
    ['node1', 'enp0s1', 'lan', 'node1'],
    ['node2', 'enp0s1', 'lan', 'node2'],
    ['podA', 'eth0', 'master', 'vethA'],
    ['podB', 'eth0', 'node1', 'vethB'],
    ['podC', 'eth0', 'node1', 'vethC'],
  ].map(([a = '', x = '', b = '', y = '']) => ({
    ends: [
      { place: a, interface: x },
      { place: b, interface: y },
    ] as [{ place: string; interface: string }, { place: string; interface: string }],
  })),
};
const macs: Record<string, string> = { 'node1:enp0s1': '0a:00:00:00:00:02' };
const surroundings = { ...wiring, macOf: (point: string) => macs[point] };

const walk: { request: Hop[]; reply?: Hop[] } = {
  request: [
    at('podA:eth0', 'Out of the pod', request(64)),
    at('master:vethA', 'Into the node', request(64)),
    at('master:enp0s1', 'Routed', request(63)),
    at('node1:enp0s1', 'Across', request(63)),
    at('node1:vethB', 'Routed', request(62)),
    at('podB:eth0', 'Into the pod', request(62)),
  ],
};
const there = (more: Parameters<typeof journey>[0] = []) =>
  journey([
    ['podA:eth0', 'out', 64],
    ['master:vethA', 'in', 64],
    ['master:enp0s1', 'out', 63],
    ['node1:enp0s1', 'in', 63],
    ['node1:vethB', 'out', 62],
    ['podB:eth0', 'in', 62],
    ...more,
  ]);
const both: typeof walk = {
  ...walk,
  reply: [at('podB:eth0', 'The answer', reply(64)), at('node1:vethB', 'Into the node', reply(64))],
};
const back = (more: Parameters<typeof journey>[0] = []) =>
  answered(there(), [['podB:eth0', 'out', 64], ['node1:vethB', 'in', 64], ...more]);

const judged = (sightings: Sighting[], listed = walk) => judge(listed, sightings, surroundings);
const verdicts = (sightings: Sighting[], listed = walk) => judged(sightings, listed).hops.map(({ verdict }) => verdict);
const without = (point: string, sightings = there()) => sightings.filter(({ at }) => at !== point);

describe('judge', () => {
  it('passes a packet that was seen at every hop, in order, once, and nowhere else', () => {
    const judgement = judged(there());
    expect(judgement.verdict).to.equal('passed');
    expect(judgement.lostAt).to.equal(null);
    expect(judgement.unexpected).to.deep.equal([]);
    expect(judgement.hops).to.have.length(6);
    expect(judgement.hops[2]).to.deep.equal({
      at: 'master:enp0s1',
      because: 'Routed',
      verdict: 'passed',
      expected: [`ip({ src: '${A}', dst: '${B}', ttl: 63 })`, "icmp({ type: 'echo request' })"],
      seen: [`ip({ src: '${A}', dst: '${B}', ttl: 63 })`, "icmp({ type: 'echo request' })"],
    });
  });

  it('fails when nothing was seen at all, and names the first hop', () => {
    const judgement = judged([]);
    expect(judgement.verdict).to.equal('failed');
    expect(judgement.lostAt).to.equal('podA:eth0');
    expect(judgement.hops.every(({ verdict, seen }) => verdict === 'failed' && !seen.length)).to.equal(true);
  });

  it('names the first hop that did not see the packet', () => {
    const judgement = judged(there().slice(0, 4));
    expect(judgement.lostAt).to.equal('node1:vethB');
    expect(judgement.hops.map(({ verdict }) => verdict)).to.deep.equal([
      'passed',
      'passed',
      'passed',
      'passed',
      'failed',
      'failed',
    ]);
  });

  it('fails when a hop in the middle was skipped, though the packet arrived', () => {
    const judgement = judged(without('node1:enp0s1'));
    expect(judgement.verdict).to.equal('failed');
    expect(judgement.lostAt).to.equal('node1:enp0s1');
  });

  it('says in what the headers at a hop differ', () => {
    const changed = there().map((each) =>
      each.at === 'podB:eth0' ? { ...each, headers: journey([['podB:eth0', 'in', 61]])[0]!.headers } : each,
    );
    const judgement = judged(changed);
    expect(judgement.verdict).to.equal('failed');
    expect(judgement.lostAt).to.equal('podB:eth0');
    expect(judgement.hops.at(-1)).to.include({ verdict: 'failed', difference: 'ip ttl is 61, not 62' });
    expect(judgement.unexpected).to.deep.equal([]);
  });

  it('says which header is missing and which is too many', () => {
    const plain = [at('podA:eth0', 'x', ip({ src: '192.168.205.4' }), ip({ src: A }), icmp({ type: 'echo request' }))];
    const [hop] = judged(journey([['podA:eth0', 'out', 64]]), { request: plain }).hops;
    expect(hop!.difference).to.equal('ip is missing');
    const [wrapped] = judged(journey([['podA:eth0', 'out', 64]]), { request: [at('podA:eth0', 'x', ip())] }).hops;
    expect(wrapped!.difference).to.equal('icmp was not expected');
  });

  it('looks up the MAC of a named point, and never agrees with one that is not known', () => {
    const hop = (point: string) => ({
      request: [at('podA:eth0', 'x', ether({ dst: mac(point as 'a:b') }), request(64))],
    });
    expect(judged(journey([['podA:eth0', 'out', 64]]), hop('node1:enp0s1')).verdict).to.equal('passed');
    const [other] = judged(journey([['podA:eth0', 'out', 64]]), hop('node9:eth0')).hops;
    expect(other!.difference).to.equal('ether dst is 0a:00:00:00:00:02, not the MAC of node9:eth0 (unknown)');
  });

  it('fails for a packet seen where no hop is listed', () => {
    const judgement = judged(there([['node2:enp0s1', 'in', 63]]));
    expect(judgement.verdict).to.equal('failed');
    expect(judgement.lostAt).to.equal(null);
    expect(judgement.unexpected).to.deep.equal([
      { at: 'node2:enp0s1', seen: [`ip({ src: '${A}', dst: '${B}', ttl: 63 })`, "icmp({ type: 'echo request' })"] },
    ]);
  });

  it('fails for a packet seen twice at a hop', () => {
    const judgement = judged(there([['podB:eth0', 'in', 62]]));
    expect(judgement.verdict).to.equal('failed');
    expect(judgement.unexpected.map(({ at }) => at)).to.deep.equal(['podB:eth0']);
  });

  it('passes a packet seen twice where two hops are listed, each with its own headers', () => {
    const turned = { request: [at('a:eth0', 'Out', request(64)), at('a:eth0', 'Back', request(63))] };
    const seen = journey([
      ['a:eth0', 'out', 64],
      ['a:eth0', 'in', 63],
    ]);
    expect(judged(seen, turned).verdict).to.equal('passed');
    expect(judged(seen, { request: [...turned.request].reverse() }).verdict).to.equal('failed');
  });

  it('fails for hops in the wrong order within a place', () => {
    const order = (name: string) => ({ vethB: 0, enp0s1: 1 })[name.split(':')[1]!]!;
    const swapped = there().map((each) => (each.place === 'node1' ? { ...each, order: order(each.at) } : each));
    const judgement = judged(swapped);
    expect(judgement.verdict).to.equal('failed');
    expect(judgement.hops[4]).to.include({ difference: 'it was here before it was at node1:enp0s1' });
  });

  it('fails for hops listed in the wrong order across a cable', () => {
    const [podA, vethA, ...rest] = walk.request;
    const judgement = judged(there(), { request: [vethA!, podA!, ...rest] });
    expect(judgement.verdict).to.equal('failed');
    expect(judgement.lostAt).to.equal('master:vethA');
    expect(judgement.hops[0]!.difference).to.equal('it came here from podA:eth0, which is listed only after it');
  });

  it('fails for hops listed in the wrong order across a switch', () => {
    const [podA, vethA, master, node1, ...rest] = walk.request;
    const judgement = judged(there(), { request: [podA!, vethA!, node1!, master!, ...rest] });
    expect(judgement.verdict).to.equal('failed');
    expect(judgement.lostAt).to.equal('node1:enp0s1');
  });

  it('passes a packet that comes back over the cable it went out by', () => {
    const hops: Hop[] = [
      at('podA:eth0', 'Out', request(64)),
      at('master:vethA', 'In', request(64)),
      at('master:vethA', 'Turned back', request(63)),
      at('podA:eth0', 'Home', request(63)),
    ];
    const seen = journey([
      ['podA:eth0', 'out', 64],
      ['master:vethA', 'in', 64],
      ['master:vethA', 'out', 63],
      ['podA:eth0', 'in', 63],
    ]);
    expect(judged(seen, { request: hops }).verdict).to.equal('passed');
  });

  it('does not look at clocks: machines’ clocks differ', () => {
    const apart = there().map((each) => (each.place === 'node1' ? { ...each, time: each.time - 10n ** 12n } : each));
    expect(judged(apart).verdict).to.equal('passed');
  });

  it('judges a packet that goes round and round without end, in finite time', () => {
    const round = Array.from({ length: 100_000 }, (): Parameters<typeof journey>[0][number] => ['podB:eth0', 'in', 62]);
    const judgement = judged(there(round));
    expect(judgement.verdict).to.equal('failed');
    expect(judgement.lostAt).to.equal(null);
    expect(judgement.unexpected.length).to.be.within(64, 1000);
  });

  describe('of the answer', () => {
    it('says nothing where no answer is listed', () => {
      expect(judged(back()).verdict).to.equal('passed');
      expect(judged(back()).hops).to.have.length(6);
    });

    it('passes one that was seen at every hop, and marks its hops', () => {
      const judgement = judged(back(), both);
      expect(judgement.verdict).to.equal('passed');
      expect(judgement.hops.map(({ reply }) => reply ?? false)).to.deep.equal([
        ...Array.from({ length: 6 }, () => false),
        true,
        true,
      ]);
    });

    it('names the hop of a lost one with the word reply', () => {
      expect(judged(there(), both).lostAt).to.equal('reply podB:eth0');
      expect(judged(back().slice(0, -1), both).lostAt).to.equal('reply node1:vethB');
    });

    it('names the hop of the request when both are lost', () => {
      expect(judged(there().slice(0, 1), both).lostAt).to.equal('master:vethA');
    });

    it('fails for one seen elsewhere, and says that it was the answer', () => {
      const judgement = judged(back([['node2:enp0s1', 'in', 63]]), both);
      expect(judgement.verdict).to.equal('failed');
      expect(judgement.unexpected).to.have.length(1);
      expect(judgement.unexpected[0]).to.include({ at: 'node2:enp0s1', reply: true });
    });

    it('does not take the request for it, nor it for the request', () => {
      const onlyAnswer = journey(
        [
          ['podB:eth0', 'out', 64],
          ['node1:vethB', 'in', 64],
        ],
        { answers: true },
      );
      expect(judged(onlyAnswer, both).lostAt).to.equal('podA:eth0');
      expect(verdicts(onlyAnswer, both).slice(6)).to.deep.equal(['passed', 'passed']);
    });

    it('fails for any when the walk lists that none comes', () => {
      expect(judged(back(), { ...walk, reply: [] }).verdict).to.equal('failed');
      expect(judged(there(), { ...walk, reply: [] }).verdict).to.equal('passed');
    });
  });
});

describe('countable', () => {
  const PODC = '0a:00:00:00:00:0c';
  const points = (sightings: Sighting[]) => countable(sightings, wiring).counted.map(({ at }) => at);

  it('leaves out a frame for another MAC, and says that its receiver dropped it', () => {
    const { counted, aside } = countable(journey([['node2:enp0s1', 'overheard', 63]]), wiring);
    expect(counted).to.deep.equal([]);
    expect(aside).to.deep.equal([
      'node2:enp0s1 saw it pass, addressed to another MAC (0a:00:00:00:00:02), and dropped it unread',
    ]);
  });

  it('counts a frame for another MAC at the port of a bridge, which takes frames for anyone', () => {
    const port = journey([['node1:vethB', 'overheard', 62, { port: true }]]);
    expect(points(port)).to.deep.equal(['node1:vethB']);
  });

  it('leaves out the copy that a bridge flooded to a port whose far end dropped it', () => {
    const flood = there([
      ['node1:vethC', 'out', 62, { port: true }],
      ['podC:eth0', 'overheard', 62],
    ]);
    expect(points(flood)).to.deep.equal(points(there()));
    expect(judged(flood).verdict).to.equal('passed');
  });

  it('counts a stray: a copy that the far end of a port takes', () => {
    const stray = there([
      ['node1:vethC', 'out', 62, { port: true, to: PODC }],
      ['podC:eth0', 'in', 62, { to: PODC }],
    ]);
    expect(judged(stray).unexpected.map(({ at }) => at)).to.deep.equal(['node1:vethC', 'podC:eth0']);
  });

  it('counts a stray that went out of a port and was never seen beyond', () => {
    const stray = there([['node1:vethC', 'out', 62, { port: true }]]);
    expect(judged(stray).unexpected.map(({ at }) => at)).to.deep.equal(['node1:vethC']);
  });

  it('counts a stray beside a flooded copy on the same port', () => {
    const stray = there([
      ['node1:vethC', 'out', 62, { port: true }],
      ['podC:eth0', 'overheard', 62],
      ['node1:vethC', 'out', 62, { port: true, to: PODC }],
      ['podC:eth0', 'in', 62, { to: PODC }],
    ]);
    expect(judged(stray).unexpected.map(({ at }) => at)).to.deep.equal(['node1:vethC', 'podC:eth0']);
  });

  it('counts what left a port towards a switch where one machine took it and another overheard it', () => {
    const bridged = journey([
      ['master:enp0s1', 'out', 63, { port: true }],
      ['node1:enp0s1', 'in', 63],
      ['node2:enp0s1', 'overheard', 63],
    ]);
    expect(points(bridged)).to.deep.equal(['master:enp0s1', 'node1:enp0s1']);
  });

  it('leaves out what a port flooded towards a switch where nobody took it', () => {
    const bridged = journey([
      ['master:enp0s1', 'out', 63, { port: true }],
      ['node2:enp0s1', 'overheard', 63],
    ]);
    expect(points(bridged)).to.deep.equal([]);
  });

  it('counts what goes through a loopback once', () => {
    const own = journey([
      ['master:lo', 'out', 64],
      ['master:lo', 'in', 64],
    ]);
    expect(points(own)).to.deep.equal(['master:lo']);
    expect(judged(own, { request: [at('master:lo', 'To itself', request(64))] }).verdict).to.equal('passed');
    expect(judged([...own, ...own], { request: [at('master:lo', 'x', request(64))] }).verdict).to.equal('failed');
  });
});
