import { expect } from 'chai';
import type { LinkState } from '../../../src/explain/state/place-state.ts';
import { ether } from '../../../src/index.ts';
import { causes, link, ping, sighting, state } from './loss.ts';

const bond = (more: Partial<LinkState> = {}) => ({
  ...link('bond0', { kind: 'bond', addresses: ['10.77.2.5/24'] }),
  ...more,
});
const part = (name: string, more: Partial<LinkState> = {}) => ({
  ...link(name, { master: 'bond0', masterKind: 'bond' }),
  ...more,
});
const noCarrier = { flags: ['UP', 'NO-CARRIER'], operstate: 'DOWN' };

describe('A packet that comes by an interface of a bond', () => {
  const came = (...links: LinkState[]) =>
    causes({
      way: [sighting('b:e1', 'in', [ether({}), ...ping()])],
      now: { b: state({ links }) },
      site: { next: { place: 'b', device: 'bond0' } },
    });

  it('is lost where that is no part of the bond', () => {
    const [first] = came(link('e1'), part('e2'), bond());
    expect(first).to.deep.include({
      cause: 'not in the bond',
      fix: { place: 'b', command: 'ip link set dev e1 down && ip link set dev e1 master bond0' },
    });
    expect(came(part('e1'), part('e2'), bond()).map(({ cause }) => cause)).not.to.include('not in the bond');
  });
});

describe('A packet that is to leave by a bond', () => {
  const leaving = (...links: LinkState[]) =>
    causes({
      way: [],
      now: { p1: state({ links, routes: '10.77.2.0/24 dev bond0' }) },
      site: { place: 'p1', next: { place: 'p1', device: 'bond0' } },
    }).find(({ cause }) => cause === 'carrier down');

  it('is lost where none of its interfaces has a carrier, and which are down is said', () => {
    const told = leaving(bond(noCarrier), part('e1', { flags: [], operstate: 'DOWN' }), part('e2', noCarrier));
    expect(told?.sentence).to.include('e1 is down and e2 has no carrier');
    expect(told?.fix?.command).to.equal('ip link set dev e1 up');
    expect(leaving(bond(noCarrier))?.sentence).to.include('no interface is a part of it');
  });
});
