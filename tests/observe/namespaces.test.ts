import { expect } from 'chai';
import { namespaces } from '../../src/observe/namespaces.ts';
import type { Interface } from '../../src/runtime/runtime.ts';
import { nic } from '../judge/sightings.ts';

const veth = (index: number, peer: number, netnsid?: number) =>
  nic(`veth${index}`, index, { kind: 'veth', link: { index: peer, ...(netnsid !== undefined && { netnsid }) } });

/** A kernel that knows namespaces by numbers, and what it was asked. */
function kernel(ids: Record<string, Record<string, number>>) {
  const asked: string[] = [];
  const runtime = {
    async netnsIds(place: string, others: string[]) {
      asked.push(`${place}: ${others.join(' ')}`);
      return new Map(others.map((other) => [other, ids[place]?.[other] ?? -1]));
    },
  };
  return { asked, ...namespaces(runtime) };
}
const listing = (places: Record<string, Interface[]>) => new Map(Object.entries(places));

describe('namespaces', () => {
  it('are asked of those places alone that have a device with the index that is looked for', async () => {
    const { asked, learn, placeOf } = kernel({ node: { pod: 3 } });
    await learn(listing({ node: [veth(7, 2, 3)], pod: [nic('eth0', 2)], other: [nic('eth0', 4)] }));
    expect(asked).to.deep.equal(['node: pod']);
    expect(placeOf('node', 3)).to.equal('pod');
    expect(placeOf('node', 4)).to.equal(undefined);
  });

  it('are asked once, be the answer yes or no', async () => {
    const { asked, learn, placeOf } = kernel({ node: { pod: 3 } });
    const places = listing({ node: [veth(7, 2, 3), veth(8, 2, 5)], pod: [nic('eth0', 2)] });
    await learn(places);
    await learn(places);
    expect(asked).to.deep.equal(['node: pod']);
    expect(placeOf('node', 5)).to.equal(undefined);
  });

  it('are not asked where no device leads out of its own', async () => {
    const { asked, learn } = kernel({});
    await learn(listing({ node: [veth(7, 8), veth(8, 7)], pod: [nic('eth0', 8)] }));
    expect(asked).to.deep.equal([]);
  });

  it('are asked again once another place has such a device', async () => {
    const { asked, learn, placeOf } = kernel({ node: { pod: 3 } });
    const node = [veth(7, 2, 3)];
    await learn(listing({ node, pod: [], other: [nic('eth0', 2)] }));
    expect(placeOf('node', 3)).to.equal(undefined);
    await learn(listing({ node, pod: [nic('eth0', 2)], other: [nic('eth0', 2)] }));
    expect(placeOf('node', 3)).to.equal('pod');
    expect(asked).to.deep.equal(['node: other', 'node: pod']);
  });
});
