import type { Sighting } from '../../src/judge/observation.ts';
import { expect } from 'chai';
import { inOrder } from '../../src/judge/walk.ts';
import type { Link } from '../../src/plan/cables.ts';
import { journey } from './sightings.ts';

const cable = (a: string, b: string): Link => {
  const end = (point: string) => ({ place: point.split(':')[0]!, interface: point.split(':')[1]! });
  return { ends: [end(a), end(b)] };
};
const wiring = {
  nodes: [
    { name: 'master', kind: 'router' as const },
    { name: 'node1', kind: 'router' as const },
    { name: 'lan', kind: 'switch' as const },
  ],
  links: [
    cable('podA:eth0', 'master:vethA'),
    cable('master:enp0s1', 'lan:master'),
    cable('node1:enp0s1', 'lan:node1'),
    cable('podB:eth0', 'node1:vethB'),
  ],
};

const path = journey([
  ['podA:eth0', 'out', 64],
  ['master:vethA', 'in', 64],
  ['master:cni0', 'in', 64],
  ['master:enp0s1', 'out', 63],
  ['node1:enp0s1', 'in', 63],
  ['node1:cni0', 'out', 62],
  ['node1:vethB', 'out', 62],
  ['podB:eth0', 'in', 62],
]);
const points = (sightings: Sighting[]) => sightings.map(({ at, direction }) => `${at} ${direction}`);

/** The same sightings as machines whose clocks are wrong by so many seconds would show them, mixed up. */
const skewed = (sightings: Sighting[], seconds: Record<string, number>) =>
  sightings
    .map((each) => ({ ...each, time: each.time + BigInt(seconds[each.place] ?? 0) * 10n ** 9n }))
    .sort((a, b) => a.at.localeCompare(b.at));

describe('inOrder', () => {
  it('gives the path back, whatever order the sightings come in', () => {
    expect(points(inOrder(skewed(path, {}), wiring))).to.deep.equal(points(path));
  });

  it('gives the path back across a cable when the clocks disagree', () => {
    expect(points(inOrder(skewed(path, { podA: 60, podB: -60 }), wiring))).to.deep.equal(points(path));
  });

  it('gives the path back across a switch when the clocks disagree', () => {
    for (const seconds of [{ node1: -60 }, { node1: 60 }, { master: 60, podA: -5 }, { podA: 9, master: 6, node1: 3 }])
      expect(points(inOrder(skewed(path, seconds), wiring))).to.deep.equal(points(path));
  });

  it('gives a path back that crosses the same cable again and again', () => {
    const loop = journey([
      ['podA:eth0', 'out', 64],
      ['master:vethA', 'in', 64],
      ['master:vethA', 'out', 63],
      ['podA:eth0', 'in', 63],
      ['podA:eth0', 'out', 62],
      ['master:vethA', 'in', 62],
      ['master:vethA', 'out', 61],
      ['podA:eth0', 'in', 61],
    ]);
    for (const seconds of [{}, { podA: 60 }, { master: 60 }])
      expect(points(inOrder(skewed(loop, seconds), wiring))).to.deep.equal(points(loop));
  });

  it('goes by the clock where no cable tells', () => {
    const apart = journey([
      ['a:eth0', 'out', 64],
      ['b:eth0', 'in', 64],
    ]);
    expect(points(inOrder([...apart].reverse(), wiring))).to.deep.equal(points(apart));
  });

  it('loses and adds nothing, even if the sightings contradict each other', () => {
    const impossible = path.map((each, i) => ({ ...each, order: path.length - i }));
    expect(points(inOrder(impossible, wiring)).sort()).to.deep.equal(points(path).sort());
    expect(inOrder([], wiring)).to.deep.equal([]);
  });
});
