import { expect } from 'chai';
import { ip } from '../../../src/index.ts';
import type { PointResult } from '../../../src/judge/result.ts';
import { causes, link, ping, sighting, state } from './loss.ts';

/** What is told of n1's first packet, where other headers are listed. */
const told = (expected: ReturnType<typeof ping>) => {
  const now = sighting('n1:eth0', 'out', ping({ src: '10.1.0.1', dst: '10.2.0.1' }));
  const hop = { kind: 'point', part: 'request', place: 'n1', device: 'eth0', seen: [], expected };
  return causes({
    way: [now],
    site: { changed: { hop: hop as unknown as PointResult, now, before: undefined } },
    now: {
      n1: state({
        links: [link('eth0', { addresses: ['192.0.2.2/24'] })],
        routes: '10.2.0.1 via 192.0.2.1 dev eth0 src 10.1.0.1',
      }),
    },
  }).filter(({ cause }) => cause === 'wrong source');
};

describe('A source that is not as listed', () => {
  it('is told with the route that says so', () => {
    expect(told(ping({ src: '192.0.2.2', dst: '10.2.0.1' }))[0]?.sentence).to.equal(
      'n1 sends from 10.1.0.1 and not from 192.0.2.2: its route says so: 10.2.0.1 via 192.0.2.1 dev eth0 src 10.1.0.1',
    );
  });

  it('is none where a tunnel’s header is listed, and the packet bears none', () => {
    const outer = ip({ src: '192.0.2.2', dst: '198.51.100.2' });
    expect(told([outer, ...ping({ src: '10.1.0.1', dst: '10.2.0.1' })])).to.deep.equal([]);
  });
});
