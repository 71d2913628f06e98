import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { askedCauses } from '../../scripts/bench/causes.ts';
import { causeKinds } from '../../src/explain/causes/index.ts';
import { breakers } from './breakages.ts';
import { unmade } from './unmade.ts';

describe('docs/causes.md', () => {
  it('has every cause of the table', () => {
    const page = readFileSync(new URL('../../docs/causes.md', import.meta.url), 'utf8');
    expect(causeKinds.filter(({ name }) => !page.includes(`| ${name} `)).map(({ name }) => name)).to.deep.equal([]);
  });
});

describe('the bench of causes', () => {
  const names = [...new Set(causeKinds.map(({ name }) => name))];

  it('has a breaker for every cause of the table, or says why it has none', () => {
    expect(names.filter((name) => !(name in breakers) && !(name in unmade))).to.deep.equal([]);
    expect(names.filter((name) => name in breakers && name in unmade)).to.deep.equal([]);
    expect(Object.keys(unmade).filter((name) => !names.includes(name))).to.deep.equal([]);
  });

  it('makes by a breaker what it says so of', () => {
    const makers = Object.values(unmade).flatMap((why) => /^made by: (.*)$/.exec(why)?.[1] ?? []);
    expect(makers.filter((breaker) => !(breaker in breakers))).to.deep.equal([]);
  });
});

describe('what is asked of the bench of causes', () => {
  it('is all labs and kinds, 500 times, where nothing is said', () => {
    const { count, labs, kinds, remembers } = askedCauses([]);
    expect({ count, remembers }).to.deep.equal({ count: 500, remembers: true });
    expect(labs.length).to.be.greaterThan(4);
    expect(kinds).to.include('no route');
  });

  it('is a lab, a kind, a number and a seed', () => {
    const asked = askedCauses(['netns-veth', 'no route', '--count', '3', '--seed', '7', '--no-baseline']);
    expect(asked).to.deep.equal({ count: 3, seed: 7, labs: ['netns-veth'], kinds: ['no route'], remembers: false });
  });

  it('is refused where a word is not known, or a number is none', () => {
    expect(() => askedCauses(['no ruote'])).to.throw('no ruote: what can be asked for');
    expect(() => askedCauses(['--count', 'many'])).to.throw('whole numbers');
  });
});
