import { expect } from 'chai';
import type { Facts } from '../../../src/explain/facts.ts';
import { ether, mac } from '../../../src/index.ts';
import type { PointResult } from '../../../src/judge/result.ts';
import { causes, link, overIp, ping, sighting, state } from './loss.ts';

const [own, n1, n2] = ['02:00:00:00:00:10', '02:00:00:00:00:11', '02:00:00:00:00:12'];

/** A packet of `r` that leaves for another MAC than the listed one of `n1`, by a route via an address. */
function sent(via: string, to: string, changes: Facts['changes'] = []) {
  const now = sighting('r:eth0', 'out', [ether({ src: own, dst: to }), ...ping()], 1);
  const before = sighting('r:in', 'in', [ether({}), ...ping()]);
  const hop = { kind: 'point', place: 'r', device: 'eth0', expected: [ether({ dst: mac('n1:eth0') }), ...ping()] };
  return causes({
    changes,
    way: [before, now],
    site: { changed: { hop: hop as unknown as PointResult, now, before } },
    now: {
      r: state({
        links: [link('eth0', { mac: own, addresses: ['10.0.0.10/24'] })],
        routes: `10.77.2.0/24 via ${via} dev eth0`,
        neighbours: `10.0.0.11 dev eth0 lladdr ${n1} REACHABLE\n10.0.0.12 dev eth0 lladdr ${n2} REACHABLE`,
      }),
      n1: state({ links: [link('eth0', { mac: n1, addresses: ['10.0.0.11/24'] })] }),
      n2: state({ links: [link('eth0', { mac: n2, addresses: ['10.0.0.12/24'] })] }),
    },
  });
}

describe('A packet that goes to another neighbour than is listed', () => {
  it('is told with the route that leads there', () => {
    const [first] = sent('10.0.0.12', n2);
    expect(first).to.include({ cause: 'wrong route', confidence: 'certain', place: 'r' });
    expect(first?.sentence).to.include('via 10.0.0.12').and.to.include('n2’s').and.to.include('not to n1');
  });

  it('is told once, with what undoes it, where that route is new since the lab was proven', () => {
    const after = '10.77.2.0/24 via 10.0.0.12 dev eth0';
    const sentence = `r: route ${after} is new`;
    const told = sent('10.0.0.12', n2, [{ place: 'r', change: 'new', what: 'route', subject: after, after, sentence }]);
    const wrong = told.filter(({ cause }) => cause === 'wrong route');
    expect(wrong.map(({ fix }) => fix)).to.deep.equal([{ place: 'r', command: `ip route del ${after}` }]);
    expect(wrong[0]?.sentence).to.include('not to n1').and.to.include(sentence);
  });

  it('is not told of a route that leads to who is listed', () => {
    expect(sent('10.0.0.11', n2).map(({ cause }) => cause)).not.to.include('wrong route');
  });

  it('is told with the route that leads into a tunnel, where it is listed as it is', () => {
    const before = sighting('r:tunl0', 'out', ping());
    const now = sighting('r:eth0', 'out', overIp(), 1);
    const told = (dev: string, expected: object[]) =>
      causes({
        way: [before, now],
        site: { changed: { hop: { kind: 'point', device: 'eth0', expected } as unknown as PointResult, now, before } },
        now: {
          r: state({
            links: [link('eth0'), link('tunl0', { kind: 'ipip' })],
            routes: `10.77.2.0/24 via 192.168.56.12 dev ${dev} onlink`,
          }),
        },
      }).find(({ cause }) => cause === 'wrong route');
    expect(told('tunl0', ping())?.sentence).to.include('r routes 10.77.2.5 by tunl0, which wraps it, and not by eth0');
    expect(told('tunl0', overIp())).to.equal(undefined);
    expect(told('eth0', ping())).to.equal(undefined);
  });
});
