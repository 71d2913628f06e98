import { expect } from 'chai';
import type { PointResult } from '../../../src/judge/result.ts';
import { causes, type Loss, link, ping, sighting, state } from './loss.ts';

/** What is told of a ping whose DSCP the walk lists as 0, and which has another one where it leaves r. */
const told = (came: number, left: number, r: Partial<Parameters<typeof state>[0]>) => {
  const way = [
    sighting('p1:eth0', 'out', ping({ ttl: 64, dscp: came }), 0),
    sighting('r:ea', 'in', ping({ ttl: 64, dscp: came }), 1),
    sighting('r:eb', 'out', ping({ dscp: left }), 2),
    sighting('p2:eth0', 'in', ping({ dscp: left }), 3),
  ];
  const hop = {
    kind: 'point',
    part: 'request',
    place: 'r',
    device: 'eb',
    fate: 'differs',
    expected: ping({ dscp: 0 }),
    differences: [{ protocol: 'ip', field: 'dscp', expected: 0, seen: left }],
  } as unknown as PointResult;
  const walk = { hops: [hop], strays: [], outcome: 'differs', failedAt: 0 } as unknown as NonNullable<Loss['walk']>;
  const site = { changed: { hop, now: way[2]!, before: way[1]! } };
  return causes({ way, walk, site, now: { r: state({ links: [link('ea'), link('eb')], ...r }) } })[0];
};

const marks = {
  ruleset:
    'table inet m {\n\tchain f {\n\t\ttype filter hook forward priority 0; policy accept;\n\t\tip dscp set cs5\n\t}\n}',
};

describe('A header that has another value than listed', () => {
  it('is told of by the rule of the place where it first had it', () => {
    expect(told(0, 40, marks)).to.deep.include({ cause: 'header rewritten', place: 'r', confidence: 'likely' });
    expect(told(0, 40, marks)?.sentence).to.include('r sets its DSCP to 40; it came with 0, by the rule of inet m f');
  });

  it('may be what a filter of tc did at the way out', () => {
    const filtered = told(0, 40, { qdiscs: 'qdisc clsact ffff: dev eb parent ffff:fff1' });
    expect(filtered).to.deep.include({ cause: 'header rewritten', confidence: 'possible' });
    expect(filtered?.show).to.deep.equal([{ place: 'r', command: 'tc filter show dev eb egress' }]);
  });

  it('is not told where the place did not change it, or nothing there would', () => {
    expect(told(40, 40, marks)?.cause).not.to.equal('header rewritten');
    expect(told(0, 40, {})?.cause).not.to.equal('header rewritten');
  });
});
