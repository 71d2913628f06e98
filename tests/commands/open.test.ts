import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { searchPath } from '../../src/machine/path.ts';
import { ask, welcome } from '../live/page.ts';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

type Running = ReturnType<ReturnType<typeof packetwalk>>;

/** Resolves with all that a command has printed, once that has a text in it; rejects where it ends without. */
const prints = (running: Running, text: string | RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let printed = '';
    running.all!.on('data', (chunk: Buffer) => {
      printed += chunk;
      if (typeof text === 'string' ? printed.includes(text) : text.test(printed)) resolve(printed);
    });
    void running.then(({ exitCode }) => reject(new Error(`it ended with ${exitCode}: ${printed}`)));
  });

const linkIn = (printed: string) => new URL(/https?:\S+/.exec(printed)![0]);

describe('open', function () {
  this.timeout(60_000);
  const own = ownFolder();
  const { folder } = own;
  const run = packetwalk(folder);
  const at = (name: string) => join(folder, name);

  before(function () {
    needsNamespaces(this);
    writeFileSync(at('two.ts'), smallLab());
  });
  after(() => own[Symbol.dispose]());

  it('stands a lab up, proves it, prints a link for each role, and ends by Ctrl-C with 0, leaving nothing', async () => {
    const open = run('open', './two.ts', '--no-browser');
    const url = linkIn(await prints(open, 'Ctrl-C ends it and takes the lab down.'));
    const page = await welcome(url, url.hash.slice(1));
    await page.told((message) => message.kind === 'news' && message.event.type === 'walk ended');
    page.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    page.type(1, 'echo "pid "$$\n');
    await page.prints('a# ');
    open.kill('SIGINT');
    const { exitCode, stderr } = await open;
    expect(stderr.trim()).to.equal('SIGINT: taking down …');
    expect(exitCode).to.equal(0);
    // RFC 6455, 7.4.1: going away.
    expect(await page.closed).to.equal(1001);
    const notes = readdirSync(folder, { recursive: true }).map(String);
    expect(notes.filter((name) => /pages\/.|packetwalk-open/.test(name))).to.deep.equal([]);
    expect((await run('status')).stdout).to.include('No lab stands');
  });

  it('leaves nothing either where it is killed', async () => {
    const open = run('open', './two.ts', '--no-browser');
    const url = linkIn(await prints(open, 'Ctrl-C'));
    const page = await welcome(url, url.hash.slice(1));
    page.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    await page.prints('a# ');
    page.type(1, 'exec sleep 54321\n');
    await page.prints('54321');
    open.kill('SIGKILL');
    await open;
    await gone('sleep\x0054321');
    // Its page can be opened again at once.
    const again = run('open', './two.ts', '--no-browser');
    await prints(again, 'Ctrl-C');
    again.kill('SIGTERM');
    expect((await again).exitCode).to.equal(0);
  });

  it('opens a lab that stands, and leaves it standing', async () => {
    await run('up', './two.ts');
    await run('exec', 'two', 'a', 'touch', '/run/mine');
    const open = run('open', './two.ts', '--no-browser');
    const url = linkIn(await prints(open, 'Ctrl-C ends it, and leaves the lab standing.'));
    const page = await welcome(url, url.hash.slice(1));
    page.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    await page.prints('a# ');
    page.type(1, 'ls /run/mine\n');
    await page.prints('\r/run/mine');
    open.kill('SIGINT');
    expect((await open).exitCode).to.equal(0);
    expect((await run('exec', 'two', 'a', 'ls', '/run/mine')).stdout).to.equal('/run/mine');
    await run('down', 'two');
  });

  it('gives its token to a browser by a file of its user’s alone, and to no command line', async () => {
    const opener = at('xdg-open');
    writeFileSync(
      opener,
      `#!/bin/sh\necho "$@" > '${at('asked')}.draft'; mv '${at('asked')}.draft' '${at('asked')}'\n`,
    );
    chmodSync(opener, 0o755);
    const open = packetwalk(folder, { DISPLAY: ':99', PATH: `${folder}:${process.env.PATH}` })('open', './two.ts');
    const url = linkIn(await prints(open, 'Ctrl-C'));
    await until(() => existsSync(at('asked')));
    const asked = readFileSync(at('asked'), 'utf8').trim();
    expect(asked)
      .to.match(/^file:/)
      .and.not.to.include(url.hash.slice(1));
    const file = fileURLToPath(asked);
    expect(readFileSync(file, 'utf8')).to.include(url.href);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readFileSync(`/proc/${open.pid}/cmdline`, 'utf8')).not.to.include(url.hash.slice(1));
    open.kill('SIGINT');
    await open;
    expect(existsSync(file)).to.equal(false);
  });

  it('says that there is no browser, and goes on', async () => {
    const none = packetwalk(folder, { DISPLAY: '', WAYLAND_DISPLAY: '' })('open', './two.ts');
    await prints(none, 'No browser was opened: there is no screen here. Open the link yourself.');
    none.kill('SIGINT');
    expect((await none).exitCode).to.equal(0);
  });

  it('refuses a second page of the same lab', async () => {
    const open = run('open', './two.ts', '--no-browser');
    await prints(open, 'Ctrl-C');
    const { exitCode, all } = await run('open', './two.ts', '--no-browser');
    expect(all).to.equal(
      `two is open already, in process ${open.pid}: use the link that it has printed.\nOr end it: kill ${open.pid}`,
    );
    expect(exitCode).to.equal(64);
    open.kill('SIGINT');
    await open;
  });

  it('refuses a port that is taken, and leaves nothing standing', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const { exitCode, all } = await run('open', './two.ts', '--no-browser', '--port', String(port));
    other.close();
    expect(all).to.equal(
      `Port ${port} of 127.0.0.1 is taken.\nLeave --port out for one that is free, or name another.`,
    );
    expect(exitCode).to.equal(64);
  });

  const refused: [string, string[], RegExp][] = [
    ['a port that is none', ['--port', 'x'], /^x is no port/],
    [
      'all addresses at once',
      ['--listen', '0.0.0.0', '--insecure'],
      /^--listen 0\.0\.0\.0 would be every address at once/,
    ],
    ['all of IPv6', ['--listen', '::', '--insecure'], /^--listen :: would be every address at once/],
    ['a name for an address', ['--listen', 'example'], /^--listen is an IP address of this machine, not example/],
    [
      'another address in clear',
      ['--listen', '192.0.2.1'],
      /^Whoever can read along .* would have a shell[\s\S]*--insecure$/,
    ],
    [
      'an address that is not this machine’s',
      ['--listen', '192.0.2.1', '--insecure'],
      /^This machine does not have the address 192\.0\.2\.1/,
    ],
    ['a certificate without its key', ['--cert', 'two.ts'], /^--cert and --key go together/],
    ['a certificate that is none', ['--cert', 'two.ts', '--key', 'two.ts'], /are no certificate and its key/],
    ['a certificate that is not there', ['--cert', 'no.pem', '--key', 'no.pem'], /^--cert: \S+no\.pem cannot be read/],
    ['a runtime that there is not', ['--runtime', 'nosuch'], /^there is no runtime nosuch/],
  ];
  for (const [what, words, said] of refused)
    it(`refuses ${what}`, async () => {
      const { exitCode, all } = await run('open', './two.ts', '--no-browser', ...words);
      expect(all).to.match(said);
      expect(all).not.to.match(/\n\s+at /);
      expect(exitCode).to.equal(64);
    });

  it('serves over TLS, and to its own name alone', async function () {
    if (!searchPath.split(':').some((path) => existsSync(join(path, 'openssl')))) {
      this.test!.title += ' (skipped: there is no openssl here)';
      return this.skip();
    }
    const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', at('key.pem'), '-out', at('cert.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...name, ...files], {
      stdio: 'ignore',
    });
    const open = run('open', './two.ts', '--no-browser', '--cert', 'cert.pem', '--key', 'key.pem');
    const url = linkIn(await prints(open, 'Ctrl-C'));
    expect(url.protocol).to.equal('https:');
    const ca = readFileSync(at('cert.pem'));
    const status = (host: string) =>
      new Promise<{ code: number | undefined; policy: unknown }>((resolve, reject) => {
        const servername = 'localhost';
        const checkServerIdentity = () => undefined;
        const to = {
          host: '127.0.0.1',
          port: url.port,
          path: '/',
          ca,
          headers: { host },
          servername,
          checkServerIdentity,
        };
        get(to, (response) => {
          response.resume();
          resolve({ code: response.statusCode, policy: response.headers['content-security-policy'] });
        }).on('error', reject);
      });
    const served = await status(url.host);
    expect(served.code).to.equal(200);
    expect(served.policy).to.include(`connect-src wss://${url.host};`);
    expect((await status('evil.example')).code).to.equal(421);
    const plain = await ask(new URL(`http://${url.host}/`), '/').catch((error: Error) => error);
    expect(plain).to.be.instanceOf(Error);
    open.kill('SIGINT');
    await open;
  });
});

/** Resolves once something is so. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves once no process has such a command line any more. */
const gone = (words: string) =>
  until(() =>
    readdirSync('/proc').every((pid) => {
      try {
        return !/^\d+$/.test(pid) || !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(words);
      } catch {
        return true;
      }
    }),
  );
