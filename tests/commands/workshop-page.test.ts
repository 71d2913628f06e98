import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { attendee, enter, isKind } from '../class/page.ts';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk } from './packetwalk.ts';

type Running = ReturnType<ReturnType<typeof packetwalk>>;

/** Resolves with all that a command has printed, once that has a text in it; rejects where it ends without. */
const prints = (running: Running, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let printed = '';
    running.all!.on('data', (chunk: Buffer) => {
      printed += chunk;
      if (printed.includes(text)) resolve(printed);
    });
    void running.then(({ exitCode }) => reject(new Error(`it ended with ${exitCode}: ${printed}`)));
  });

const linksIn = (printed: string) => [...printed.matchAll(/https?:\S+/g)].map(([link]) => new URL(link));
const tokenIn = (url: URL) => url.hash.slice(1);

describe('A workshop on a page', function () {
  this.timeout(60_000);
  let own: ReturnType<typeof ownFolder>;
  let run: ReturnType<typeof packetwalk>;
  before(function () {
    needsNamespaces(this);
    own = ownFolder();
    run = packetwalk(own.folder, { XDG_STATE_HOME: join(own.folder, 'state'), DISPLAY: '', WAYLAND_DISPLAY: '' });
  });
  after(() => own?.[Symbol.dispose]());

  const files = (folder: string) => readdirSync(join(own.folder, folder), { recursive: true }).map(String);

  it('of a class prints a link to join and one to teach; Ctrl-C leaves the results and nothing else', async () => {
    const running = run('workshop', 'netns-veth', '--class', '2');
    const [url, teaching] = linksIn(await prints(running, '2 of 2 labs stand')) as [URL, URL];
    const ann = await attendee({ url, join: tokenIn(url) }, '=Ann');
    const teacher = await enter(teaching, tokenIn(teaching));
    await teacher.told(isKind('row'));
    expect((await run('workshop', 'netns-veth', '--class', '2')).all).to.include('is open already, in process');
    running.kill('SIGINT');
    const { exitCode, stdout } = await running;
    expect(exitCode).to.equal(0);
    // RFC 6455, 7.4.1: going away.
    expect(await Promise.all([ann.closed, teacher.closed])).to.deep.equal([1001, 1001]);
    const results = files('state/packetwalk/class').sort();
    expect(results.map((name) => name.replace(/.*\./, ''))).to.deep.equal(['csv', 'json']);
    for (const name of results) expect(stdout).to.include(name);
    const [csv, json] = results.map((name) => readFileSync(join(own.folder, 'state/packetwalk/class', name), 'utf8'));
    expect(csv).to.match(/^name,number.*\r\n'=Ann,1,Build,/);
    expect(JSON.parse(json!).attendees[0]).to.have.property('name', '=Ann');
    expect(csv! + json!).not.to.include(ann.token);
    expect((await run('status')).stdout).to.include('No lab stands');
    const claims = files('.').filter((name) => /pages\/./.test(name));
    expect(claims).to.deep.equal([]);
  });

  it('for one goes on where it was, in the same progress as on a terminal', async () => {
    const running = run('workshop', 'netns-veth', '--browser');
    const [url] = linksIn(await prints(running, 'Ctrl-C ends it.')) as [URL];
    const one = await enter(url, tokenIn(url));
    await one.prints('# ');
    one.send({ kind: 'say', words: ['skip'] });
    await one.told(isKind('play', ({ at, text }) => at === 2 && text.length > 0));
    running.kill('SIGINT');
    expect((await running).exitCode).to.equal(0);
    expect((await run('workshop', 'netns-veth', '--list')).stdout).to.match(/1 - .*\n> +2 /);
  });

  const refused: [words: string[], says: RegExp][] = [
    [['--class', '0'], /^--class is how many attendees there may be, from 1 to 100, and not 0/],
    [['--class', 'many'], /and not many/],
    [['--class', '101'], /and not 101/],
    [['--class', '2', '--browser'], /^--browser is a class of one/],
    [['--class', '2', '--prove'], /^--prove has no page/],
    [['--browser', '--list'], /^--list has no page/],
    [['--port', '8080'], /^--port says how a page is served/],
    [['--class', '2', '--listen', '192.0.2.1'], /would have a shell/],
  ];
  for (const [words, says] of refused)
    it(`refuses ${words.join(' ')}`, async () => {
      const { all, exitCode } = await run('workshop', 'netns-veth', ...words);
      expect(all)
        .to.match(says)
        .and.not.match(/\n\s+at /);
      expect(exitCode).to.equal(64);
    });
});
