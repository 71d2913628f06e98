import { expect } from 'chai';
import { at } from '../../src/index.ts';
import { countable } from '../../src/judge/countable.ts';
import type { Observation } from '../../src/judge/observation.ts';
import { judge } from '../../src/judge/walk.ts';
import { journey, listed, points, request, type Step, wired } from './sightings.ts';

const PODC = '0a:00:00:00:00:0c';
const bridged = { master: 99, masterKind: 'bridge' };

// node1's bridge has podB and podC at its ports, by veth pairs that nobody declared.
const wires = wired({
  veths: [
    ['node1:vethB', 'podB:eth0'],
    ['node1:vethC', 'podC:eth0'],
  ],
  devices: { 'node1:vethB': bridged, 'node1:vethC': bridged },
});
const steps: Step[] = [
  ['node1:vethB', 'out', 62],
  ['podB:eth0', 'in', 62],
];
const there = (...more: Step[]) => journey([...steps, ...more]);
const walk = listed([at('node1:vethB', 'x', request(62)), at('podB:eth0', 'x', request(62))]);
const counted = (seen: Observation[], over = wires) => points(seen.filter(countable(seen, over).counts));
const judged = (seen: Observation[]) => judge(walk, seen, { wires, macOf: () => undefined });
const strays = (seen: Observation[]) =>
  judged(seen).strays.map((each) => (each.kind === 'point' ? `${each.place}:${each.device}` : each.chain));

describe('countable', () => {
  it('leaves out a frame for another MAC, and says that its receiver dropped it', () => {
    const overheard = journey([['node2:enp0s1', 'overheard', 63]]);
    expect(counted(overheard)).to.deep.equal([]);
    expect(countable(overheard, wires).notes).to.deep.equal([
      'node2:enp0s1 saw it pass, addressed to another MAC (0a:00:00:00:00:02), and dropped it unread',
    ]);
  });

  it('counts a frame for another MAC at the port of a bridge, which takes frames for anyone', () => {
    expect(counted(journey([['node1:vethB', 'overheard', 62]]))).to.deep.equal(['node1:vethB in']);
  });

  it('counts a frame for another MAC at a card on which stands what has that MAC', () => {
    const shared = wired({
      devices: {
        'node1:eth0': { index: 7 },
        'node1:mv0': { kind: 'macvlan', link: { index: 7 }, address: PODC },
      },
    });
    expect(counted(journey([['node1:eth0', 'overheard', 62, { to: PODC }]]), shared)).to.deep.equal(['node1:eth0 in']);
    expect(counted(journey([['node1:eth0', 'overheard', 62]]), shared)).to.deep.equal([]);
  });

  it('leaves out the copy that a bridge flooded to a port whose far end dropped it', () => {
    const flood = there(['node1:vethC', 'out', 62], ['podC:eth0', 'overheard', 62]);
    expect(counted(flood)).to.deep.equal(points(there()));
    expect(judged(flood)).to.include({ verdict: 'passed' });
    expect(judged(flood).notes).to.have.length(1);
  });

  it('counts a stray: a copy that the far end of a port takes', () => {
    expect(
      strays(there(['node1:vethC', 'out', 62, { to: PODC }], ['podC:eth0', 'in', 62, { to: PODC }])),
    ).to.deep.equal(['node1:vethC', 'podC:eth0']);
  });

  it('counts a stray that went out of a port and was never seen beyond', () => {
    expect(strays(there(['node1:vethC', 'out', 62]))).to.deep.equal(['node1:vethC']);
  });

  it('counts a stray beside a flooded copy on the same port', () => {
    const stray = there(
      ['node1:vethC', 'out', 62],
      ['podC:eth0', 'overheard', 62],
      ['node1:vethC', 'out', 62, { to: PODC }],
      ['podC:eth0', 'in', 62, { to: PODC }],
    );
    expect(strays(stray)).to.deep.equal(['node1:vethC', 'podC:eth0']);
  });

  describe('towards a switch', () => {
    const over = wired({
      switches: ['lan'],
      cables: [
        ['master:enp0s1', 'lan:master'],
        ['node1:enp0s1', 'lan:node1'],
        ['node2:enp0s1', 'lan:node2'],
      ],
      devices: { 'master:enp0s1': bridged },
    });
    const left: Step = ['master:enp0s1', 'out', 63];
    const overheard: Step = ['node2:enp0s1', 'overheard', 63];

    it('counts what left a port where one machine took it and another overheard it', () => {
      const taken: Step = ['node1:enp0s1', 'in', 63];
      expect(counted(journey([left, taken, overheard]), over)).to.deep.equal(['master:enp0s1 out', 'node1:enp0s1 in']);
    });

    it('leaves out what a port flooded where nobody took it', () => {
      expect(counted(journey([left, overheard]), over)).to.deep.equal([]);
    });
  });

  it('counts what goes through a loopback once', () => {
    const own = journey([
      ['master:lo', 'out', 64],
      ['master:lo', 'in', 64],
    ]);
    const once = listed([at('master:lo', 'To itself', request(64))]);
    expect(counted(own)).to.deep.equal(['master:lo in']);
    expect(judge(once, own, { wires, macOf: () => undefined }).verdict).to.equal('passed');
    const twice = [...own, ...own.map((each) => ({ ...each, order: each.order + 2 }))];
    expect(judge(once, twice, { wires, macOf: () => undefined }).verdict).to.equal('failed');
  });
});
