import { expect } from 'chai';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { needsNamespaces, stand, twoHosts } from '../../stand.ts';

/** A terminal at a place, all that was printed on it, and a promise of the moment when something was. */
async function terminalAt(runtime: Runtime, place: string, argv: string[], env?: Record<string, string>) {
  let printed = '';
  const waiting: (() => void)[] = [];
  const terminal = await runtime.terminal!(place, argv, {
    rows: 30,
    columns: 90,
    ...(env && { env }),
    said(bytes) {
      printed += bytes;
      for (const look of waiting) look();
    },
  });
  const prints = (text: string | RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => (typeof text === 'string' ? printed.includes(text) : text.test(printed)) && resolve();
      waiting.push(look);
      look();
    });
  return { terminal, prints, printed: () => printed };
}

describe('a terminal at a place', () => {
  before(function () {
    needsNamespaces(this);
  });

  it('is one: it has a size, controls its session, and echoes', async () => {
    await using lab = await stand(twoHosts());
    const { terminal, prints } = await terminalAt(lab.runtime, 'b', ['sh', '-i'], { PS1: '> ', WORD: 'a=b' });
    // A line is typed once the shell has asked for it: what is typed ahead is echoed before the prompt, or after it.
    await prints(/^> $/);
    terminal.type('echo "$WORD"; stty size </dev/tty; ip -br addr show eth0\n');
    await prints(/a=b\r\n30 90\r\n.* 10\.0\.0\.2\/24.*\r\n> $/);
    terminal.resize(40, 100);
    terminal.type('stty size\n');
    await prints(/\r\n40 100\r\n> $/);
    // A line that came twice was echoed by the terminal and printed by `cat`, which therefore runs. (A shell that is
    // about to run something by `exec` may take the signal for itself and forget it.)
    terminal.type('cat\n');
    await prints(/cat\r\n$/);
    terminal.type('meow\n');
    await prints(/meow\r\nmeow\r\n$/);
    terminal.type('\x03');
    // The kernel signals before it echoes: the prompt may be there before `^C`.
    await prints(/meow\r\nmeow\r\n(\^C\r\n> |\r\n> \^C)$/);
    terminal.type('echo interrupted $?\n');
    await prints(/\r\ninterrupted 130\r\n> $/);
    terminal.type('exit 7\n');
    expect(await terminal.ended).to.equal(7);
  });

  it('takes more at once than a line discipline has room for', async () => {
    await using lab = await stand(twoHosts());
    const { terminal, prints } = await terminalAt(lab.runtime, 'a', [
      'sh',
      '-c',
      'stty raw -echo; echo ready; head -c 100000 | wc -c',
    ]);
    await prints('ready');
    terminal.type('x'.repeat(100_000));
    await prints('100000');
    expect(await terminal.ended).to.equal(0);
  });

  it('has its program wait while it is held', async () => {
    await using lab = await stand(twoHosts());
    const { terminal, prints, printed } = await terminalAt(lab.runtime, 'a', ['sh', '-i'], { PS1: '> ' });
    await prints(/^> $/);
    terminal.hold(true);
    // A pipe takes 64 kB and a terminal 4: who has written more than either was read from.
    terminal.type('touch /run/begun; head -c 100000 /dev/zero | tr "\\0" x; touch /run/written\n');
    await lab.runtime.script('a', 'until test -e /run/begun; do :; done');
    expect((await lab.runtime.script('a', 'test -e /run/written')).code).to.equal(1);
    expect(printed()).to.equal('> ');
    terminal.hold(false);
    await prints('x> ');
    expect(printed().match(/x/g)).to.have.length.at.least(100_000);
    expect((await lab.runtime.script('a', 'test -e /run/written')).code).to.equal(0);
  });

  it('has ended once its program was hung up, and takes keys for nobody then', async () => {
    await using lab = await stand(twoHosts());
    const { terminal } = await terminalAt(lab.runtime, 'a', ['sleep', '100']);
    terminal.hangUp();
    expect(await terminal.ended).to.be.oneOf([129, 137]);
    terminal.type('too late\n');
    expect((await lab.runtime.script('a', 'echo still there')).stdout).to.equal('still there\n');
  });

  it('has ended where its place is gone', async () => {
    const lab = await stand(twoHosts());
    const { terminal } = await terminalAt(lab.runtime, 'a', ['sleep', '100']);
    await lab[Symbol.asyncDispose]();
    expect(await terminal.ended).to.equal(255);
  });

  it('says which program there is not', async () => {
    await using lab = await stand(twoHosts());
    const { terminal, prints } = await terminalAt(lab.runtime, 'a', ['no-such-program']);
    await prints('no-such-program: No such file or directory');
    expect(await terminal.ended).to.equal(127);
  });
});
