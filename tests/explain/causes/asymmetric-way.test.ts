import { expect } from 'chai';
import { asymmetricWays } from '../../../src/explain/causes/asymmetric-way.ts';
import { ether, icmp, ip } from '../../../src/index.ts';
import type { Sighting } from '../../../src/judge/observation.ts';
import { factsOf, sighting, state } from './loss.ts';

const echo = [
  ether({}),
  ip({ src: '10.1.0.2', dst: '10.2.0.2', ttl: 64, protocol: 1 }),
  icmp({ type: 'echo request' }),
];
const answer = [
  ether({}),
  ip({ src: '10.2.0.2', dst: '10.1.0.2', ttl: 64, protocol: 1 }),
  icmp({ type: 'echo reply' }),
];

const there = [
  sighting('a:e0', 'out', echo),
  sighting('x:ea', 'in', echo),
  sighting('x:ew', 'out', echo),
  sighting('w:ex', 'in', echo),
];
const told = (...way: Sighting[]) => {
  const now = { w: state({ routes: '10.1.0.0/24 via 10.9.0.1 dev ez' }), x: state({}), z: state({}) };
  const facts = factsOf({ way, wayThere: there, now, site: { part: 'reply' } });
  return asymmetricWays.flatMap(({ tell }) => tell(facts));
};

describe('An answer that is lost where its request never was', () => {
  it('is told to have left the way of its request, with the route', () => {
    const [cause] = told(sighting('w:ez', 'out', answer), sighting('z:ew', 'in', answer));
    expect(cause).to.include({ place: 'w', confidence: 'possible' });
    expect(cause?.sentence).to.include('leaves w by ez, the request came there by ex').and.to.include('via 10.9.0.1');
  });

  it('is not told so of one that goes back by the same way', () => {
    expect(told(sighting('w:ex', 'out', answer), sighting('x:ew', 'in', answer))).to.deep.equal([]);
  });
});
