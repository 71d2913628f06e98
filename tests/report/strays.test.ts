import { expect } from 'chai';
import type { Stray } from '../../src/judge/result.ts';
import { loopText, wrongPlaces } from '../../src/report/strays.ts';
import { failing, walk } from './results.ts';

const point = (at: string, direction: 'in' | 'out' = 'in') => {
  const [place = '', device = ''] = at.split(':');
  return { place, device, direction };
};
const loop = (...points: string[]) => ({ part: 'request' as const, ring: points.map((at) => point(at)), times: 63 });

describe('loopText', () => {
  it('is the ring and how often; what is come in by and left by, once', () => {
    expect(loopText(loop('m1:flan', 'm1:flan'))).to.equal('it goes round m1:flan, 63 times');
    expect(loopText({ ...loop('m1:a', 'm1:b', 'm2:b', 'm2:b', 'm1:a'), part: 'reply' })).to.equal(
      'the reply goes round m1:a → m1:b → m2:b, 63 times',
    );
  });
});

describe('wrongPlaces', () => {
  const stray = (at: string): Stray => ({ kind: 'point', part: 'request', ...point(at), seen: [], times: 1 });

  it('lists a few, and how many more there are', () => {
    const strays = Array.from({ length: 9 }, (_, i) => stray(`n${i}:e`));
    const lines = wrongPlaces(failing('elsewhere', walk().hops, { strays }));
    expect(lines).to.have.length(7);
    expect(lines.at(-1)).to.equal('seen at 3 more points, where it should not be');
    expect(wrongPlaces(failing('elsewhere', walk().hops, { strays: strays.slice(2) }))).to.have.length(7);
  });

  it('keeps those that are beside the loop', () => {
    const strays = [stray('a:e'), stray('b:e')];
    const lines = wrongPlaces(failing('elsewhere', walk().hops, { strays, loops: [loop('a:e', 'c:e')] }));
    expect(lines).to.have.length(2);
    expect(lines[1]).to.match(/^seen at b:e/);
  });
});
