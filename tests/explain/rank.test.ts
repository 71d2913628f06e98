import { expect } from 'chai';
import { ip, udp } from '../../src/index.ts';
import type { PointResult } from '../../src/judge/result.ts';
import { causes, type Loss, link, sighting, state } from './causes/loss.ts';

const datagram = [ip({ src: '10.77.1.5', dst: '10.77.2.5', ttl: 64 }), udp({ src: 4000, dst: 7 })];
const way = [sighting('p1:eth0', 'out', datagram, 0), sighting('p2:eth0', 'in', datagram, 1)];
const p2 = state({ links: [link('eth0', { addresses: ['10.77.2.5/24'] })] });

/** What is told of a datagram to a port of p2 on which nobody listens, by how its two hops were met. */
const told = (outcome: string, ...fates: PointResult['fate'][]) => {
  const hops = fates.map((fate, i) => ({
    kind: 'point',
    part: 'request',
    place: `p${i + 1}`,
    device: 'eth0',
    fate,
    expected: datagram,
    seen: datagram,
  }));
  const walk = { hops, strays: [], outcome, failedAt: null } as unknown as NonNullable<Loss['walk']>;
  return causes({ way, walk, now: { p2 } }).map(({ cause }) => cause);
};

describe('Who is to blame', () => {
  it('is where a packet ended that was to go on, or to be answered', () => {
    expect(told('lost', 'passed', 'lost')).to.include('no socket');
    expect(told('unanswered', 'passed', 'passed')).to.include('no socket');
  });

  it('is not where a packet came that was seen at all that is listed', () => {
    expect(told('out of order', 'passed', 'out of order')).to.deep.equal([]);
    expect(told('elsewhere', 'passed', 'passed')).to.deep.equal([]);
    expect(told('differs', 'passed', 'differs')).to.deep.equal([]);
    expect(told('elsewhere', 'missing', 'passed')).to.deep.equal([]);
    expect(told('elsewhere', 'passed', 'missing')).to.include('no socket');
  });
});
