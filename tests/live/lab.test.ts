import { expect } from 'chai';
import { closings, type News, type ToPage } from '../../src/page/live/messages.ts';

import { needsNamespaces } from '../stand.ts';
import { type Opened, opened, type Peer, peer, welcome } from './page.ts';
import { routedLab } from './routed-lab.ts';

type OfType<T> = Extract<News['event'], { type: T }>;

const isEvent =
  <T extends News['event']['type']>(type: T, is: (event: OfType<T>) => boolean = () => true) =>
  (message: ToPage): message is News & { event: OfType<T> } =>
    message.kind === 'news' && message.event.type === type && is(message.event as OfType<T>);

const isOver = (what: string) => isEvent('work ended', (event) => event.what === what);

/** Asks for something, and waits until it is done; what was heard before is forgotten. */
async function done(one: Peer, what: string, ask: () => void) {
  one.heard.length = 0;
  ask();
  return (await one.told(isOver(what))).event;
}

describe('the page of a lab', () => {
  let lab: Opened;
  let one: Peer;
  let opening: string;
  before(async function () {
    needsNamespaces(this);
    lab = await opened(routedLab());
    one = await welcome(lab.url, lab.token);
    await one.told(isOver('set up'));
    ({ opening } = (await one.told(({ kind }) => kind === 'lab')) as Extract<ToPage, { kind: 'lab' }>);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('is told of each walk and check as it is proven, and how all of it stands', async () => {
    const { failure } = await done(one, 'prove', () => one.send({ kind: 'prove' }));
    expect(failure).to.equal(undefined);
    const { event, layouts, layoutOf } = await one.told(isEvent('walk ended'));
    expect(event.walk).to.include({ name: 'a pings b', verdict: 'passed' });
    const frames = event.walk.hops.flatMap((hop) => (hop.kind === 'point' && hop.frame ? [hop.frame] : []));
    expect(frames).to.have.length(8);
    for (const frame of frames) expect(layouts[layoutOf[frame]!]).to.be.an('array').that.is.not.empty;
    expect((await one.told(isEvent('run ended'))).event).to.include({ verdict: 'passed', reason: '' });
  });

  it('walks a ping of one’s own, with its bytes, and says what it cannot', async () => {
    await done(one, 'walk b r:eth1', () => one.send({ kind: 'own walk', from: 'b', to: 'r:eth1' }));
    const { event } = await one.told(isEvent('walk ended'));
    expect(event.walk.name).to.equal('b pings r:eth1');
    expect(event.walk.verdict).to.equal('passed');
    const points = event.walk.hops.flatMap((hop) => (hop.kind === 'point' ? [hop] : []));
    expect(points.map(({ place, device }) => `${place}:${device}`).slice(0, 2)).to.deep.equal(['b:eth0', 'r:eth2']);
    expect(points.every(({ frame, time }) => frame && time)).to.equal(true);
    const { failure } = await done(one, 'walk b c', () => one.send({ kind: 'own walk', from: 'b', to: 'c' }));
    expect(failure).to.include('c is no place');
  });

  it('has a fault broken without a word of it, hints when asked, and says what it was once it is mended', async () => {
    await done(one, 'break', () => one.send({ kind: 'break' }));
    expect(JSON.stringify(one.heard))
      .not.to.include('forwards nothing')
      .and.not.to.include('Look at the settings of r');
    await done(one, 'walk a pings b', () => one.send({ kind: 'walk', name: 'a pings b' }));
    expect((await one.told(isEvent('walk ended'))).event.walk).to.include({ verdict: 'failed', outcome: 'lost' });
    const again = await done(one, 'break', () => one.send({ kind: 'break' }));
    expect(again.failure).to.equal('Something is broken already: mend it first.');
    const drilled = await done(one, 'drill r forwards nothing', () =>
      one.send({ kind: 'drill', fault: 'r forwards nothing' }),
    );
    expect(drilled.failure).to.equal('Something is broken already: mend it first.');
    one.send({ kind: 'hint' });
    expect((await one.told(isEvent('fault hinted'))).event.hint).to.equal('Look at the settings of r');
    await done(one, 'mend', () => one.send({ kind: 'mend' }));
    expect((await one.told(isEvent('fault mended'))).event.fault).to.equal('r forwards nothing');
    await done(one, 'walk a pings b', () => one.send({ kind: 'walk', name: 'a pings b' }));
    expect((await one.told(isEvent('walk ended'))).event.walk.verdict).to.equal('passed');
    one.heard.length = 0;
    one.send({ kind: 'hint' });
    expect(await one.told(({ kind }) => kind === 'refused'))
      .to.have.property('what')
      .that.includes('Nothing is broken');
  });

  it('drills a fault', async () => {
    await done(one, 'drill r forwards nothing', () => one.send({ kind: 'drill', fault: 'r forwards nothing' }));
    expect((await one.told(isEvent('drill ended'))).event.drill).to.include({ verdict: 'passed', healed: true });
  });

  it('lists what passes a cable, once, and what an interface sees, while a walk is under way as well', async () => {
    const isPacket = (brief: RegExp) => (message: ToPage) =>
      message.kind === 'packets' && message.list.some((packet) => brief.test(packet.brief));
    one.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    await one.prints('a# ');
    one.send({ kind: 'tap', points: ['a:eth0', 'r:eth1'] });
    one.type(1, 'ping -c 1 10.0.1.2\n');
    await one.told(isPacket(/10\.0\.1\.2 → 10\.0\.1\.1, ICMP echo reply, TTL 64/));
    const packets = () => one.heard.flatMap((message) => (message.kind === 'packets' ? message.list : []));
    const echoes = packets().filter(({ brief }) => brief.includes('echo'));
    expect(echoes.map(({ at, direction }) => `${at} ${direction}`)).to.deep.equal(['a:eth0 out', 'r:eth1 out']);
    expect(echoes[0]).to.include({ length: 98, brief: '10.0.1.1 → 10.0.1.2, ICMP echo request, TTL 64' });
    one.heard.length = 0;
    one.send({ kind: 'tap', points: ['r:eth2'] });
    one.send({ kind: 'own walk', from: 'b', to: 'r:eth1' });
    await one.told(isPacket(/10\.0\.1\.2 → 10\.0\.2\.1, ICMP echo reply/));
    expect(new Set(packets().map(({ at }) => at))).to.deep.equal(new Set(['r:eth2']));
    one.send({ kind: 'tap', points: [] });
    one.send({ kind: 'close', id: 1 });
    await one.told((message) => message.kind === 'terminals' && !message.list.length);
  });

  it('goes on from the event that a page has seen, and tells another one all; its terminals are still there', async () => {
    one.send({ kind: 'terminal', place: 'b', rows: 24, columns: 80 });
    await one.told((message) => message.kind === 'terminals' && message.list.length === 1);
    one.type(1, 'echo kept\n');
    await one.prints('\rkept');
    const numbers = one.heard.flatMap((message) => (message.kind === 'news' ? [message.number] : []));
    const last = Math.max(...numbers);
    one.socket.terminate();
    const back = peer(lab.url);
    back.socket.once('open', () => back.send({ kind: 'hello', token: lab.token, opening, since: last }));
    await back.prints('\rkept');
    expect(back.heard.filter(({ kind }) => kind === 'news')).to.deep.equal([]);
    expect(back.heard).to.deep.include({ kind: 'terminals', list: [{ id: 1, place: 'b' }] });
    const other = await welcome(lab.url, lab.token);
    await other.told(isEvent('drill ended'));
    other.send({ kind: 'close', id: 1 });
    await back.told((message) => message.kind === 'terminals' && !message.list.length);
    back.socket.terminate();
    one = other;
  });

  it('has all of it saved as a report', async () => {
    one.send({ kind: 'report' });
    const { html } = (await one.told(({ kind }) => kind === 'report')) as Extract<ToPage, { kind: 'report' }>;
    expect(html)
      .to.match(/^<!doctype html>/)
      .and.to.include('b pings r:eth1')
      .and.not.to.include(lab.token);
  });

  it('has nothing done that would wait behind too much', async () => {
    for (let i = 0; i < 12; i++) one.send({ kind: 'walk', name: 'a pings b' });
    expect(await one.told(({ kind }) => kind === 'refused'))
      .to.have.property('what')
      .that.includes('Too much waits');
  });
});

describe('the page of a lab, left alone', () => {
  before(function () {
    needsNamespaces(this);
  });

  it('has a terminal wait that prints more than the page shows, and go on once it has', async () => {
    await using lab = await opened(routedLab(), { unackedBytes: 10_000 });
    const one = await welcome(lab.url, lab.token);
    one.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    await one.prints('a# ');
    one.type(1, 'head -c 5000000 /dev/zero | tr "\\0" x; echo "over and "out\n');
    await one.prints('x'.repeat(9000));
    // Another terminal goes on meanwhile, and shows that the first has stopped: it would be over long since.
    one.send({ kind: 'terminal', place: 'b', rows: 24, columns: 80 });
    await one.prints('b# ');
    one.type(2, 'sleep 1; echo "an"other\n');
    await one.prints('another');
    const xs = () => one.printed().match(/x/g)!.length;
    const stopped = xs();
    one.type(2, 'echo "once "more\n');
    await one.prints('once more');
    expect(xs(), 'it has stopped').to.equal(stopped);
    expect(one.printed()).not.to.include('over and out');
    let acked = 0;
    const acking = setInterval(() => {
      one.send({ kind: 'ack', id: 1, bytes: one.printed().length - acked });
      acked = one.printed().length;
    }, 5);
    await one.prints('over and out');
    clearInterval(acking);
    expect(xs()).to.be.at.least(5_000_000);
  });

  it('closes a terminal that nobody types into, and a page that is gone', async () => {
    await using lab = await opened(routedLab(), { idleMs: 200, pingMs: 100, sockets: 1 });
    const one = await welcome(lab.url, lab.token);
    one.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    const lists = () => one.heard.flatMap((message) => (message.kind === 'terminals' ? [message.list.length] : []));
    await one.told(() => lists().join() === '0,1,0');
    // Whoever reads nothing more does not answer either: its place is another page's then.
    one.socket.pause();
    let other = peer(lab.url);
    while ((await other.closed) === closings.full) other = peer(lab.url);
  });

  it('says why a step of setting up failed, and lends terminals to find out', async () => {
    const lab = routedLab();
    lab.setup = { 'What cannot be done': { a: 'ip link set nosuch up' } };
    await using broken = await opened(lab);
    const one = await welcome(broken.url, broken.token);
    const { event } = await one.told(isEvent('run ended'));
    expect(event).to.include({ verdict: 'failed' });
    expect(event.reason).to.include('ip link set nosuch up');
    const { failure } = await done(one, 'walk a pings b', () => one.send({ kind: 'walk', name: 'a pings b' }));
    expect(failure).to.equal('The lab is not set up: its first step that failed says why.');
    one.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    await one.prints('a# ');
  });

  it('mends what it has broken before it lets go of a lab that is left standing', async () => {
    await using lab = await opened(routedLab());
    const one = await welcome(lab.url, lab.token);
    await done(one, 'break', () => one.send({ kind: 'break' }));
    const forwards = async () => (await lab.runtime.script('r', 'sysctl -n net.ipv4.ip_forward')).stdout.trim();
    expect(await forwards()).to.equal('0');
    await lab.lab.restore();
    expect(await forwards()).to.equal('1');
  });

  it('says that the lab has ended, where somebody has ended it', async () => {
    await using lab = await opened(routedLab());
    const one = await welcome(lab.url, lab.token);
    await one.told(isOver('set up'));
    one.send({ kind: 'tap', points: ['a:eth0'] });
    await lab.runtime[Symbol.asyncDispose]();
    expect((await one.told(isEvent('lab lost'))).event.reason).to.be.a('string').that.is.not.empty;
  });
});
