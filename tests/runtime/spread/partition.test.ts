import { expect } from 'chai';
import fc from 'fast-check';
import flannelVxlan from '../../../labs/flannel-vxlan.ts';
import { plan } from '../../../src/plan/plan.ts';
import { cutCables, partition } from '../../../src/runtime/spread/partition.ts';

type Wired = Parameters<typeof partition>[0];

/** A lab of hosts, but for switches, whose names begin with s; a cable is a pair of names. */
const wired = (names: string[], pairs: [string, string][], pods: Wired['pods'] = []): Wired => ({
  nodes: names.map((name) => ({ name, kind: name.startsWith('s') ? 'switch' : 'host' })),
  pods,
  links: pairs.map(([a, b], i) => ({
    ends: [
      { place: a, interface: `x${i}` },
      { place: b, interface: `y${i}` },
    ],
  })),
});

const all = (names: string[]) => names.flatMap((a, i) => names.slice(i + 1).map((b): [string, string] => [a, b]));

/** Labs whose hosts and switches are cabled at random, with pods, and how many machines they are put on. */
const labs = fc
  .record({
    hosts: fc.integer({ min: 2, max: 9 }),
    switches: fc.integer({ min: 0, max: 3 }),
    pairs: fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 20 }),
    pods: fc.array(fc.nat(8), { maxLength: 8 }),
    machines: fc.integer({ min: 2, max: 4 }),
  })
  .map(({ hosts, switches, pairs, pods, machines }) => {
    const hostNames = Array.from({ length: hosts }, (_, i) => `h${i}`);
    const names = [...Array.from({ length: switches }, (_, i) => `s${i}`), ...hostNames];
    const name = (i: number) => names[i % names.length]!;
    return {
      lab: wired(
        names,
        pairs.map(([a, b]) => [name(a), name(b)]),
        pods.map((i, pod) => ({ name: `pod${pod}`, node: hostNames[i % hosts]! })),
      ),
      machines: Math.min(machines, hosts),
    };
  });

const hostsIn = ({ nodes }: Wired, group: string[]) =>
  group.filter((name) => nodes.some((node) => node.name === name && node.kind === 'host'));

describe('How a lab is put on machines', () => {
  it('puts every node on one machine, and a host on each, always the same', () => {
    fc.assert(
      fc.property(labs, ({ lab, machines }) => {
        const groups = partition(lab, machines);
        expect(groups.flat().sort()).to.deep.equal(lab.nodes.map(({ name }) => name).sort());
        expect(groups.map((group) => hostsIn(lab, group).length > 0)).to.deep.equal(groups.map(() => true));
        expect(partition(structuredClone(lab), machines)).to.deep.equal(groups);
      }),
    );
  });

  it('puts a node where it is told to, whatever else', () => {
    fc.assert(
      fc.property(labs, fc.nat(), ({ lab, machines }, seed) => {
        const pinned = new Map([['h0', seed % machines]]);
        expect(partition(lab, machines, pinned)[seed % machines]).to.include('h0');
      }),
    );
  });

  const cases: [string, Wired, number, number][] = [
    [
      'two groups of four with a cable between',
      wired([...'abcdefgh'], [...all([...'abcd']), ...all([...'efgh']), ['d', 'e']]),
      2,
      1,
    ],
    [
      'a ring of eight',
      wired(
        [...'abcdefgh'],
        [...'abcdefgh'].map((name, i): [string, string] => [name, 'bcdefgha'[i]!]),
      ),
      2,
      2,
    ],
    [
      'two switches with three hosts each',
      wired(
        ['s1', 's2', ...'abcdef'],
        [
          ['s1', 's2'],
          ...[...'ace'].map((h): [string, string] => ['s1', h]),
          ...[...'bdf'].map((h): [string, string] => ['s2', h]),
        ],
      ),
      2,
      1,
    ],
    [
      'a switch with two hosts',
      wired(
        ['s', 'a', 'b'],
        [
          ['s', 'a'],
          ['s', 'b'],
        ],
      ),
      2,
      1,
    ],
    ['hosts that nothing joins', wired([...'abcd'], []), 3, 0],
  ];
  for (const [what, lab, machines, cut] of cases)
    it(`cuts ${cut} of the cables of ${what}`, () => {
      expect(cutCables(lab, partition(lab, machines))).to.have.length(cut);
    });

  it('has master and node1 of flannel-vxlan on two machines, with one cable between, and pods with their nodes', () => {
    const planned = plan(flannelVxlan, 'flannel-vxlan');
    const groups = partition(planned, 2);
    expect(groups).to.deep.equal([['lan', 'gw', 'master', 'node2'], ['node1']]);
    expect(cutCables(planned, groups).map(({ ends }) => ends.map(({ place }) => place))).to.deep.equal([
      ['node1', 'lan'],
    ]);
  });
});
