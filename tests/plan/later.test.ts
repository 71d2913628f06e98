import { expect } from 'chai';
import { at, icmp, ip } from '../../src/index.ts';
import { BadLab } from '../../src/plan/bad-lab.ts';
import { plan } from '../../src/plan/plan.ts';
import { spoilt } from '../small-lab.ts';

const hop = (point: string) => at(point as 'a:b', 'Why', ip({ dst: '10.0.0.2' }), icmp({ type: 'echo request' }));

const withLater = (later: unknown, lostAt = 'b:eth0') =>
  spoilt((lab) => {
    lab.walks['a pings b'].later = later;
    lab.faults['b is deaf'].lostAt = lostAt;
  });

const refusal = (later: unknown, lostAt?: string): string[] => {
  try {
    plan(withLater(later, lostAt), 'small');
    return [];
  } catch (error) {
    if (error instanceof BadLab) return error.problems.map(({ where, what }) => `${where}: ${what}`);
    throw error;
  }
};

describe('later packets of a walk', () => {
  const later = { 'It is passed on': [hop('a:eth0'), hop('b:eth0')], 'And again': [hop('b:veth')] };

  it('are planned behind the others, each as a part of its own', () => {
    const [walk] = plan(withLater(later), 'small').walks;
    expect(walk!.later).to.deep.equal(['It is passed on', 'And again']);
    expect(walk!.hops.map(({ part, place }) => `${part} ${place}`).slice(4)).to.deep.equal([
      'later 1 a',
      'later 1 b',
      'later 2 b',
    ]);
  });

  it('are where a fault may have a walk lost', () => {
    const [fault] = plan(withLater(later, 'later 2 b:veth'), 'small').faults;
    expect(fault!.fails).to.deep.include({ outcome: 'lost', part: 'later 2' });
    expect(refusal(later, 'later 3 b:veth')).to.deep.equal([
      "faults['b is deaf'].lostAt: its walk has no hop later 3 b:veth.",
    ]);
  });

  it('are checked as all hops are', () => {
    expect(refusal({ 'It is passed on': [hop('c:eth0')] })).to.deep.equal([
      "walks['a pings b'].later['It is passed on'][0] at c:eth0: there is no node c.",
    ]);
    expect(refusal({ 'It is passed on': [] })).to.deep.equal([
      'walks.a pings b.later.It is passed on: must list at least one hop',
    ]);
    expect(refusal([hop('a:eth0')])).to.not.deep.equal([]);
  });
});
