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

describe('names of interfaces', () => {
  const refused = (name: string) =>
    links({ nodes: { a: 'host', b: 'host' }, links: [`a:${name} -- b:eth0`] as never }).problems.map(
      ({ what }) => what,
    );

  it('are refused that a shell, sysctl or the kernel would take otherwise', () => {
    for (const name of [
      'e;id',
      'e$(id)',
      "e'0",
      'e*',
      'e"0',
      '-e',
      'e/0',
      '.',
      'e:0',
      'averyverylongname',
      'é'.repeat(8),
    ])
      expect(refused(name), name).to.have.length(1);
    expect(refused('lo')).to.deep.equal(['lo is no name for an interface: every place has a lo of its own already']);
    for (const name of ['all', 'default']) expect(refused(name)[0]).to.contain('sysctl reads net.ipv4.conf.');
    for (const name of ['tunl0', 'gre0', 'sit0', 'ip6tnl0'])
      expect(refused(name)).to.deep.equal([
        `${name} is no name for an interface: the kernel makes one in every namespace where its tunnels are loaded`,
      ]);
    for (const name of ['eth0', 'flannel.1', 'cali92cf1f5e9f6', 'e@f', 'tunl1', 'a-b_c'])
      expect(refused(name), name).to.deep.equal([]);
  });

  it('of a port at a switch that is called like a long node are refused with what to write', () => {
    const nodes = { 'supervisor-switch-number-one': 'host', sw: 'switch' } as const;
    const { problems } = links({ nodes, links: ['supervisor-switch-number-one:eth0 -- sw'] as never });
    expect(problems.map(({ hint }) => hint)).to.deep.equal(['Write sw:PORT.']);
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
