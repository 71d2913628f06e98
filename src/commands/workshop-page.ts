import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ClassPage, classPage, type Results, resultsCsv, resultsJson } from '../class/index.ts';
import type { Listening } from '../live/index.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage, exitCodes } from '../plan/usage.ts';
import { claimPage } from '../record/page-claim.ts';
import type { Item } from '../workshop/items.ts';
import { keepProgress, type Progress, progressFile, stateFile } from '../workshop/progress.ts';
import type { StartNodes } from '../workshop/stood.ts';
import { noBrowser, openBrowser } from './browser.ts';
import { toldToStop } from './interrupt.ts';
import { say, typed } from './output.ts';

/** A workshop that is to be on a page. */
interface OnPage {
  plan: Plan;
  start: StartNodes;
  first: Item;
  listening: Listening;
}

const note = (text: string) => void process.stderr.write(`${text}\n`);

/** Serves a workshop for one, until it is told to stop. */
export async function onPage(
  { listening, progress, ...workshop }: OnPage & { progress: Progress },
  word: string,
): Promise<number> {
  const kept = { progress, keep: keepProgress };
  await using page = await classPage({ ...workshop, ...kept, seats: 1, isAlone: true }, listening);
  const { name } = workshop.plan;
  await untilStopped(page, () => {
    if (!('own' in page.links)) return undefined;
    say(
      `The workshop of ${name}:`,
      `  ${page.links.own}`,
      'Whoever has this link has a shell on its nodes. Ctrl-C ends it.',
    );
    return openBrowser(page.links.own, noBrowser);
  });
  say(`What you have done is kept in ${progressFile(name)}`, `Go on with it: ${typed('workshop', word, '--browser')}`);
  return exitCodes.passed;
}

/** So many attendees a class may have. */
const MOST = 100;

/** Holds a class, until it is told to stop; how all got on is in two files then. */
export async function teachClass({ listening, ...workshop }: OnPage, count: string): Promise<number> {
  const seats = Number(count);
  if (!/^\d+$/.test(count) || seats < 1 || seats > MOST)
    throw new BadUsage(`--class is how many attendees there may be, from 1 to ${MOST}, and not ${count}`);
  const { name } = workshop.plan;
  using _ = claimPage(`${name}-class`);
  let held: ClassPage['held'] | undefined;
  const files = filesOf(name, () => held?.results());
  const keep = () => files.writeSoon();
  await using page = await classPage({ ...workshop, keep, seats }, listening);
  held = page.held;
  await untilStopped(page, () => {
    say(...introduction(name, page.links, seats));
    void page.held.prepareOthers().then(() => {
      const ready = page.held.seats.filter((seat) => seat.isReady()).length;
      note(`${ready} of ${seats} labs stand, each with its shell.`);
    });
    return undefined;
  });
  await files.write();
  say(
    ...(page.held.results().attendees.length
      ? ['How all got on is in', ...files.names.map((file) => `  ${file}`)]
      : ['Nobody joined.']),
  );
  return exitCodes.passed;
}

function introduction(name: string, links: ClassPage['links'], seats: number): string[] {
  if (!('join' in links)) return [];
  return [
    `A class of ${name}, for ${seats}. To join, for attendees:`,
    `  ${links.join}`,
    'To see how all get on, for you alone:',
    `  ${links.teacher}`,
    'Ctrl-C ends it, takes all labs down, and says where the results are.',
  ];
}

/** Stands the first lab up, does what is to be done then, and waits for a signal. */
async function untilStopped(page: ClassPage, begun: () => Disposable | undefined): Promise<void> {
  const stopped = toldToStop();
  note('Please wait: a lab is stood up …');
  const signal = await Promise.race([page.held.prepareFirst(), stopped]);
  using _ = signal ? undefined : begun();
  note(`\n${await stopped}: taking down …`);
}

/** After so long what has changed is written: to write all of it for each change would keep all waiting. */
const SOON_MS = 200;

/** Where the results of a class are kept while it is held, so that nothing is lost however it ends. */
function filesOf(lab: string, results: () => Results | undefined) {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const names = ['csv', 'json'].map((form) => stateFile('class', `${lab}-${stamp}.${form}`));
  const [csv, json] = names as [string, string];
  let due: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let told = '';
  const tellOnce = ({ message }: Error) => {
    if (message !== told) note(`The results cannot be written: ${message}`);
    told = message;
  };
  const writeAll = async () => {
    const now = results();
    if (!now?.attendees.length) return Promise.all(names.map((name) => rm(name, { force: true })));
    return Promise.all([replaced(csv, resultsCsv(now)), replaced(json, resultsJson(now))]);
  };
  const write = async () => {
    clearTimeout(due);
    due = undefined;
    const next = last.then(writeAll);
    last = next.catch(() => {});
    await next;
  };
  return {
    names,
    write,
    writeSoon() {
      due ??= setTimeout(() => void write().catch(tellOnce), SOON_MS);
    },
  };
}

/** Writes a file so that it is there as a whole or as it was; nobody waits for the disk meanwhile. */
async function replaced(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.${process.pid}`, text);
  await rename(`${file}.${process.pid}`, file);
}
