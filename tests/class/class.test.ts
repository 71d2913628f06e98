import { expect } from 'chai';
import { needsNamespaces } from '../stand.ts';
import { attendee, enter, type Held, held, isKind, line, rowIs, stands, taughtLab } from './page.ts';

describe('a class', () => {
  let room: Held;
  before(async function () {
    needsNamespaces(this);
    room = await held(taughtLab(), 3);
    await room.prepared;
  });
  after(() => room?.[Symbol.asyncDispose]());

  it('gives each who joins a lab of their own, and tells nobody of what the others type', async () => {
    const [ann, ben] = await Promise.all([attendee(room, 'Ann'), attendee(room, 'Ben')]);
    expect(ann.token).not.to.equal(ben.token);
    ann.type(1, `${line}\n`);
    await ann.told(stands(({ items }) => items[0]!.verdict === 'passed'));
    expect(ben.heard.some(stands(({ items }) => items[0]!.verdict !== 'open'))).to.equal(false);
    expect(ben.printed()).not.to.include(line);
    ben.type(1, 'ip -br addr show eth0; echo "that "is it\n');
    await ben.prints('that is it\r\n');
    expect(ben.printed()).to.include('10.0.0.1/24').and.not.include('10.0.0.3');
    ann.socket.terminate();
    ben.socket.terminate();
  });

  it('goes on after a page was loaded anew, where it was', async () => {
    const one = await attendee(room, 'Cem');
    one.send({ kind: 'say', words: ['hint'] });
    await one.told(stands(({ said }) => said.lines[0] === 'Look on a: `ip addr`'));
    one.type(1, `${line}; echo "be"fore\n`);
    await one.told(stands(({ items }) => items[0]!.verdict === 'passed'));
    one.socket.terminate();
    const back = await enter(room.url, one.token);
    expect(await back.told(isKind('seat')))
      .to.include({ name: 'Cem' })
      .and.not.have.property('token');
    await back.told(stands(({ items, hints }) => items[0]!.verdict === 'passed' && hints === 1));
    await back.prints('before\r\n');
    back.send({ kind: 'say', words: ['next'] });
    const play = await back.told(stands(({ at, text }) => at === 2 && text.length > 0));
    expect(play.text[0]).to.equal('To be done on b (1 line)');
    await back.prints('b# ');
    back.socket.terminate();
  });

  it('shows the teacher how all get on, and who asks for help', async () => {
    const teacher = await enter(room.url, room.teacher);
    const { items } = await teacher.told(isKind('class'));
    expect(items.map(({ chapter, title }) => `${chapter}: ${title}`)).to.deep.equal([
      'Build: a has a second address',
      'Build: b knows a network behind it',
      'See: a pings b',
      'Break and find out: b is deaf',
    ]);
    const { row } = await teacher.told(rowIs(({ name, isThere }) => name === 'Cem' && !isThere));
    expect(row.at).to.equal(2);
    expect(row.ended[0]).to.include({ verdict: 'passed', hints: 1 });
    expect(row.ended[0]!.seconds).to.be.at.least(0);
    expect(await teacher.told(isKind('seats'))).to.include({ taken: 3, ready: 3, of: 3 });
    const seat = room.page.held.seats.find(({ name }) => name === 'Ben')!;
    const ben = await enter(room.url, seat.token);
    ben.send({ kind: 'help', needed: true });
    await teacher.told(rowIs(({ name, helpSince }) => name === 'Ben' && helpSince !== undefined));
    teacher.send({ kind: 'helped', seat: seat.number });
    teacher.heard.length = 0;
    await teacher.told(rowIs(({ name, helpSince }) => name === 'Ben' && helpSince === undefined));
    teacher.send({ kind: 'tell', text: 'Five\nminutes \u202emore' });
    expect(await ben.told(isKind('told'))).to.deep.equal({ kind: 'told', text: 'Five minutes more' });
    ben.socket.terminate();
    const later = await enter(room.url, seat.token);
    await later.told(isKind('told'));
    later.socket.terminate();
    teacher.socket.terminate();
  });

  it('has a teacher watch a terminal, whose owner is told, and no longer once that has ended', async () => {
    const teacher = await enter(room.url, room.teacher);
    const seat = room.page.held.seats.find(({ name }) => name === 'Ben')!;
    const ben = await enter(room.url, seat.token);
    ben.send({ kind: 'resize', id: 1, rows: 33, columns: 99 });
    teacher.send({ kind: 'watch', seat: seat.number });
    await teacher.told(isKind('watching', ({ rows, columns }) => rows === 33 && columns === 99));
    await ben.told(stands(({ watchers }) => watchers === 1));
    ben.type(1, 'echo "shown to "all\n');
    await teacher.prints('shown to all\r\n');
    ben.heard.length = 0;
    teacher.send({ kind: 'watch', seat: 0 });
    await ben.told(stands(({ watchers }) => watchers === 0));
    ben.type(1, 'echo "shown to "nobody\n');
    await ben.prints('shown to nobody\r\n');
    expect(teacher.printed()).not.to.include('nobody');
    ben.heard.length = 0;
    teacher.send({ kind: 'watch', seat: seat.number });
    await ben.told(stands(({ watchers }) => watchers === 1));
    ben.heard.length = 0;
    teacher.socket.terminate();
    await ben.told(stands(({ watchers }) => watchers === 0));
    ben.socket.terminate();
  });

  it('has results for a program and for a spreadsheet', async () => {
    const teacher = await enter(room.url, room.teacher);
    teacher.send({ kind: 'results', form: 'csv' });
    const { text } = await teacher.told(isKind('results'));
    expect(text).to.match(/^name,number,chapter,title,verdict,seconds,hints,tries,answer\r\n/);
    expect(text).to.match(/\r\nCem,1,Build,a has a second address,passed,[\d.]+,1,\d+,\r\n/);
    teacher.heard.length = 0;
    teacher.send({ kind: 'results', form: 'json' });
    const json = JSON.parse((await teacher.told(isKind('results'))).text);
    expect(json.attendees.map(({ name }: { name: string }) => name)).to.have.members(['Ann', 'Ben', 'Cem']);
    teacher.socket.terminate();
  });

  it('gives who leaves the shell another one', async () => {
    const seat = room.page.held.seats.find(({ name }) => name === 'Ann')!;
    const ann = await enter(room.url, seat.token);
    ann.type(1, 'exit\n');
    await ann.prints('has ended. Here is a new one.');
    ann.type(1, 'echo "still "here\n');
    await ann.prints('still here\r\n');
    ann.socket.terminate();
  });
});
