import { expect } from 'chai';
import { chopped, row, wrapped } from '../../../src/report/terminal/text.ts';

describe('wrapped', () => {
  it('breaks between words, and keeps the breaks that are there', () => {
    expect(wrapped('one two three\nfour', 8)).to.deep.equal(['one two', 'three', 'four']);
    expect(wrapped('', 8)).to.deep.equal(['']);
  });

  it('keeps code together where it fits', () => {
    expect(wrapped('Type `ip route get` here', 16)).to.deep.equal(['Type', '`ip route get`', 'here']);
    expect(wrapped('Type `ip route get` here', 10)).to.deep.equal(['Type `ip', 'route get`', 'here']);
  });

  it('breaks a word only where it is wider than a line', () => {
    expect(wrapped('a 0123456789', 4)).to.deep.equal(['a', '0123', '4567', '89']);
  });
});

describe('chopped', () => {
  it('loses nothing and prefers to break after a space or a comma', () => {
    expect(chopped('{"a":1,"b":22222}', 10)).to.deep.equal(['{"a":1,', '"b":22222}']);
    const text = 'mtu 1500 qdisc noqueue,state UP 0123456789012345678901234567890';
    for (let width = 1; width < 70; width++) {
      expect(chopped(text, width).join('')).to.equal(text);
      expect(Math.max(...chopped(text, width).map(({ length }) => length))).to.be.at.most(width);
    }
  });
});

describe('chopped, where there is no room', () => {
  it('ends all the same: the names of a hundred nodes leave less than none', () => {
    expect(chopped('abc', 0)).to.deep.equal(['a', 'b', 'c']);
    expect(chopped('abc', -80)).to.deep.equal(['a', 'b', 'c']);
  });
});

describe('row', () => {
  it('puts what belongs to a text at the right end of its first line', () => {
    expect(row('✓', 'It arrives', '6.4 ms', { columns: 24 })).to.deep.equal(['✓ It arrives      6.4 ms']);
  });

  it('breaks a long text into lines of like length', () => {
    expect(row('✓', 'One two three four five six seven eight', '6 ms', { columns: 40 })).to.deep.equal([
      '✓ One two three four                6 ms',
      '  five six seven eight',
    ]);
  });

  it('does not go further right than the eye follows', () => {
    expect(row('✓', 'It arrives', '6 ms', { columns: 250 })[0]).to.have.length(100);
  });
});
