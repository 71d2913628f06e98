import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { rootless } from '../../src/runtime/netns/index.ts';
import { needsNamespaces } from '../stand.ts';
import { attendee, enter, type Held, held, line, stands, taughtLab } from './page.ts';

const hasGroups = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup/cgroup.controllers'].some((path) => existsSync(path));

/** What an attendee may do to the machine, be it by mistake; `counted` is what only a kernel stops that counts a group's use. */
const harmful: { what: string; typed: string; shows: string | RegExp; counted: boolean }[] = [
  {
    what: 'a fork bomb',
    typed: 'bomb() { bomb | bomb & }; bomb',
    shows: 'Resource temporarily unavailable',
    counted: true,
  },
  {
    what: 'a program that takes more and more memory',
    typed: 'tail /dev/zero',
    shows: /Killed|was killed/,
    counted: true,
  },
  { what: 'a full disk', typed: 'cat /dev/zero >/run/full', shows: 'No space left on device', counted: false },
  {
    what: 'a line of 1 MB',
    typed: `\x1b[200~: ${'x'.repeat(1_000_000)}; echo over "and out"\x1b[201~`,
    shows: 'over and out',
    counted: false,
  },
  {
    what: 'a program that prints more than a page shows',
    typed: 'yes | head -c 1000000; echo over "and out"',
    shows: 'over and out',
    counted: false,
  },
];

describe('a class goes on for all others', function () {
  this.timeout(120_000);
  let room: Held;
  beforeEach(async function () {
    needsNamespaces(this);
    room = await held(taughtLab(), 2);
    await room.prepared;
  });
  afterEach(() => room?.[Symbol.asyncDispose]());

  for (const { what, typed, shows, counted } of harmful)
    it(`while one has ${what}`, async function () {
      if (counted && (rootless || !hasGroups)) {
        this.test!.title += ' (skipped: the kernel does not count what a group takes here)';
        this.skip();
      }
      const [ann, eve] = [await attendee(room, 'Ann'), await attendee(room, 'Eve')];
      // A message is at most 64 kB long.
      for (let from = 0; from <= typed.length; from += 30_000) eve.type(1, typed.slice(from, from + 30_000));
      eve.type(1, '\n');
      await eve.prints(shows);
      ann.type(1, `${line}\n`);
      await ann.told(stands(({ items }) => items[0]!.verdict === 'passed'));
      ann.send({ kind: 'say', words: ['next'] });
      await ann.told(stands(({ at, isBusy, text }) => at === 2 && !isBusy && text.length > 0));
      // Eve has another lab once she wants one.
      const back = await enter(room.url, eve.token);
      back.send({ kind: 'say', words: ['reset'] });
      await back.told(stands(({ question }) => question !== undefined));
      back.type(1, 'y');
      await back.told(stands(({ question, isBusy, text }) => question === undefined && !isBusy && text.length > 0));
      back.type(1, 'test -e /run/full || echo "as n"ew\n');
      await back.prints('as new\r\n');
      expect(room.page.held.seats.every((seat) => seat.isReady())).to.equal(true);
      for (const each of [ann, eve, back]) each.socket.terminate();
    });
});
