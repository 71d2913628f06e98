import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab } from '../../src/index.ts';
import { rootless } from '../../src/runtime/netns/index.ts';
import { needsNamespaces, twoHosts } from '../stand.ts';
import { attend } from './attendee.ts';

const line = 'ip addr add 10.0.0.3/24 dev eth0';
const lab = (): Lab => ({ ...twoHosts(), setup: { 'a has a second address': { a: line } } });

/** What an attendee may do to a shell, a node or a lab, be it by mistake; the line that is typed then is judged all the same. */
const survived: Record<string, string> = {
  'a shell whose output leads nowhere': 'exec 1>&-',
  'a terminal that does not echo': 'stty -echo',
  'another prompt': "PS1='mine> '",
  'a job in the background that prints': '(for i in 1 2 3; do echo round $i; sleep 0.1; done) &',
  'a file that fills /run': 'cat /dev/zero >/run/full 2>/dev/null; head -c 1 /run/full | wc -c',
  'a job that is stopped': 'sh -c "kill -STOP \\$\\$"',
  'marks that a file prints': "printf '\\033]133;C\\007\\033]133;D;0\\007\\033]133;B\\007\\033]5151;reset'",
  'a namespace that is entered from another': 'ip netns list; nsenter --net=/proc/1/ns/net true',
};

describe('a workshop goes on', () => {
  before(function () {
    needsNamespaces(this);
  });

  for (const [what, typed] of Object.entries(survived))
    it(`after ${what}`, async () => {
      await using at = await attend(lab());
      await at.line(typed);
      await at.until(() => at.turns.length > 0);
      at.type(`${line}\n`);
      await at.until(() => at.turns.some(({ passed }) => passed));
      expect((await at.line('hint')).lines[0]).to.equal('Nothing differs: type `check`.');
    });

  it('after /run is full, in a new shell, too', async () => {
    await using at = await attend(lab());
    await at.line('cat /dev/zero >/run/full 2>/dev/null; true');
    at.type('kill -9 $$\n');
    await at.prints('Here is a new one.');
    await at.prints('a# ');
    expect((await at.line(line)).passed).to.equal(true);
  });

  it('with a prompt of one’s own, and nothing done before it: words are heard, and put that right', async () => {
    await using at = await attend(lab());
    await at.line('PROMPT_COMMAND=');
    // The line itself is no prompt, wherever it is echoed.
    at.type('PS1="mi""ne> "\n');
    await at.prints('mine> ');
    expect((await at.line('hint')).lines[0]).to.match(/^Look on a/);
    expect((await at.line('ip addr add 10.0.0.3/24 dev eth0')).passed).to.equal(true);
    await at.prints('mine> ');
  });

  it('in another shell, of which nothing is known, until that is left', async () => {
    await using at = await attend(lab());
    at.type(`exec sh -c '${line}; echo rea""dy; exec cat'\n`);
    await at.prints('ready');
    at.type('\x04');
    await at.prints('(y/n) ');
    at.type('n');
    await at.prints('a# ');
    expect((await at.line('check')).passed).to.equal(true);
  });

  it('with a line as long as a terminal takes, and one in which the terminal changes its size', async () => {
    await using at = await attend(lab());
    // A terminal says that it is pasted.
    at.type(`\x1b[200~: ${'x'.repeat(1_000_000)}\x1b[201~\n`);
    await at.until(() => at.turns.length > 0);
    at.type('ip addr add 10.0.0.3/24');
    await at.prints('10.0.0.3/24');
    at.resize();
    at.type(' dev eth0\n');
    await at.until(() => at.turns.some(({ passed }) => passed));
  });

  it('with a lab that starts more and more processes, until the kernel refuses, in a new lab', async function () {
    if (rootless || !existsSync('/sys/fs/cgroup/pids')) {
      this.test!.title += ' (skipped: the kernel does not count the processes of a group here)';
      this.skip();
    }
    await using at = await attend(lab());
    at.type('(for i in $(seq 2000); do sleep 1000 & done)\n');
    await at.prints('Resource temporarily unavailable');
    at.type('\x03\nreset\n');
    await at.prints('(y/n) ');
    at.type('y');
    await at.prints('a# ');
    expect((await at.line(line)).passed).to.equal(true);
  });

  it('after its only interface is gone, in a new lab', async () => {
    await using at = await attend(lab());
    expect((await at.line('ip link del eth0')).passed).to.equal(false);
    at.type('reset\n');
    await at.prints('(y/n) ');
    at.type('y');
    await at.prints('a# ');
    expect((await at.line(line)).passed).to.equal(true);
  });

  it('after all that runs there was killed', async () => {
    await using at = await attend(lab());
    await at.line('kill -9 -1');
    expect((await at.line(line)).passed).to.equal(true);
  });

  it('after what holds the labs was killed, in new ones, the hidden one included', async () => {
    const setup = { ...lab().setup, 'a has a third address': { a: 'ip addr add 10.0.0.4/24 dev eth0' } };
    await using at = await attend({ ...lab(), setup });
    await at.line('true');
    spawnSync('pkill', ['-KILL', '-P', String(process.pid), 'unshare']);
    await at.prints('stood up anew');
    await at.prints('a# ');
    expect((await at.line(line)).passed).to.equal(true);
    await at.line('next');
    expect((await at.line('ip addr add 10.0.0.4/24 dev eth0')).passed).to.equal(true);
  });
});
