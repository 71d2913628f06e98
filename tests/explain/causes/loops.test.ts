import { expect } from 'chai';
import { ether } from '../../../src/index.ts';
import { causes, link, ping, sighting, state } from './loss.ts';

const place = (route: string) =>
  state({
    links: [link('e0', { addresses: ['10.0.0.1/24'] })],
    routes: route,
    sysctls: { 'net.ipv4.conf.e0.forwarding': '1' },
  });
const now = { x: place('10.77.2.0/24 via 10.0.0.2 dev e0'), z: place('10.77.0.0/16 via 10.0.0.3 dev e0') };

const rounds = (ttls: number[], places = ['x', 'z']) =>
  ttls.flatMap((ttl, i) => [
    sighting(`${places[i % places.length]}:e0`, 'in', [ether({}), ...ping({ ttl })], 2 * i),
    sighting(`${places[i % places.length]}:e0`, 'out', [ether({}), ...ping({ ttl: ttl - 1 })], 2 * i + 1),
  ]);

describe('A packet that goes round', () => {
  it('is told in one sentence: the ring, how often, and by which routes', () => {
    const way = rounds([9, 8, 7, 6, 5, 4, 3, 2]).slice(0, -1);
    const [first, ...others] = causes({ way, now });
    expect(first).to.include({ cause: 'routing loop', confidence: 'certain' });
    expect(first?.sentence).to.match(/(x → z → x|z → x → z), 3 times/);
    expect(first?.sentence).to.include('z by 10.77.0.0/16 via 10.0.0.3 dev e0').and.to.include('x by 10.77.2.0/24');
    expect(others.map(({ cause }) => cause)).not.to.include('TTL spent');
  });

  it('is blamed on the route that has changed', () => {
    const after = '10.77.2.0/24 via 10.0.0.2 dev e0';
    const changes = [
      {
        place: 'x',
        what: 'route',
        change: 'new',
        subject: '10.77.2.0/24',
        after,
        sentence: `x: route ${after} is new`,
      } as const,
    ];
    const [first] = causes({ way: rounds([5, 4, 3, 2]).slice(0, -1), now, changes });
    expect(first).to.deep.include({ place: 'x', fix: { place: 'x', command: `ip route del ${after}` } });
    expect(first?.sentence).to.include('is new');
  });

  it('is not one that is sent twice, nor one that crosses an interface once', () => {
    const twice = [...rounds([9]), ...rounds([9])];
    for (const way of [twice, rounds([9, 8])])
      expect(causes({ way, now }).map(({ cause }) => cause)).not.to.include('routing loop');
  });
});
