import { expect } from 'chai';
import { ruledOut } from '../../src/explain/ruled-out.ts';
import { ether } from '../../src/index.ts';
import { factsOf, link, ping, sighting, state } from './causes/loss.ts';

describe('What is ruled out', () => {
  const links = [
    link('ul', { addresses: ['198.51.100.2/24'] }),
    link('br1', { kind: 'bridge' }),
    link('swp1', { master: 'br1', masterKind: 'bridge' }),
    link('vlan10', { kind: 'vlan', link: 'br1', master: 'green', masterKind: 'vrf', data: { id: 10 } }),
  ];
  const told = (at: string, direction: 'in' | 'out', device: string) => {
    const lookup = {
      place: 'l2',
      command: 'ip route get 10.77.2.5',
      output: `10.77.2.5 dev ${device}`,
      ok: true,
      device,
    };
    const way = [sighting(at, direction, [ether({}), ...ping()])];
    return ruledOut(factsOf({ way, now: { l2: state({ links }) }, lookups: [lookup] })).join('; ');
  };

  it('is a route by which the packet went, or may go', () => {
    expect(told('l2:ul', 'out', 'ul')).to.include('l2 has a route for it');
    expect(told('l2:ul', 'in', 'br1')).to.include('l2 has a route for it');
    expect(told('l2:swp1', 'out', 'br1')).to.include('l2 has a route for it');
    expect(told('l2:br1', 'out', 'vlan10')).to.include('l2 has a route for it');
  });

  it('is no route by another way than the packet went, as one of another VRF', () => {
    expect(told('l2:br1', 'out', 'ul')).not.to.include('l2 has a route for it');
  });
});
