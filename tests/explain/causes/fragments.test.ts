import { expect } from 'chai';
import { ether, ip } from '../../../src/index.ts';
import type { PointResult } from '../../../src/judge/result.ts';
import { causes, link, ping, sighting, state } from './loss.ts';

const now = (mtu: number) => ({
  p1: state({ links: [link('eth0', { mtu, addresses: ['10.77.1.5/16'] })], routes: '10.77.0.0/16 dev eth0' }),
});

/** A ping of 84 bytes whose first fragment is the first difference from what is listed. */
const lost = (mtu: number, fields: object) => {
  const fragment = sighting('p1:eth0', 'out', [ether({}), ...ping(fields)]);
  const hop = { expected: ping({ length: 84 }) } as unknown as PointResult;
  return causes({
    way: [fragment, sighting('p2:eth0', 'in', fragment.headers)],
    now: now(mtu),
    site: { changed: { hop, now: fragment, before: undefined } },
  });
};

describe('A packet that is fragmented where it is listed in one piece', () => {
  it('is told with the MTU that its fragment fills', () => {
    const [first] = lost(83, { length: 76, mf: true });
    expect(first).to.include({ cause: 'MTU too small', place: 'p1', confidence: 'certain' });
    expect(first?.sentence).to.include('p1 fragments it').and.to.include('eth0 has mtu 83');
  });

  it('is not told of one whose fragment fills no MTU there, nor of one in one piece', () => {
    expect(lost(1500, { length: 76, mf: true })).to.deep.equal([]);
    expect(lost(83, { length: 76 })).to.deep.equal([]);
  });

  it('is told of one that a tunnel wraps', () => {
    const fields = { length: 68, mf: true };
    const inner = sighting('p1:tun', 'out', ping(fields));
    const outer = ip({ src: '192.168.56.11', dst: '192.168.56.12', ttl: 64, length: 88 });
    const wrapped = sighting('p1:eth0', 'out', [ether({}), outer, ...ping(fields)]);
    const hop = { expected: ping({ length: 84 }) } as unknown as PointResult;
    const told = causes({
      way: [inner, wrapped],
      now: { p1: state({ links: [link('tun', { mtu: 75 }), link('eth0')], routes: '10.77.0.0/16 dev tun' }) },
      site: { changed: { hop, now: wrapped, before: inner } },
    });
    expect(told[0]).to.include({ cause: 'MTU too small', place: 'p1' });
    expect(told[0]?.sentence).to.include('tun has mtu 75');
  });
});
