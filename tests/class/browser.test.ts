import { expect } from 'chai';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { axeComplaints, browser } from '../page/browser.ts';
import { needsNamespaces } from '../stand.ts';
import { type Held, held, line, taughtLab } from './page.ts';

describe('a class, in browsers', function () {
  this.timeout(120_000);
  let chromium: Browser;
  let room: Held;
  before(async function () {
    needsNamespaces(this);
    chromium = await browser(this);
    room = await held(taughtLab(), 4);
    await room.prepared;
  });
  after(async () => {
    await chromium?.close();
    await room?.[Symbol.asyncDispose]();
  });

  /** A page of the class, and what the browser complained of. */
  async function open(token: string, options: BrowserContextOptions = {}) {
    const context = await chromium.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${room.url.origin}/#${token}`);
    await page.getByText('● Live.').waitFor();
    return { page, context, complaints };
  }

  const screen = (page: Page, text: string | RegExp) => page.locator('.xterm-rows').filter({ hasText: text });
  const word = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

  async function joined(name: string, options: BrowserContextOptions = {}) {
    const opened = await open(room.join, options);
    await opened.page.getByLabel('Your name').fill(name);
    await opened.page.keyboard.press('Enter');
    await screen(opened.page, 'a# ').waitFor();
    return opened;
  }

  it('is played by who joins, seen by who teaches, and comes back when its page is loaded anew', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    const ann = await joined(evil);
    expect(ann.page.url()).to.equal(`${room.url.origin}/`);
    await ann.page.keyboard.type(`${line}\n`);
    await ann.page.getByRole('heading', { name: 'done: a has a second address' }).waitFor();
    await word(ann.page, 'next').click();
    await ann.page.getByRole('heading', { name: 'b knows a network behind it' }).waitFor();
    await screen(ann.page, 'b# ').waitFor();
    await word(ann.page, 'solve').click();
    await word(ann.page, 'Yes').click();
    await ann.page.getByRole('heading', { name: 'solved: b knows a network behind it' }).waitFor();
    await word(ann.page, 'I need help').click();

    const teacher = await open(room.teacher, { colorScheme: 'dark' });
    const row = teacher.page.getByRole('row', { name: new RegExp(evil.slice(0, 8)) });
    await row.getByText(/^Help asked at/).waitFor();
    await teacher.page.getByRole('button', { name: `Watch ${evil}` }).click();
    await screen(teacher.page, 'ip route add 10.9.0.0/16').waitFor();
    await ann.page.getByText('Your terminal is being watched').waitFor();
    await teacher.page.getByLabel('To all').fill('Five minutes more');
    await word(teacher.page, 'say it').click();
    await ann.page.getByText('Five minutes more').waitFor();
    expect(await axeComplaints(teacher.page), 'teacher').to.deep.equal([]);
    const [saved] = await Promise.all([
      teacher.page.waitForEvent('download'),
      word(teacher.page, 'Save results as CSV').click(),
    ]);
    expect(saved.suggestedFilename()).to.equal('class.csv');
    await teacher.page.getByRole('button', { name: `Watch ${evil}` }).click();
    await ann.page.getByText('Your terminal is being watched').waitFor({ state: 'detached' });
    await row.getByText(/^Help asked at/).click();
    await ann.page.locator('[aria-pressed=false]', { hasText: 'I need help' }).waitFor();

    const limit = teacher.page.getByLabel('Open up to');
    await limit.selectOption('2');
    await ann.page.getByText('Open up to 2.').waitFor();
    await word(ann.page, 'next').click();
    await ann.page.locator('.said').getByText('not open yet').waitFor();
    await limit.selectOption('4: all');
    await ann.page.getByText('Open up to 2.').waitFor({ state: 'detached' });

    await ann.page.reload();
    await ann.page.getByRole('heading', { name: 'solved: b knows a network behind it' }).waitFor();
    await screen(ann.page, 'b# ').waitFor();
    // By the keyboard, and not by one key alone.
    await teacher.page.getByRole('button', { name: `Send away: ${evil}` }).press('Enter');
    await teacher.page.keyboard.press('Enter');
    await teacher.page.getByRole('button', { name: `Send away: ${evil}` }).press('Enter');
    await word(teacher.page, 'Yes').press('Enter');
    await row.getByText('sent away').waitFor();
    await ann.page.getByText('Whoever holds the class has sent you away').waitFor();
    await ann.page.reload();
    await ann.page.getByText('Whoever holds the class has sent you away').waitFor();
    expect([...ann.complaints, ...teacher.complaints]).to.deep.equal([]);
    expect(await ann.context.cookies()).to.deep.equal([]);
    await ann.context.close();
    await teacher.context.close();
  });

  it('is played by the keyboard alone, predictions included', async () => {
    const { page, context } = await joined('Keys');
    const press = async (name: string) => {
      await word(page, name).focus();
      await page.keyboard.press('Enter');
    };
    await page.keyboard.press('F6');
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal('check');
    await page.keyboard.press('Enter');
    await page.locator('.said').getByText('1 thing differs').waitFor();
    await press('skip');
    await page.getByRole('heading', { name: 'b knows a network behind it' }).waitFor();
    await press('skip');
    await page.getByRole('heading', { name: 'a pings b' }).waitFor();
    await page.getByLabel('Where?').focus();
    await page.keyboard.type('b:eth0');
    await page.keyboard.press('Enter');
    await page.locator('.said').getByText('Yes, it is seen at b:eth0 next.').waitFor();
    await page.getByText('Predicted: 1 of 1.').waitFor();
    await press('next');
    await page.getByRole('heading', { name: 'Something is broken' }).waitFor();
    expect(await page.locator('body').textContent()).not.to.include('b is deaf');
    await context.close();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has nothing that axe complains of, ${colorScheme}, and fits into 320 pixels`, async () => {
      const guest = await open(room.join, { colorScheme });
      expect(await axeComplaints(guest.page), 'guest').to.deep.equal([]);
      await guest.context.close();
      const { page, context } = await joined(`Narrow ${colorScheme}`, { colorScheme, reducedMotion: 'reduce' });
      for (const title of ['All of it', 'The lab as a picture', 'To go on in another tab'])
        await page.getByText(title).click();
      expect(await axeComplaints(page), 'attendee').to.deep.equal([]);
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(320);
      const teacher = await open(room.teacher, { colorScheme, viewport: { width: 320, height: 640 } });
      await teacher.page.getByText(`Narrow ${colorScheme}`).first().waitFor();
      expect(await teacher.page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(320);
      await teacher.context.close();
      await context.close();
    });
});
