import { expect } from 'chai';
import { shellWord, typed } from '../../src/commands/output.ts';

describe('what is to be typed', () => {
  it('has in quotes what a shell would take apart', () => {
    for (const word of ['flannel-vxlan', './my-lab.ts', 'läb', 'LAB', '--fix', '…', 'a:eth0'])
      expect(shellWord(word)).to.equal(word);
    expect(shellWord('läb one')).to.equal("'läb one'");
    expect(shellWord("it's")).to.equal("'it'\\''s'");
    for (const word of ['a;b', 'a*', '$x', 'a&b', '', 'a\nb', '(a)', '`a`', '#a', '~', 'a|b', '!a'])
      expect(shellWord(word), word).to.match(/^'[\s\S]*'$/);
    expect(typed('walk', 'läb one', 'a pings b')).to.match(/ walk 'läb one' 'a pings b'$/);
  });
});
