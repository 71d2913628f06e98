import { expect } from 'chai';
import { hint, nearest } from '../../src/plan/nearest.ts';

describe('nearest', () => {
  it('is the known word that was probably meant', () => {
    expect(nearest('ndoe1', ['master', 'node1', 'node2'])).to.equal('node1');
    expect(nearest('MASTER', ['master'])).to.equal('master');
  });

  it('is none where nothing is near, or nothing is known', () => {
    expect(nearest('gateway', ['a', 'b'])).to.equal(undefined);
    expect(nearest('a', [])).to.equal(undefined);
  });
});

describe('hint', () => {
  it('asks for the near word, else says what there is', () => {
    expect(hint('nod1', ['node1', 'node2'])).to.equal('Did you mean node1?');
    expect(hint('gateway', ['node1', 'node2'])).to.equal('There is node1, node2.');
    expect(hint('gateway', [])).to.equal('There is none.');
  });

  it('says no more than a dozen words', () => {
    const many = Array.from({ length: 20 }, (_, i) => `interface${i}`);
    expect(hint('gateway', many)).to.match(/^There is interface0, .*interface11, …\.$/);
  });
});
