import { expect } from 'chai';
import { daemon, type Lab, standsFor } from '../../src/index.ts';
import type { BadLab } from '../../src/plan/bad-lab.ts';
import { plan } from '../../src/plan/plan.ts';
import { smallLab, spoilt } from '../small-lab.ts';

const netd = () =>
  standsFor('netd', {
    small: daemon('netd', 'perl /run/netd', { 'it is there': 'true' }),
    real: ['mkdir /run/netd.d', daemon('netd', '/run/daemons/netd --dir /run/netd.d', { 'it answers': 'netctl' })],
  });

/** The small lab with a daemon at a, lines that the real one has no need of, and a fault that starts it again. */
const withStandIns = (): Lab => {
  const lab = smallLab();
  return {
    ...lab,
    setup: {
      ...lab.setup,
      'Start it': { do: { a: [netd(), 'true'], b: standsFor('filterd', { small: 'iptables -N OURS' }) } },
    },
    faults: { ...lab.faults, ends: { ...lab.faults!['b is deaf']!, fix: { a: netd() } } },
  };
};

const typedAt = (daemons: 'small' | 'real', place: string) =>
  plan(withStandIns(), 'lab', daemons)
    .steps.find(({ title }) => title === 'Start it')!
    .commands!.find((each) => each.place === place)
    ?.lines.map((line) => line.split(' <')[0]!.split('>')[0]!.trim());

describe('Daemons of a lab', () => {
  it('are played by the small ones, unless the real ones are asked for', () => {
    expect(typedAt('small', 'a')?.[0]).to.equal('perl /run/netd');
    expect(typedAt('small', 'b')).to.deep.equal(['iptables -N OURS']);
    expect(plan(withStandIns(), 'lab')).not.to.have.property('real');
  });

  it('are the real ones where they are asked for: what those do themselves is not typed', () => {
    const lines = typedAt('real', 'a')!;
    expect([lines[0], lines[1], lines.at(-1)]).to.deep.equal([
      'mkdir /run/netd.d',
      '/run/daemons/netd --dir /run/netd.d',
      'true',
    ]);
    expect(typedAt('real', 'b')).to.equal(undefined);
  });

  it('are named once, in the order in which they come', () => {
    expect(plan(withStandIns(), 'lab', 'real').real).to.deep.equal([{ name: 'netd' }, { name: 'filterd' }]);
    expect(plan(smallLab(), 'lab', 'real').real).to.deep.equal([]);
  });

  it('are watched and started again like any other', () => {
    const { daemons, checks, faults } = plan(withStandIns(), 'lab', 'real');
    expect(daemons.map(({ start }) => start.split(' <')[0])).to.deep.equal(
      Array(2).fill('/run/daemons/netd --dir /run/netd.d'),
    );
    expect(checks.map(({ title }) => title)).to.contain('netd still runs');
    expect(faults.find(({ fault }) => fault === 'ends')!.fix[0]!.lines[0]).to.equal('mkdir /run/netd.d');
  });

  it('that are written amiss are problems of the lab, with the field that was meant', () => {
    const problems = (part: unknown) => {
      try {
        plan(
          spoilt((lab) => Object.assign(lab.setup, { start: { a: part } })),
          'lab',
        );
      } catch (error) {
        return (error as BadLab).message;
      }
      return '';
    };
    expect(problems({ standsFor: 'a b', small: [], real: [] })).to.contain('has letters, digits, - _ . only');
    expect(problems({ standsFor: 'netd', smal: [], real: [] })).to.contain('Did you mean small?');
    expect(problems({ standsFor: 'netd', small: [3], real: [] })).to.contain('small');
  });
});
