import { expect } from 'chai';
import { at, icmp, ip } from '../../src/index.ts';
import type { Observation, Sighting } from '../../src/judge/observation.ts';
import { judge } from '../../src/judge/walk.ts';
import { A, B, journey, listed, request, type Step, wired } from './sightings.ts';

const wires = wired({ veths: [['a:eth0', 'b:eth0']] });

const fragment = (offset: number, length: number, mf: boolean) => ({ ip: { id: 9, offset, length: length + 20, mf } });
const first = fragment(0, 1480, true);
const second = fragment(1480, 1480, true);
const third = fragment(2960, 48, false);

const seen = (...steps: Step[]): Sighting[] =>
  journey(steps).map((each) => {
    const at = each.headers.findIndex(({ protocol }) => protocol === 'ip');
    return Number(each.headers[at]!.fields.offset) > 0 ? { ...each, headers: each.headers.slice(0, at + 1) } : each;
  });
const crossing = (...own: { ip: Record<string, number | boolean> }[]) =>
  seen(...own.map((each): Step => ['a:eth0', 'out', 64, each]), ...own.map((each): Step => ['b:eth0', 'in', 64, each]));
const together = listed([at('a:eth0', 'x', request(64)), at('b:eth0', 'x', request(64))]);
const judged = (observations: Observation[], walk = together) =>
  judge(walk, observations, { wires, macOf: () => undefined });

describe('fragments', () => {
  it('of a packet are one sighting at each interface where the walk does not list them', () => {
    expect(judged(crossing(first, second, third))).to.include({ verdict: 'passed', outcome: 'arrived' });
    expect(judged(crossing(third, first, second))).to.include({ verdict: 'passed' });
  });

  it('are each a hop where the walk lists them', () => {
    const pieces = [ip({ src: A, offset: 0, mf: true }), ip({ dst: B, offset: 1480, mf: false })] as const;
    const each = listed(
      (['a:eth0', 'b:eth0'] as const).flatMap((point) => [
        at(point, 'The first', pieces[0], icmp()),
        at(point, 'The second', pieces[1]),
      ]),
    );
    const two = crossing(first, fragment(1480, 48, false));
    expect(judged(two, each)).to.include({ verdict: 'passed' });
    expect(judged(two.slice(0, -1), each)).to.include({ verdict: 'failed', outcome: 'lost', failedAt: 3 });
  });

  for (const [what, kept, bytes] of [
    ['the first', [second, third], '0 to 1479'],
    ['one in the middle', [first, third], '1480 to 2959'],
    ['the last', [first, second], '2960 and on'],
  ] as const)
    it(`are not a whole packet where ${what} is missing`, () => {
      const cut = [...crossing(first, second, third).slice(0, 3), ...crossing(...kept).slice(kept.length)];
      const judgement = judged(cut);
      expect(judgement).to.include({ verdict: 'failed', outcome: 'differs', failedAt: 1 });
      expect(judgement.hops[1]!.difference).to.include(`a fragment is missing: its bytes ${bytes}`);
    });

  it('that cross an interface twice are the packet twice', () => {
    const whole = crossing(first, second, third);
    const copied = [...whole, ...whole].map((each, order) => ({ ...each, order }));
    expect(judged(copied)).to.include({ verdict: 'failed', outcome: 'elsewhere' });
  });
});
