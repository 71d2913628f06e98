import { expect } from 'chai';
import type { LinkState } from '../../../src/explain/state/place-state.ts';
import { ether } from '../../../src/index.ts';
import { causes, link, ping, sighting, state } from './loss.ts';

const [one, two] = ['02:00:00:00:00:01', '02:00:00:00:00:02'];

const cables = [
  ['n1:eth0', 'h:v1'],
  ['n2:eth0', 'h:v2'],
].map((ends) => ({
  ends: ends.map((end) => ({ place: end.split(':')[0]!, interface: end.split(':')[1]! })),
}));

const port = (bridge: string) => ({ master: bridge, masterKind: 'bridge' });
const bridge = (name: string) => link(name, { kind: 'bridge', mac: '02:00:00:00:00:99' });

/** A frame of n1 for n2, that came to `h` by v1 and was seen no more. */
const lost = (links: LinkState[]) =>
  causes({
    way: [
      sighting('n1:eth0', 'out', [ether({ src: one, dst: two }), ...ping()]),
      sighting('h:v1', 'in', [ether({ src: one, dst: two }), ...ping()], 1),
    ],
    plan: { nodes: [], pods: [], links: cables } as unknown as NonNullable<Parameters<typeof causes>[0]['plan']>,
    now: {
      h: state({ links }),
      n1: state({ links: [link('eth0', { mac: one, addresses: ['10.77.1.5/16'] })] }),
      n2: state({ links: [link('eth0', { mac: two, addresses: ['10.77.2.5/16'] })] }),
    },
  });

const found = (links: LinkState[]) => lost(links).find(({ cause }) => cause === 'port off the bridge');

describe('A frame between two interfaces that no bridge joins', () => {
  it('is told where neither is a port', () => {
    const told = found([link('v1'), link('v2')]);
    expect(told).to.include({ confidence: 'likely', place: 'h' });
    expect(told?.sentence).to.include('v1 and v2 are ports of no bridge');
  });

  it('is told where they are ports of two bridges', () => {
    const told = found([bridge('br0'), bridge('br1'), link('v1', port('br0')), link('v2', port('br1'))]);
    expect(told?.sentence).to.include('v1 is a port of br0, and v2 one of br1');
    expect(told?.fix?.command).to.equal('ip link set v2 master br0');
  });

  it('is not told where one bridge has both, nor where the interface has an address and routes', () => {
    expect(found([bridge('br0'), link('v1', port('br0')), link('v2', port('br0'))])).to.equal(undefined);
    const routed = [link('v1', { addresses: ['10.77.1.1/24'] }), link('v2', { addresses: ['10.77.2.1/24'] })];
    expect(found(routed)).to.equal(undefined);
  });
});
