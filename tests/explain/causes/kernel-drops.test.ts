import { expect } from 'chai';
import type { Facts } from '../../../src/explain/facts.ts';
import { ether } from '../../../src/index.ts';
import { causes, ping, sighting, state } from './loss.ts';

describe('A drop that the kernel tells of', () => {
  const told = (place: string) => {
    const drop = { place, reason: 'IP_INADDRERRORS', location: 'ip_error' } as Facts['kernelDrops'][number];
    return causes({
      way: [sighting('a:eth0', 'out', [ether({}), ...ping()]), sighting('r:in', 'in', [ether({}), ...ping()])],
      now: { r: state({}) },
      kernelDrops: [drop],
      site: { next: { place: 'b', device: 'eth0' } },
    }).filter(({ cause }) => cause === 'dropped by the kernel');
  };

  it('counts where the packet was lost, or was due next', () => {
    expect(told('r')[0]).to.include({ place: 'r', confidence: 'likely' });
    expect(told('b')[0]).to.include({ place: 'b' });
  });

  it('is another copy’s where it was never to be, as at a switch that a broadcast went by', () => {
    expect(told('lan')).to.deep.equal([]);
  });
});
