import { expect } from 'chai';
import { ether, ip, udp } from '../../../src/index.ts';
import type { ExpectedHeader } from '../../../src/packet/index.ts';
import { causes, sighting, state } from './loss.ts';

const datagram: ExpectedHeader[] = [
  ip({ src: '10.1.0.2', dst: '10.2.0.2', ttl: 64, protocol: 17 }),
  udp({ src: 5002, dst: 9000 }),
];
const rival =
  'udp 17 28 src=10.1.0.2 dst=10.2.0.2 sport=5001 dport=9000 src=10.2.0.2 dst=10.2.0.1 sport=9000 dport=4000 mark=0 use=1';
const counted = (moved: Record<string, number>) => {
  const lost = causes({
    way: [sighting('r:rc', 'in', [ether({}), ...datagram])],
    now: { r: state({}) },
    connections: new Map([['r', [rival]]]),
    moved: Object.entries(moved).map(([name, by]) => ({ place: 'r', file: 'stat/nf_conntrack', name, by })),
  });
  return lost.filter(({ cause }) => /conn(ection table|track clash)/.test(cause));
};

describe('A packet that connection tracking does not enter', () => {
  it('clashes with the connection that has its addresses and ports after translation, which is shown', () => {
    const [clash, ...more] = counted({ insert_failed: 1, drop: 1 });
    expect(clash).to.include({ cause: 'conntrack clash', place: 'r' });
    expect(clash?.supports).to.deep.equal([`the one that is there: ${rival}`]);
    expect(more).to.deep.equal([]);
  });

  it('meets a full table where more was dropped than clashed', () => {
    expect(counted({ drop: 1 }).map(({ cause }) => cause)).to.deep.equal(['connection table full']);
    expect(counted({ insert_failed: 1, drop: 3 })[1]?.sentence).to.include('drop +2');
  });
});
