import { expect } from 'chai';
import { closings } from '../../src/page/live/messages.ts';
import { needsNamespaces } from '../stand.ts';
import { attendee, enter, type Held, held, isKind, line, rowIs, stands, taughtLab } from './page.ts';

const NOT_YET = 'What comes next is not open yet: whoever holds the class opens it.';

describe('who holds a class', () => {
  let room: Held;
  before(async function () {
    needsNamespaces(this);
    room = await held(taughtLab(), 2);
    await room.prepared;
  });
  after(() => room?.[Symbol.asyncDispose]());

  it('opens items up to one: nobody goes further, be it by next, skip or break, until more is open', async () => {
    const [teacher, ann] = [await enter(room.url, room.teacher), await attendee(room, 'Ann')];
    expect(await teacher.told(isKind('seats'))).to.include({ upTo: 4 });
    teacher.send({ kind: 'open', upTo: 1 });
    await ann.told(stands(({ upTo }) => upTo === 1));
    await teacher.told(isKind('seats', ({ upTo }) => upTo === 1));
    for (const word of ['skip', 'break']) {
      ann.heard.length = 0;
      ann.send({ kind: 'say', words: [word] });
      await ann.told(stands(({ said, at }) => at === 1 && said.lines.includes(NOT_YET)));
    }
    // What cannot be gone past is not skipped either.
    ann.type(1, `${line}\n`);
    await ann.told(stands(({ items, said }) => items[0]!.verdict === 'passed' && said.lines.includes(NOT_YET)));
    ann.heard.length = 0;
    ann.type(1, 'next\n');
    await ann.told(stands(({ said, at, isBusy }) => !isBusy && at === 1 && said.lines.includes(NOT_YET)));
    teacher.send({ kind: 'open', upTo: 2 });
    await ann.told(stands(({ upTo }) => upTo === 2));
    ann.send({ kind: 'say', words: ['next'] });
    await ann.told(stands(({ at, isBusy }) => at === 2 && !isBusy));
    // Who is further already stays there.
    teacher.send({ kind: 'open', upTo: 1 });
    await ann.told(stands(({ upTo, at }) => upTo === 1 && at === 2));
    teacher.send({ kind: 'open', upTo: 4 });
    await ann.told(stands(({ upTo }) => upTo === 4));
    for (const each of [teacher, ann]) each.socket.terminate();
  });

  it('opens none that there is not', async () => {
    const teacher = await enter(room.url, room.teacher);
    for (const upTo of [0, 5]) {
      teacher.heard.length = 0;
      teacher.send({ kind: 'open', upTo });
      expect(await teacher.told(isKind('refused'))).to.have.property('what', `There are items 1 to 4, and no ${upTo}.`);
    }
    expect(room.page.held.upTo()).to.equal(4);
    teacher.socket.terminate();
  });

  it('sends somebody away: lab, shells and link end, results stay, and another may come', async () => {
    const [teacher, ben] = [await enter(room.url, room.teacher), await attendee(room, 'Ben')];
    const back = await enter(room.url, ben.token);
    const seat = room.page.held.seats.find(({ name }) => name === 'Ben')!;
    const { runtime } = seat.session.game.lab();
    ben.type(1, `${line}\n`);
    await ben.told(stands(({ items }) => items[0]!.verdict === 'passed'));
    teacher.send({ kind: 'watch', seat: seat.number });
    await teacher.told(isKind('watching', ({ seat: watched }) => watched === seat.number));
    teacher.send({ kind: 'tell', text: 'Five minutes more' });
    await ben.told(isKind('told'));
    teacher.heard.length = 0;
    teacher.send({ kind: 'sendAway', seat: seat.number });
    for (const each of [ben, back]) expect(await each.closed).to.equal(closings.sentAway);
    await teacher.told(isKind('watching', ({ seat: watched }) => watched === 0));
    const { row } = await teacher.told(rowIs(({ name, isAway }) => name === 'Ben' && isAway === true));
    expect(row.ended[0]).to.include({ verdict: 'passed' });
    // Their lab is gone, with all that ran in it.
    expect(
      await runtime.run('a', ['true']).then(
        () => 'it runs',
        () => 'it is gone',
      ),
    ).to.equal('it is gone');
    // Their link is none any more; they are told why.
    const again = await enter(room.url, ben.token).catch((error: Error) => error.message);
    expect(again).to.equal(`the socket was closed with ${closings.sentAway}`);
    expect(room.page.held.results().attendees.map(({ name }) => name)).to.include('Ben');
    await teacher.told(isKind('seats', ({ ready, taken, of }) => ready === 2 && taken === 1 && of === 2));
    const cem = await attendee(room, 'Cem');
    // What was said to all is said to who comes later.
    await cem.told(isKind('told', ({ text }) => text === 'Five minutes more'));
    cem.type(1, 'echo "in a lab of "mine\n');
    await cem.prints('in a lab of mine\r\n');
    for (const each of [teacher, cem]) each.socket.terminate();
  });

  it('sends nobody away twice, nor who is not there', async () => {
    const teacher = await enter(room.url, room.teacher);
    const ben = room.page.held.seats.find(({ name }) => name === 'Ben')!;
    for (const kind of ['sendAway', 'watch', 'helped'] as const)
      for (const seat of [ben.number, 99]) {
        teacher.heard.length = 0;
        teacher.send({ kind, seat });
        expect(await teacher.told(isKind('refused'))).to.have.property('what', `Nobody sits at ${seat}.`);
      }
    teacher.socket.terminate();
  });

  it('sends away who has typed ahead, and asked for a new lab: none is stood up', async () => {
    const [teacher, cem] = [
      await enter(room.url, room.teacher),
      await enter(room.url, room.page.held.seats.find(({ name }) => name === 'Cem')!.token),
    ];
    const seat = room.page.held.seats.find(({ name }) => name === 'Cem')!;
    cem.send({ kind: 'say', words: ['reset'] });
    await cem.told(stands(({ question }) => question !== undefined));
    teacher.send({ kind: 'sendAway', seat: seat.number });
    cem.type(1, 'y');
    cem.send({ kind: 'say', words: ['reset'] });
    expect([closings.sentAway, closings.forbidden]).to.include(await cem.closed);
    await teacher.told(isKind('seats', ({ ready, taken }) => ready === 2 && taken === 1));
    const { runtime } = seat.session.game.lab();
    expect(
      await runtime.run('a', ['true']).then(
        () => 'it runs',
        () => 'it is gone',
      ),
    ).to.equal('it is gone');
    teacher.socket.terminate();
  });
});
