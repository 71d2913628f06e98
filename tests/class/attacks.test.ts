import { once } from 'node:events';
import { expect } from 'chai';
import type { FromPage, ToPage } from '../../src/page/class/messages.ts';
import { closings } from '../../src/page/live/messages.ts';
import { ask, originOf, peer, upgraded } from '../live/page.ts';
import { needsNamespaces } from '../stand.ts';
import { attendee, type ClassPeer, enter, type Held, held, isKind, rowIs, stands, taughtLab } from './page.ts';

type Member = Awaited<ReturnType<typeof attendee>>;

const evil = '<script>document.title="owned"</script>';

/** What only who teaches may ask for, and what only who sits somewhere may. */
const teachers: FromPage[] = [
  { kind: 'watch', seat: 2 },
  { kind: 'watch', seat: 0 },
  { kind: 'helped', seat: 2 },
  { kind: 'tell', text: 'x' },
  { kind: 'results', form: 'csv' },
  { kind: 'open', upTo: 1 },
  { kind: 'sendAway', seat: 2 },
];
const attendees: FromPage[] = [
  { kind: 'say', words: ['hint'] },
  { kind: 'resize', id: 1, rows: 9, columns: 9 },
  { kind: 'ack', id: 1, bytes: 1 },
  { kind: 'help', needed: true },
];

describe('a class, attacked', () => {
  let room: Held;
  let ann: Member;
  let eve: Member;
  before(async function () {
    needsNamespaces(this);
    room = await held(taughtLab(), 4, { helloMs: 500 });
    await room.prepared;
    [ann, eve] = [await attendee(room, 'Ann'), await attendee(room, evil)];
  });
  after(() => room?.[Symbol.asyncDispose]());

  /** Asks, and expects that the socket is closed for it. */
  async function forbidden(token: string, message: FromPage): Promise<ClassPeer> {
    const one = await enter(room.url, token);
    one.send(message);
    expect(await one.closed, JSON.stringify(message)).to.equal(closings.forbidden);
    return one;
  }

  it('has a token of 256 bits for each: to join, to teach, for each attendee; no file says one', async () => {
    const tokens = [room.join, room.teacher, ann.token, eve.token];
    expect(new Set(tokens).size).to.equal(4);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).to.have.length(32);
    for (const path of ['/', '/live.js', '/live.css']) {
      const { status, text, headers } = await ask(room.url, path);
      expect(status).to.equal(200);
      for (const token of tokens) expect(text + JSON.stringify(headers)).not.to.include(token);
      expect(text).not.to.include(evil);
    }
  });

  it('is served as the page of a lab is: its own name, its own Origin, its own script alone', async () => {
    const origin = originOf(room.url);
    expect(await upgraded(room.url, { origin })).to.equal(101);
    expect(await upgraded(room.url, {})).to.equal(403);
    expect(await upgraded(room.url, { origin: 'http://evil.example' })).to.equal(403);
    expect(await upgraded(room.url, { host: 'evil.example', origin: 'http://evil.example' })).to.equal(421);
    const { headers } = await ask(room.url, '/');
    expect(headers['content-security-policy']).to.match(/^default-src 'none'; script-src 'self'; /);
    for (const path of ['/class.js', '/results', '/class.csv', '/?x'])
      expect((await ask(room.url, path)).status, path).to.equal(404);
  });

  it('lets nobody in without a token, be it the one of a seat that nobody has taken', async () => {
    const free = room.page.held.seats.find(({ isTaken }) => !isTaken)!;
    for (const token of ['', 'x'.repeat(43), ann.token.slice(1), free.token]) {
      const one = peer<FromPage, ToPage>(room.url);
      await once(one.socket, 'open');
      one.send({ kind: 'hello', token });
      expect(await one.closed, token).to.equal(closings.unauthorized);
      expect(one.heard).to.deep.equal([]);
    }
    expect(await peer(room.url).closed).to.equal(closings.unauthorized);
  });

  it('has an attendee see and do nothing of the teacher’s, nor of another attendee’s', async () => {
    for (const message of [...teachers, { kind: 'join', name: 'Twice' } as const]) await forbidden(eve.token, message);
    const one = await enter(room.url, eve.token);
    // The only terminal that it can name is its own.
    one.type(2, 'touch /run/owned\n');
    one.send({ kind: 'resize', id: 2, rows: 24, columns: 80 });
    one.type(1, 'echo "only "mine\n');
    await one.prints('only mine\r\n');
    const kinds = new Set(one.heard.map(({ kind }) => kind));
    expect([...kinds].filter((kind) => !['seat', 'play'].includes(kind))).to.deep.equal([]);
    expect(JSON.stringify(one.heard)).not.to.include('Ann').and.not.include('b is deaf');
    const back = await enter(room.url, ann.token);
    back.type(1, 'test -e /run/owned || echo none "of it"\n');
    await back.prints('none of it\r\n');
    expect(back.printed()).not.to.include('only mine');
    for (const each of [one, back]) each.socket.terminate();
  });

  it('has who teaches watch, and type into nothing', async () => {
    for (const message of attendees) await forbidden(room.teacher, message);
    const one = await enter(room.url, room.teacher);
    one.send({ kind: 'watch', seat: ann.seat.name === 'Ann' ? 1 : 2 });
    await one.told(isKind('watching'));
    one.type(1, 'touch /run/owned\n');
    expect(await one.closed).to.equal(closings.forbidden);
    const other = await enter(room.url, room.teacher);
    for (const seat of [99, 3]) {
      other.heard.length = 0;
      other.send({ kind: 'watch', seat });
      expect(await other.told(isKind('refused'))).to.have.property('what', `Nobody sits at ${seat}.`);
    }
    other.socket.terminate();
  });

  it('cannot be watched without telling: all pages of the attendee are told, and those that come later', async () => {
    const [one, two] = [await enter(room.url, ann.token), await enter(room.url, ann.token)];
    const teacher = await enter(room.url, room.teacher);
    const { seat } = (await teacher.told(rowIs(({ name }) => name === 'Ann'))).row;
    teacher.send({ kind: 'watch', seat });
    for (const each of [one, two]) await each.told(stands(({ watchers }) => watchers === 1));
    // Who comes later is told as well.
    const three = await enter(room.url, ann.token);
    await three.told(stands(({ watchers }) => watchers === 1));
    for (const each of [one, two, three, teacher]) each.socket.terminate();
  });

  it('has who may join do nothing else, and gives no name away', async () => {
    for (const message of [...teachers, ...attendees]) await forbidden(room.join, message);
    const one = await enter(room.url, room.join);
    expect(await one.told(isKind('door'))).to.deep.equal({ kind: 'door', title: taughtLab().title, free: 2 });
    one.type(1, 'x\n');
    expect(await one.closed).to.equal(closings.forbidden);
    expect(one.heard.filter(({ kind }) => kind !== 'door')).to.deep.equal([]);
  });

  it('takes no name that is none, and none for two', async () => {
    const one = await enter(room.url, room.join);
    for (const name of ['', '   ', '\u200b\u202e', 'x'.repeat(41)]) {
      one.heard.length = 0;
      one.send({ kind: 'join', name });
      expect(await one.told(isKind('refused'))).to.have.property('what', 'A name has 1 to 40 characters.');
    }
    one.socket.terminate();
    const long = await enter(room.url, room.join);
    long.send({ kind: 'join', name: 'x'.repeat(10_000) });
    expect(await long.closed).to.equal(closings.misread);
    const twin = await attendee(room, ' Ann \u200b');
    expect(twin.seat.name).to.equal('Ann (2)');
    twin.socket.terminate();
  });

  it('takes no more than there are seats', async () => {
    const last = await attendee(room, 'Last');
    const one = await enter(room.url, room.join);
    expect(await one.told(isKind('door'))).to.include({ free: 0 });
    one.send({ kind: 'join', name: 'One more' });
    expect(await one.told(isKind('refused'))).to.have.property(
      'what',
      'All 4 seats are taken: ask whoever holds the class.',
    );
    for (const each of [one, last]) each.socket.terminate();
  });

  it('shows a workshop in a few pages at most, and leaves the oldest', async () => {
    const pages: ClassPeer[] = [];
    for (let i = 0; i < 4; i++) pages.push(await enter(room.url, eve.token));
    const codes = await Promise.race(pages.map(async ({ closed }, i) => ({ i, code: await closed })));
    expect(codes.code).to.equal(closings.over);
    for (const each of pages) each.socket.terminate();
  });

  it('takes no message that is not one of its own, and no form of results that there is not', async () => {
    const bad: unknown[] = [
      { kind: 'say', words: 'hint' },
      { kind: 'say', words: [1] },
      { kind: 'say', words: Array(20).fill('x') },
      { kind: 'help', needed: 'yes' },
      { kind: 'help', needed: true, seat: 1 },
      { kind: 'watch', seat: '1' },
      { kind: 'open', upTo: -1 },
      { kind: 'open', upTo: '1' },
      { kind: 'sendAway', seat: 1, name: 'Ann' },
      { kind: 'constructor' },
    ];
    for (const message of bad) {
      const one = await enter(room.url, eve.token);
      one.socket.send(JSON.stringify(message));
      expect(await one.closed, JSON.stringify(message)).to.equal(closings.misread);
    }
    const teacher = await enter(room.url, room.teacher);
    for (const form of ['html', '__proto__', 'constructor']) {
      teacher.heard.length = 0;
      teacher.send({ kind: 'results', form });
      expect(await teacher.told(isKind('refused')))
        .to.have.property('what')
        .that.includes('csv or json');
    }
    teacher.socket.terminate();
  });

  it('runs nothing that a word says, but in the attendee’s own shell as it was typed', async () => {
    const one = await enter(room.url, eve.token);
    for (const word of ['nosuch; touch /run/owned', '__proto__', '']) {
      one.heard.length = 0;
      one.send({ kind: 'say', words: [word] });
      await one.told(isKind('refused'));
    }
    for (const words of [
      ['predict', 'b:eth0; touch /run/owned'],
      ['answer', '$(touch /run/owned)', '`touch /run/owned`', "'; touch /run/owned; '"],
      ['on', 'nosuch\ntouch /run/owned\n'],
    ]) {
      one.heard.length = 0;
      one.send({ kind: 'say', words });
      await one.told(stands(({ isBusy, said }) => !isBusy && said.lines.length > 0));
    }
    one.type(1, 'test -e /run/owned || echo none "of it"\n');
    await one.prints('none of it\r\n');
    one.socket.terminate();
  });
});
