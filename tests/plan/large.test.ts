import { expect } from 'chai';
import type { Link } from '../../src/plan/cables.ts';
import { foundations } from '../../src/plan/foundations.ts';
import { type Known, nodeProblem } from '../../src/plan/problems/known.ts';

const HOSTS = 200;
const names = Array.from({ length: HOSTS }, (_, i) => `host${i}`);

describe('A large lab', () => {
  it('has each of its cables looked at a few times, and not once for each place', () => {
    let looks = 0;
    const wired = names.map((place): Link => {
      const ends: Link['ends'] = [
        { place, interface: 'eth0', address: '10.0.0.1/16' },
        { place: 'lan', interface: place },
      ];
      return Object.defineProperty({ ends }, 'ends', {
        get() {
          looks++;
          return ends;
        },
      });
    });
    const nodes = [{ name: 'lan', kind: 'switch' as const }, ...names.map((name) => ({ name, kind: 'host' as const }))];
    const [, cables, plug] = foundations(nodes, [], wired);
    expect(cables?.cables).to.have.length(HOSTS);
    expect(plug?.commands?.at(-1)).to.deep.equal({
      place: 'host199',
      lines: ['ip link set lo up', 'ip link set dev eth0 up', 'ip addr add 10.0.0.1/16 dev eth0'],
    });
    expect(looks).to.be.at.most(5 * HOSTS);
  });

  it('is asked for a node by its name: its nodes are listed only for who asks for one that is not there', () => {
    let listed = 0;
    const nodes = new Proxy(Object.fromEntries(names.map((name) => [name, 'host' as const])), {
      ownKeys(all) {
        listed++;
        return Reflect.ownKeys(all);
      },
    });
    const known = { lab: { nodes } } as unknown as Known;
    expect(names.flatMap((name) => nodeProblem(known, 'walks', name))).to.deep.equal([]);
    expect(listed).to.equal(0);
    expect(nodeProblem(known, 'walks', 'hots7')).to.have.length(1);
    expect(nodeProblem(known, 'walks', 'toString')).to.have.length(1);
  });
});
