import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { pcapngPackets } from '../../src/packet/index.ts';
import type { Document } from '../../src/record/document.ts';
import { ownFolder, packetwalk } from '../commands/packetwalk.ts';
import { axeComplaints, browser, opened, show } from '../page/browser.ts';
import { needsNamespaces } from '../stand.ts';

/** A lab in which nobody forwards, and whose texts would like to be markup and more. */
const hostile = `
import { at, icmp, ip, lab, lines, send } from 'packetwalk';
const ping = (ttl) => [ip({ src: '10.0.1.1', dst: '10.0.2.1', ttl }), icmp({ type: 'echo request' })];
const near = [ip({ dst: '10.0.1.2' }), icmp({ type: 'echo request' })];
const evil = '<script>document.title="owned"</script><img src=x onerror=alert(1)>';
export default lab({
  title: 'Two cables ' + evil,
  about: 'An escape: \\u001b[31mred',
  nodes: { a: 'host', r: 'host', b: 'host' },
  links: ['a:eth0 10.0.1.1/24 -- r:eth1 10.0.1.2/24', 'r:eth2 10.0.2.2/24 -- b:eth0 10.0.2.1/24'],
  setup: { ['Routes ' + evil]: { a: 'ip route add default via 10.0.1.2', b: 'ip route add default via 10.0.2.2' } },
  walks: {
    'a pings r': { send: send('a', 'ping -c 1 10.0.1.2'), request: [at('a:eth0', 'It leaves ' + evil, near), at('r:eth1', 'It arrives', near)] },
    ['a pings b ' + evil]: {
      send: send('a', 'ping -c 1 10.0.2.1'),
      request: [at('a:eth0', 'It leaves', ping(64)), at('r:eth1', 'r gets it', ping(64)), at('r:eth2', 'r forwards it', ping(63)), at('b:eth0', 'It arrives', ping(63))],
    },
  },
  checks: { 'It says so': { run: 'printf "</pre><script>1</script>\\\\033[31mred"', see: { a: lines('nothing of it') } } },
});
`;

const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');

describe('--html', function () {
  this.timeout(120_000);
  const own = ownFolder();
  const { folder } = own;
  const run = packetwalk(folder, {}, 110_000);
  const at = (name: string) => join(folder, name);
  let chromium: Browser;
  let document: Document;

  before(async function () {
    needsNamespaces(this);
    chromium = await browser(this);
    writeFileSync(at('hostile.ts'), hostile);
    const proven = await run('verify', './hostile.ts', '--json', '--html', 'hostile.html', '--capture', 'all.pcapng');
    document = JSON.parse(proven.stdout) as Document;
  });
  after(async () => {
    await chromium?.close();
    own[Symbol.dispose]();
  });

  const open = (hash = '', options = {}) => opened(chromium, at('hostile.html'), hash, options);

  it('has every hop of --json, and its bytes are those of the capture', async () => {
    const captured = new Set(
      [...pcapngPackets(readFileSync(at('all.pcapng')))].map(
        ({ frame, timeNs }) => `${timeNs} ${frame.toString('hex')}`,
      ),
    );
    const { page } = await open();
    let frames = 0;
    for (const [i, walk] of document.walks.entries())
      for (const [j, hop] of walk.hops.entries()) {
        await show(page, `#walk/${i + 1}/hop/${j + 1}`);
        await page.locator('#hop-title', { hasText: `Hop ${j + 1} of ${walk.hops.length}: ${hop.place}:` }).waitFor();
        if (hop.kind !== 'point' || !hop.frame) continue;
        const shown = (await page.locator('.bytes td:not(.ascii)').allTextContents()).join('');
        expect(shown).to.equal(hex(hop.frame));
        expect(captured).to.include(`${hop.time} ${shown}`);
        frames++;
      }
    expect(frames).to.be.at.least(4);
  });

  it('has a walk downloaded as the pcapng that it is', async () => {
    const { page } = await open('#walk/1');
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download pcapng' }).click(),
    ]);
    const file = at('saved.pcapng');
    await saved.saveAs(file);
    expect(saved.suggestedFilename()).to.equal('hostile-a-pings-r.pcapng');
    const packets = [...pcapngPackets(readFileSync(file))].map(({ point, frame, timeNs, direction }) => [
      point.name,
      point.link,
      direction,
      String(timeNs),
      frame.toString('hex'),
    ]);
    const hops = document.walks[0]!.hops.flatMap((hop) =>
      hop.kind === 'point'
        ? [[`${hop.place}:${hop.device}`, 'ethernet', hop.direction, hop.time, hex(hop.frame!)]]
        : [],
    );
    expect(packets).to.have.deep.members(hops);
  });

  it('leads to the cause of a failing walk in at most three clicks: node, hop, header, reason', async () => {
    const { page } = await open();
    const first = page.locator('.rows a').first();
    expect(await first.textContent()).to.include('a pings b');
    await first.click();
    expect(await page.locator('#hop-title').textContent()).to.match(/✗\s+Hop 3 of 4: r:eth2/);
    expect(await page.locator('#content .cause').textContent())
      .to.match(/Cause.*r .*forward/)
      .and.to.include('Mend it');
    expect(await page.locator('.contrast').textContent())
      .to.include('ttl 63')
      .and.to.include('nothing');
    await page.locator('#content').getByText('Why: what was looked at').click();
    expect(await page.locator('#content details .output').first().isVisible()).to.equal(true);
  });

  it('shows what became of the packet: the gap, what was not reached, and a skin for each packet that it is in', async () => {
    const { page } = await open('#walk/2/hop/2');
    expect(await page.locator('#content .way.walked').count()).to.equal(1);
    expect(await page.locator('#content .way.gap').count()).to.equal(1);
    expect(await page.locator('#content .way.unreached').count()).to.equal(1);
    expect(await page.locator('#content .packet circle').count()).to.equal(1);
    expect(await page.locator('#content .badge.bad').textContent()).to.include('3');
  });

  it('points at the bytes of a field, from the keyboard as well', async () => {
    const { page } = await open('#walk/1/hop/1');
    await page.locator('.field', { hasText: /^ttl/ }).focus();
    const { frame } = document.walks[0]!.hops[0] as { frame: string };
    expect((await page.locator('.bytes span.lit').allTextContents()).join('')).to.equal(hex(frame).slice(44, 46));
    await page
      .locator('.bytes span')
      .nth(14 + 12)
      .hover();
    expect(await page.locator('.field.lit').textContent()).to.match(/^src 10\.0\.1\.1/);
  });

  it('is gone through with the keyboard alone', async () => {
    const { page } = await open();
    const at = () => page.evaluate(() => location.hash);
    const heading = (name: string | RegExp) => page.locator('#content').getByRole('heading', { name }).waitFor();
    await page.keyboard.press('f');
    await heading(/^Hop 3 of 4/);
    for (const [key, hop] of [
      ['j', 4],
      ['k', 3],
      ['ArrowLeft', 2],
      ['ArrowRight', 3],
    ] as const) {
      await page.keyboard.press(key);
      await heading(new RegExp(`Hop ${hop} of 4`));
      expect(await at()).to.equal(`#walk/2/hop/${hop}`);
    }
    await page.keyboard.press('p');
    await heading('a pings r');
    await page.keyboard.press('3');
    await heading('Checks');
    await page.keyboard.press('/');
    await page.keyboard.type('10.0.2.1 eth2');
    await page.locator('.found a').first().getByText('a pings b').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await heading(/^a pings b/);
    expect(await at()).to.match(/^#walk\/2/);
    await page.keyboard.press('?');
    expect(await page.locator('dialog').isVisible()).to.equal(true);
  });

  it('plays a walk to its end', async () => {
    const { page } = await open('#walk/1/hop/1', { reducedMotion: 'reduce' });
    await page.getByLabel('Speed').selectOption('2');
    await page.getByRole('button', { name: 'Play' }).click();
    await page.locator('#hop-title', { hasText: `Hop ${document.walks[0]!.hops.length} of` }).waitFor();
    await page.getByRole('button', { name: 'Play' }).waitFor();
  });

  it('runs nothing that a lab’s text says, and has its escapes as pictures', async () => {
    for (const hash of ['', '#walk/2', '#checks', '#setup']) {
      const { page, complaints } = await open(hash);
      expect(await page.title())
        .to.include('<script>')
        .and.not.equal('owned');
      expect(await page.locator('img').count()).to.equal(0);
      expect(complaints).to.deep.equal([]);
    }
    const { page } = await open();
    expect(await page.locator('.about').textContent()).to.equal('An escape: ␛[31mred');
    const text = readFileSync(at('hostile.html'), 'utf8');
    expect(text).not.to.include('\u001b');
    expect(text).to.include('&lt;script&gt;document.title');
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1] ?? '';
    expect(policy)
      .to.match(/^default-src 'none'; script-src 'sha256-\S+' 'sha256-\S+'; style-src 'sha256-\S+'; /)
      .and.not.include('unsafe');
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has nothing that axe complains of, ${colorScheme}`, async () => {
      const { page } = await open('', { colorScheme, reducedMotion: 'reduce' });
      for (const hash of ['#summary', '#walk', '#walk/1/hop/2', '#walk/2/hop/3', '#checks', '#setup']) {
        await show(page, hash);
        await page.locator('h2').first().waitFor();
        expect(await axeComplaints(page), hash).to.deep.equal([]);
      }
      await show(page, '#walk/1/hop/1');
      await page.getByRole('button', { name: 'Ladder' }).click();
      expect(await axeComplaints(page), 'ladder').to.deep.equal([]);
    });

  it('needs no more than 320 pixels', async () => {
    const { page } = await open('', { viewport: { width: 320, height: 640 } });
    for (const hash of ['#summary', '#walk/2/hop/2', '#checks', '#setup']) {
      await show(page, hash);
      await page.locator('h2').first().waitFor();
      expect(await page.evaluate(() => globalThis.document.documentElement.scrollWidth), hash).to.equal(320);
    }
  });

  describe('has two walks side by side', () => {
    const both = '#beside/walk/1/with/walk/2';

    it('hop beside hop, what differs marked, and chosen by the keyboard', async () => {
      const { page } = await open('#beside/walk/1/with/walk/1');
      await page
        .locator('.beside .banner', { hasText: `All ${document.walks[0]!.hops.length} hops are the same` })
        .waitFor();
      await page.locator('.choose select').nth(1).focus();
      await page.keyboard.press('ArrowDown');
      await page.locator('.beside .apart').first().waitFor();
      expect(new URL(page.url()).hash).to.equal(both);
      const hops = page.locator('.beside ol > li');
      expect((await hops.first().innerText()).replace(/\s+/g, ' '))
        .to.match(/^≠ .*a:eth0.*First hop 1 ✓ 10.0.1.1 → 10.0.1.2.*Second hop 1 ✓ 10.0.1.1 → 10.0.2.1/)
        .and.to.include('ip dst 10.0.2.1');
      expect(await page.locator('.beside li', { hasText: 'r:eth2' }).innerText()).to.match(
        /not listed[\s\S]*lost: not seen here/,
      );
      await page.locator('h2').first().click();
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.locator('#hop-title', { hasText: 'Hop 1 of' }).waitFor();
    });

    it('without what is the same, which needs no script', async () => {
      const { page } = await open(both);
      const shown = () => page.locator('.beside ol > li:visible').count();
      await page.locator('.beside .apart').first().waitFor();
      expect(await shown()).to.equal(await page.locator('.beside ol > li').count());
      await page.getByLabel('Only what differs').check();
      expect(await shown()).to.equal(await page.locator('.beside ol > li.apart').count());
    });

    for (const colorScheme of ['light', 'dark'] as const)
      it(`in 320 pixels, and axe has nothing to complain of, ${colorScheme}`, async () => {
        const { page, complaints } = await open(both, { colorScheme, viewport: { width: 320, height: 640 } });
        await page.locator('.beside .apart').first().waitFor();
        expect(await page.evaluate(() => globalThis.document.documentElement.scrollWidth)).to.equal(320);
        expect(await axeComplaints(page)).to.deep.equal([]);
        expect(complaints).to.deep.equal([]);
      });
  });

  it('copies a walk as Markdown', async () => {
    const { page } = await open('#walk/2', { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByRole('button', { name: 'Copy as Markdown' }).click();
    await page.getByText('Copied.').waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text)
      .to.match(/^#### a pings b .*: lost at r:eth2\n/)
      .and.to.include('  3 ✗ r:eth2  lost')
      .and.to.include('**Mend it:** `r#');
  });

  it('shows labs by runtimes, their drills before and broken, and leads from one to the other', async () => {
    await run('matrix', '--labs', 'netns-veth,./hostile.ts', '--runtimes', 'netns', '--html', 'matrix.html');
    const { page, complaints } = await opened(chromium, at('matrix.html'));
    expect(await page.locator('.matrix tbody th').allTextContents()).to.deep.equal(['netns-veth', 'hostile']);
    expect(await axeComplaints(page), 'all runs').to.deep.equal([]);
    await page.locator('.matrix a').first().click();
    await page.getByRole('link', { name: 'Drills', exact: true }).click();
    await page.locator('.rows a').first().click();
    await page.locator('#content .badge.bad').first().waitFor();
    expect(await page.locator('#content .cause').textContent()).to.match(/^Cause/);
    expect(await axeComplaints(page), 'drill').to.deep.equal([]);
    await page.getByRole('link', { name: 'Before', exact: true }).click();
    await page.locator('.walk .verdict', { hasText: 'passed' }).waitFor();
    expect(new URL(page.url()).hash).to.equal('#drill/1/before');
    await page.locator('.tabs').getByRole('link', { name: 'Side by side' }).click();
    await page.locator('.beside .banner', { hasText: /hops differ.*Before: seen.*Broken: / }).waitFor();
    expect(new URL(page.url()).hash).to.equal('#beside/walk/1/with/drill/1');
    expect(await axeComplaints(page), 'a walk beside its drill').to.deep.equal([]);
    await show(page, '#run/2/walk/2');
    await page
      .locator('#content')
      .getByRole('heading', { name: /^Hop 3 of 4/ })
      .waitFor();
    expect(complaints).to.deep.equal([]);
  });

  it('shows the sentence of each claim, and what shows it', async () => {
    await run('claims', '--html', 'claims.html');
    const { page, complaints } = await opened(chromium, at('claims.html'));
    const text = await page.locator('#content').innerText();
    expect(text).to.match(/NV-01\s+✓ confirmed\s+two namespaces, each with its own links/);
    expect(await axeComplaints(page)).to.deep.equal([]);
    expect(complaints).to.deep.equal([]);
  });

  it('is of use without script, and on paper', async () => {
    const { page } = await open('', { javaScriptEnabled: false });
    const text = await page.locator('body').innerText();
    expect(text)
      .to.include('r forwards it')
      .and.to.match(/Cause\s+r .*forward/)
      .and.to.include('ip route add default via 10.0.1.2');
    const { page: printed } = await open('#walk/1');
    expect(await printed.locator('.static').isVisible()).to.equal(false);
    await printed.emulateMedia({ media: 'print' });
    expect(await printed.locator('.static').isVisible()).to.equal(true);
    expect(await printed.locator('#app').isVisible()).to.equal(false);
  });

  it('takes no more room than it may', async () => {
    const parts = readFileSync(at('hostile.html'), 'utf8');
    const data = /id="data">([^<]*)/.exec(parts)?.[1] ?? '';
    const stated = parts.slice(parts.indexOf('<div class="static">'), parts.indexOf('<script type="text/plain"'));
    expect(statSync(at('hostile.html')).size - data.length - Buffer.byteLength(stated)).to.be.below(60_000);
  });

  const refused: [string, string, RegExp][] = [
    [
      'in no folder',
      'nosuch/report.html',
      /^--html: \S+nosuch\/report\.html cannot be written: there is no folder \S+nosuch\nName another/,
    ],
    ['in the place of a folder', 'taken', /^--html: \S+taken cannot be written: it is a folder\n/],
    ['in a file’s folder', 'hostile.ts/report.html', /cannot be written: \S+hostile\.ts is no folder\n/],
  ];
  for (const [what, file, said] of refused)
    it(`${what}, cannot be written: it says so before anything runs, and ends with 64`, async () => {
      mkdirSync(at('taken'), { recursive: true });
      for (const words of [['verify', './hostile.ts'], ['matrix', '--labs', './hostile.ts'], ['claims']]) {
        const { exitCode, all } = await run(...words, '--html', file);
        expect(all).to.match(said);
        expect(exitCode).to.equal(64);
      }
      expect(existsSync(at('nosuch'))).to.equal(false);
    });
});
