import { expect } from 'chai';
import type { Browser, BrowserContextOptions, Page, WebSocketRoute } from 'playwright-core';
import { axeComplaints, browser } from '../page/browser.ts';
import { needsNamespaces } from '../stand.ts';
import { type Opened, opened } from './page.ts';
import { routedLab } from './routed-lab.ts';

describe('the page of a lab, in a browser', function () {
  this.timeout(120_000);
  let chromium: Browser;
  let lab: Opened;
  before(async function () {
    needsNamespaces(this);
    chromium = await browser(this);
    lab = await opened(routedLab());
  });
  after(async () => {
    await chromium?.close();
    await lab?.[Symbol.asyncDispose]();
  });

  /** The page, opened by its link, once it is live, and what the browser complained of. */
  async function open(options: BrowserContextOptions = {}, link = lab.page.links.owner) {
    const context = await chromium.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (new URL(request.url()).host !== lab.url.host && !/^(data|blob):/.test(request.url()))
        complaints.push(`it asked for ${request.url()}`);
    });
    await page.goto(link);
    await page.getByText('Nothing is under way.').waitFor();
    return { page, context, complaints };
  }

  const row = (page: Page, name: string) => page.locator('.doing li', { hasText: name });
  const screen = (page: Page) => page.locator('.screen:visible .xterm-rows');

  /** Opens a terminal from the list, and waits for its prompt. */
  async function terminal(page: Page, place: string) {
    await page.getByRole('button', { name: place, exact: true }).first().click();
    await screen(page)
      .filter({ hasText: `${place}# ` })
      .waitFor();
  }

  async function closeAll(page: Page) {
    const tabs = page.locator('.docked');
    for (let left = await tabs.count(); left > 0; left--) {
      await tabs
        .first()
        .getByRole('button', { name: /^Close / })
        .click();
      if (left > 1) await tabs.nth(left - 1).waitFor({ state: 'detached' });
    }
    await page.locator('.dock').waitFor({ state: 'detached' });
  }

  it('takes its token from the address, keeps it for its tab, and is refused without', async () => {
    const { page, context, complaints } = await open();
    expect(page.url()).to.equal(`${lab.url.origin}/`);
    expect(await context.cookies()).to.deep.equal([]);
    await page.reload();
    await page.getByText('● Live.').waitFor();
    const other = await context.newPage();
    await other.goto(lab.url.origin);
    await other.getByText('This page needs its link').waitFor();
    await other.goto(`${lab.url.origin}/#${'x'.repeat(43)}`);
    await other.reload();
    await other.getByText('This link is of another time').waitFor();
    expect(complaints).to.deep.equal([]);
    await context.close();
  });

  it('shows what a shell prints, and has a walk taken', async () => {
    const { page, complaints, context } = await open();
    await terminal(page, 'a');
    await page.keyboard.type('ip -br addr show eth0\n');
    await screen(page)
      .filter({ hasText: /eth0\S*\s+UP\s+10\.0\.1\.1\/24/ })
      .waitFor();
    await row(page, 'a pings b').getByText('not walked yet').waitFor();
    await page.getByRole('button', { name: 'Walk: a pings b' }).click();
    await row(page, 'a pings b').getByText('answered').click();
    await page.locator('#hop-title', { hasText: 'Hop 1 of 8: a:eth0' }).waitFor();
    expect(await page.locator('.bytes td').count()).to.be.above(0);
    expect(await screen(page).textContent()).to.include('10.0.1.1/24');
    await closeAll(page);
    expect(complaints).to.deep.equal([]);
    await context.close();
  });

  it('lists packets that pass a cable as they do', async () => {
    const { page, context } = await open();
    await page.locator('path.wire').first().click({ force: true });
    await page.getByText('No packet has passed yet.').waitFor();
    await page.getByLabel('Ping from').selectOption('a');
    await page.getByRole('combobox', { name: 'to' }).fill('10.0.2.1');
    await page.getByRole('button', { name: 'Walk it' }).click();
    const packets = page.locator('.tapped tbody tr');
    await packets.filter({ hasText: '10.0.1.1 → 10.0.2.1, ICMP echo request, TTL 64' }).waitFor();
    await packets.filter({ hasText: '10.0.2.1 → 10.0.1.1, ICMP echo reply, TTL 63' }).waitFor();
    await row(page, 'a pings 10.0.2.1').getByText('answered').waitFor();
    await closeAll(page);
    await context.close();
  });

  it('breaks something unseen, folds the cause away, hints, and mends it', async () => {
    const { page, context } = await open();
    await page.getByRole('button', { name: 'Break something, unseen' }).click();
    await page.getByText('Something is broken. Find out what').waitFor();
    expect(await page.locator('#content').innerText()).not.to.include('forwards nothing');
    await page.getByRole('button', { name: 'Walk: a pings b' }).click();
    await row(page, 'a pings b').getByText('lost at r:eth2').waitFor();
    await page.getByRole('link', { name: 'Summary', exact: true }).click();
    await page.getByText('Find out why.').waitFor();
    expect(await page.locator('#content').innerText()).not.to.include('ip_forward');
    await page.locator('#content').getByText('lost at r:eth2').click();
    await page.getByText('Give up: show why').waitFor();
    expect(await page.locator('#content .cause').isVisible()).to.equal(false);
    await page.getByText('Give up: show why').click();
    expect(await page.locator('#content .cause').textContent()).to.include('net.ipv4.ip_forward');
    await page.getByRole('link', { name: 'Lab', exact: true }).click();
    await page.getByRole('button', { name: 'Hint' }).click();
    await page.getByText('Look at the settings of r').waitFor();
    await page.getByRole('button', { name: 'Mend it' }).click();
    await page.getByText('It was: r forwards nothing. It is mended.').waitFor();
    await page.getByRole('button', { name: 'Walk: a pings b' }).click();
    await row(page, 'a pings b').getByText('answered').waitFor();
    await context.close();
  });

  it('keeps its terminals when it is loaded anew', async () => {
    const { page, context } = await open();
    await terminal(page, 'b');
    await page.keyboard.type('x=kept; echo so-$x\n');
    await screen(page).filter({ hasText: 'so-kept' }).waitFor();
    await page.reload();
    await screen(page).filter({ hasText: 'so-kept' }).waitFor();
    await page.locator('.screen textarea').focus();
    await page.keyboard.type('echo still-$x\n');
    await screen(page).filter({ hasText: 'still-kept' }).waitFor();
    await closeAll(page);
    await context.close();
  });

  it('takes no order from what a terminal prints: clipboard, title, links', async () => {
    const { page, context } = await open();
    const title = await page.title();
    const search = page.locator('#search');
    await search.fill('mine');
    await search.press('Control+A');
    await search.press('Control+C');
    await terminal(page, 'a');
    const orders = ['52;c;aGFja2Vk', '0;owned', '2;owned', '8;;http://evil.example/'].map(
      (each) => `\\033]${each}\\007`,
    );
    await page.keyboard.type(`printf '${orders.join('')}click\\033]8;;\\007'; echo; echo "all pr"inted\n`);
    await screen(page).filter({ hasText: 'all printed' }).waitFor();
    await search.fill('');
    await search.press('Control+V');
    expect(await search.inputValue()).to.equal('mine');
    expect(await page.title()).to.equal(title);
    expect(await page.locator('.screen a, .screen [class*=xterm-underline]').count()).to.equal(0);
    await closeAll(page);
    await context.close();
  });

  it('runs nothing that a lab’s text says', async () => {
    const { page, context, complaints } = await open();
    for (const hash of ['', '#summary', '#setup', '#walk/1']) {
      await page.evaluate((to) => {
        location.hash = to;
      }, hash);
      await page.locator('h2').first().waitFor();
      expect(await page.locator('img').count()).to.equal(0);
      expect(await page.title())
        .to.include('<script>')
        .and.not.to.equal('owned');
    }
    expect(complaints).to.deep.equal([]);
    await context.close();
  });

  it('has a watcher see walks, and no button that does something', async () => {
    const { page, context } = await open({}, lab.page.links.watcher);
    lab.lab.walk('a pings b');
    await page.getByText('You watch: this link changes nothing.').waitFor();
    await row(page, 'a pings b').getByText('answered').waitFor();
    const names = await page.getByRole('button').allTextContents();
    expect(names.filter((name) => !['To the content', 'Theme', 'Keys', 'Close'].includes(name))).to.deep.equal([]);
    await context.close();
  });

  it('is used by the keyboard alone, which F6 gets out of a terminal', async () => {
    const { page, context } = await open();
    const press = async (name: string) => {
      await page.getByRole('button', { name, exact: true }).first().focus();
      await page.keyboard.press('Enter');
    };
    await press('r');
    await screen(page).filter({ hasText: 'r# ' }).waitFor();
    await page.keyboard.type('echo ty"ped"\n');
    await screen(page).filter({ hasText: 'typed' }).waitFor();
    await page.keyboard.press('F6');
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal('r');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.dock').waitFor({ state: 'detached' });
    await page.getByRole('combobox', { name: /^Tap/ }).focus();
    await page.keyboard.press('ArrowDown');
    await press('Listen');
    await page.getByText('No packet has passed yet.').waitFor();
    await closeAll(page);
    await press('Walk: a pings b');
    await row(page, 'a pings b').getByText('answered').waitFor();
    await page.keyboard.press('3');
    await page.locator('#content').getByRole('heading', { name: 'Walks' }).waitFor();
    await page.keyboard.press('1');
    await page.getByRole('button', { name: 'Break something, unseen' }).waitFor();
    await context.close();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has nothing that axe complains of, ${colorScheme}, and fits into 320 pixels`, async () => {
      const { page, context } = await open({ colorScheme, reducedMotion: 'reduce' });
      expect(await axeComplaints(page), 'lab').to.deep.equal([]);
      await page.getByText('Drills: each is broken').click();
      await terminal(page, 'a');
      expect(await axeComplaints(page), 'terminal').to.deep.equal([]);
      await page.getByRole('button', { name: 'Listen' }).click();
      await page.getByText('No packet has passed yet.').waitFor();
      expect(await axeComplaints(page), 'tap').to.deep.equal([]);
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(320);
      await closeAll(page);
      await context.close();
    });

  it('says that its connection has dropped, and comes back by itself', async () => {
    const own = await opened(routedLab());
    const context = await chromium.newContext();
    const page = await context.newPage();
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket('**/socket', (socket) => {
      socket.connectToServer();
      sockets.push(socket);
    });
    await page.goto(own.page.links.owner);
    await page.getByText('● Live.').waitFor();
    await sockets[0]!.close();
    await page.getByText('The connection has dropped: it is tried again by itself').waitFor();
    await page.getByText('● Live.').waitFor();
    await own[Symbol.asyncDispose]();
    await page.getByText('The connection has dropped').waitFor();
    await context.close();
  });
});
