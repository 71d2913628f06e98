import { expect } from 'chai';
import { links, peers } from '../../src/plan/cables.ts';
import { plan } from '../../src/plan/plan.ts';
import { spoilt } from '../small-lab.ts';

describe('links', () => {
  it('reads both ends of a cable, with or without an address', () => {
    const nodes = { a: 'host', b: 'host' } as const;
    expect(
      links({ nodes, links: ['a:eth0 10.0.0.1/24 -- b:flannel.1', 'a:x   --   b:y 10.0.1.0/32'] as never }),
    ).to.deep.equal({
      links: [
        {
          ends: [
            { place: 'a', interface: 'eth0', address: '10.0.0.1/24' },
            { place: 'b', interface: 'flannel.1' },
          ],
        },
        {
          ends: [
            { place: 'a', interface: 'x' },
            { place: 'b', interface: 'y', address: '10.0.1.0/32' },
          ],
        },
      ],
      problems: [],
    });
  });
});

describe('peers', () => {
  const wired = (...cables: string[]) =>
    peers(
      plan(
        spoilt((lab) => {
          Object.assign(lab.nodes, { c: 'host', left: 'switch', right: 'switch' });
          lab.links.push(...cables);
        }),
        'wired',
      ),
    );

  it('are the other end of a cable', () => {
    expect(wired()('a:eth0')).to.deep.equal(['b:eth0']);
    expect(wired()('b:veth')).to.deep.equal(['pod:eth0']);
    expect(wired()('b:cni0')).to.deep.equal([]);
  });

  it('are all others on a switch, and on the switches behind it', () => {
    const segment = wired('a:eth1 -- left', 'b:eth1 -- left', 'c:eth1 -- right', 'left:right -- right:left');
    expect(segment('a:eth1')).to.have.members(['b:eth1', 'c:eth1']);
    expect(segment('c:eth1')).to.have.members(['a:eth1', 'b:eth1']);
  });

  it('are each named once where switches form a ring', () => {
    const ring = wired('a:eth1 -- left', 'c:eth1 -- right', 'left:one -- right:one', 'left:two -- right:two');
    expect(ring('a:eth1')).to.deep.equal(['c:eth1']);
  });
});
