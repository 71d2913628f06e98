import { expect } from 'chai';
import type { Lab } from '../../src/index.ts';
import { typedLine } from '../../src/workshop/shell.ts';
import { needsNamespaces, twoHosts } from '../stand.ts';
import { attend } from './attendee.ts';

const line = 'ip addr add 10.0.0.3/24 dev eth0';
const lab = (): Lab => ({ ...twoHosts(), setup: { 'a has a second address': { a: line } } });

describe('a word that is said beside the shell', () => {
  before(function () {
    needsNamespaces(this);
  });

  it('is typed at the prompt, and a line that was begun is forgotten', async () => {
    await using at = await attend(lab());
    at.type('echo half');
    await at.prints('echo half');
    at.say(['hint']);
    await at.until(() => at.turns.some(({ lines }) => lines[0] === 'Look on a: `ip addr`'));
    await at.prints('hint');
    expect((await at.line(line)).passed).to.equal(true);
    expect(at.screen()).not.to.include('echo halfhint');
  });

  it('is heard while a program runs, but where it would be typed into that', async () => {
    await using at = await attend(lab());
    at.type('echo rea""dy; cat\n');
    await at.prints('ready\r\n');
    at.say(['hint']);
    await at.prints('Look on a:');
    expect(() => at.say(['solve'])).to.throw('A program runs in your shell');
    at.type('\x03');
    await at.prints('a# ');
    at.say(['solve']);
    await at.prints('(y/n) ');
    expect(at.question()).to.equal('Have it done for you?');
    at.say(['reset']);
    at.type('y');
    await at.until(() => at.turns.some(({ passed }) => passed));
    expect(at.game.entry().verdict).to.equal('solved');
  });

  it('goes to another place, and back to what runs at the first', async () => {
    await using at = await attend(lab());
    at.type('echo rea""dy; cat\n');
    await at.prints('ready\r\n');
    at.say(['on', 'b']);
    await at.prints('b# ');
    await at.line('echo "on "b');
    await at.prints('on b');
    at.say(['on', 'a']);
    await at.until(() => at.turns.at(-1)?.place === 'a');
    at.type('still\n');
    await at.prints('still\r\nstill');
  });

  it('is taken literally, whatever is in it', () => {
    expect(typedLine(['predict', 'b:eth0'])).to.equal('\x15predict b:eth0\n');
    expect(typedLine(['answer', "it's $(id)\n; id"])).to.equal("\x15answer 'it'\\''s $(id) ; id'\n");
  });
});
