import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { commandLines, outputLines } from '../../../src/report/terminal/command.ts';

const output = (text: string, columns = 40) => outputLines(text, columns).map((line) => stripVTControlCharacters(line));

describe('commandLines', () => {
  it('shows where each line was typed', () => {
    expect(commandLines('master', 'ip route\n        ip link', 60)).to.deep.equal([
      'master# ip route',
      '        ip link',
    ]);
  });
});

describe('outputLines', () => {
  it('shows the first twelve lines and how many more there are', () => {
    const lines = output(Array.from({ length: 20 }, (_, i) => `line ${i}`).join('\n'));
    expect(lines).to.have.length(13);
    expect(lines.slice(-2)).to.deep.equal(['│ line 11', '│ … 8 more lines']);
  });

  it('shows the thirteenth rather than that there is one more', () => {
    expect(output('a\n'.repeat(13)))
      .to.have.length(13)
      .and.not.include('│ … 1 more lines');
  });

  it('gives each element of a JSON list its own line', () => {
    expect(output('[{"ifname":"lo"},{"ifname":"eth0"}]\n')).to.deep.equal(['│ {"ifname":"lo"}', '│ {"ifname":"eth0"}']);
    expect(output('[broken')).to.deep.equal(['│ [broken']);
  });

  it('says that there was nothing', () => {
    expect(output(' \n')).to.deep.equal(['│ (nothing)']);
  });
});
