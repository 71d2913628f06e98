import { expect } from 'chai';
import { type Surroundings, siteOf } from '../../src/explain/site.ts';
import type { PointResult } from '../../src/judge/result.ts';
import { overIp, ping, sighting } from './causes/loss.ts';

const surroundings: Surroundings = { from: 'p1', wires: { takes: () => false }, peerOf: () => undefined };

const hop = (at: string, fate: PointResult['fate'], more: Partial<PointResult> = {}): PointResult => {
  const [place = '', device = ''] = at.split(':');
  const expected = ping();
  return {
    kind: 'point',
    part: 'request',
    place,
    device,
    direction: null,
    fate,
    expected,
    seen: null,
    ...more,
  } as PointResult;
};

const seen = (headers = ping()) => ({ seen: headers as PointResult['seen'] });

describe('Where a packet turned off', () => {
  it('is where it was wrapped and is listed plain', () => {
    const way = [
      sighting('p1:eth0', 'out', ping()),
      sighting('m1:eth1', 'out', overIp()),
      sighting('m3:eth1', 'in', overIp()),
    ];
    const hops = [hop('p1:eth0', 'passed', seen()), hop('m1:eth1', 'differs', seen(overIp()))];
    const site = siteOf(way, surroundings, { hops, failedAt: 1, outcome: 'differs' });
    expect(site.turn).to.deep.equal({ place: 'p1', before: way[0] });
    const plain = [way[0]!, sighting('m1:eth1', 'out', ping({ ttl: 9 })), way[2]!];
    const other = [hops[0]!, hop('m1:eth1', 'differs', seen(ping({ ttl: 9 })))];
    expect(siteOf(plain, surroundings, { hops: other, failedAt: 1, outcome: 'differs' }).turn).to.equal(undefined);
  });

  it('is where an answer began, if it did not leave as listed', () => {
    const reply = (at: string, direction: 'in' | 'out') => ({
      ...sighting(at, direction, ping()),
      part: 'reply' as const,
    });
    const way = [reply('p2:eth0', 'out'), reply('gw:eth0', 'in')];
    const hops = [hop('p2:vx', 'lost', { part: 'reply' }), hop('p1:vx', 'not reached', { part: 'reply' })];
    expect(siteOf(way, surroundings, { hops, failedAt: 0, outcome: 'lost' }).turn).to.deep.equal({ place: 'p2' });
  });
});

describe('Where a packet was lost of which a copy was made', () => {
  const cables: Record<string, string> = { 'sw:swp2': 'h2:eth0', 'sw:swp3': 'h3:eth0', 'h2:eth0': 'sw:swp2' };
  const cabled: Surroundings = { ...surroundings, peerOf: (at) => cables[at] };
  const way = [
    sighting('h1:eth0', 'out', ping()),
    sighting('sw:swp1', 'in', ping()),
    sighting('sw:gt4', 'out', ping()),
    sighting('sw:swp3', 'out', overIp()),
    sighting('h3:eth0', 'in', overIp()),
  ];
  const passed = way.map(({ at, headers }) =>
    hop(at, 'passed', { seen: headers as PointResult['seen'], expected: headers as PointResult['expected'] }),
  );

  it('is where the packet itself came in, and not where its copy got to', () => {
    const hops = [...passed, hop('sw:swp2', 'lost'), hop('h2:eth0', 'not reached')];
    const site = siteOf(way, cabled, { hops, failedAt: 5, outcome: 'lost' });
    expect(site).to.include({ kind: 'at a place', place: 'sw', last: way[1] });
    expect(site.way).to.deep.equal(way.slice(0, 2));
  });

  it('is where it was seen last if that is a cable away from where it was due', () => {
    const hops = [...passed.slice(0, 4), hop('h3:eth0', 'lost')];
    const site = siteOf(way.slice(0, 4), cabled, { hops, failedAt: 4, outcome: 'lost' });
    expect(site).to.include({ kind: 'on a wire', place: 'sw', last: way[3] });
    const back = [...passed, hop('sw:swp3', 'lost')];
    expect(siteOf(way, cabled, { hops: back, failedAt: 5, outcome: 'lost' }).last).to.equal(way[4]);
  });
});

describe('Where an answer is missing to what many were asked', () => {
  it('is at whom it was due from, whoever else was asked last', () => {
    const way = [sighting('a:eth0', 'out', ping()), sighting('b:eth0', 'in', ping()), sighting('c:eth0', 'in', ping())];
    const hops = [
      ...way.map(({ at }) => hop(at, 'passed', seen())),
      hop('b:eth0', 'lost', { part: 'reply' }),
      hop('a:eth0', 'not reached', { part: 'reply' }),
    ];
    expect(siteOf(way, surroundings, { hops, failedAt: 3, outcome: 'lost' })).to.include({ place: 'b', last: way[1] });
  });
});
