import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { closings, type FromPage } from '../../src/page/live/messages.ts';
import { smallLab } from '../small-lab.ts';
import { needsNamespaces } from '../stand.ts';
import { ask, type Opened, opened, originOf, peer, upgraded, welcome } from './page.ts';

const evil = 'http://evil.example';

describe('the page of a lab, attacked', () => {
  let lab: Opened;
  before(async function () {
    needsNamespaces(this);
    lab = await opened(smallLab(), { terminals: 2, sockets: 6 });
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('listens on the loopback address alone', () => {
    expect(lab.url.hostname).to.equal('127.0.0.1');
    expect(lab.url.protocol).to.equal('http:');
  });

  it('answers to its own names with their port, and to no other: DNS rebinding gets 421', async () => {
    const { port } = lab.url;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`])
      expect((await ask(lab.url, '/', { host })).status, host).to.equal(200);
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      '127.0.0.1:1',
      'localhost',
      `0.0.0.0:${port}`,
    ]) {
      const { status, text } = await ask(lab.url, '/', { host });
      expect(status, host).to.equal(421);
      expect(text).not.to.include('script');
      expect(await upgraded(lab.url, { host, origin: `http://${host}` }), `socket of ${host}`).to.equal(421);
    }
  });

  it('takes a socket of its own page alone: no Origin, another, another port, another scheme get 403', async () => {
    expect(await upgraded(lab.url, { origin: originOf(lab.url) })).to.equal(101);
    expect(await upgraded(lab.url, {})).to.equal(403);
    const { port, host } = lab.url;
    const localhost = `http://localhost:${port}`;
    for (const origin of [
      evil,
      'null',
      'http://127.0.0.1:1',
      'http://127.0.0.1',
      `https://${host}`,
      localhost,
      `${evil}#${host}`,
    ])
      expect(await upgraded(lab.url, { origin }), origin).to.equal(403);
  });

  it('has one path for sockets', async () => {
    const origin = originOf(lab.url);
    for (const path of ['/', '/socket/', '/socket?token=x', '/SOCKET', '//socket', '/live.js'])
      expect(await upgraded(lab.url, { origin }, path), path).to.equal(404);
  });

  it('serves its three files and nothing else, and changes nothing by HTTP', async () => {
    const paths = ['/..%2f..%2fetc/passwd', '/../package.json', '/live.js?x', '/report', '/%00', '/live.js/'];
    for (const path of paths) expect((await ask(lab.url, path)).status, path).to.equal(404);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      expect((await ask(lab.url, '/', {}, method)).status, method).to.equal(405);
    expect((await ask(lab.url, '/', { origin: evil })).status).to.equal(403);
  });

  it('has no CORS header, no cookie, and a policy that lets its own script run and nobody frame it', async () => {
    for (const path of ['/', '/live.js', '/live.css', '/nosuch']) {
      const { headers } = await ask(lab.url, path);
      expect(Object.keys(headers).filter((name) => /^access-control-|^set-cookie$/.test(name))).to.deep.equal([]);
      expect(headers['content-security-policy'])
        .to.match(/^default-src 'none'; script-src 'self'; /)
        .and.to.include("frame-ancestors 'none'")
        .and.to.include(`connect-src ws://${lab.url.host};`);
      expect(headers['content-security-policy']).not.to.match(/script-src[^;]*unsafe/);
      expect(headers).to.include({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
    }
  });

  it('has a token of 256 bits, which no file says', async () => {
    expect(Buffer.from(lab.token, 'base64url')).to.have.length(32);
    expect(lab.token).not.to.equal(lab.watcherToken);
    for (const path of ['/', '/live.js', '/live.css']) {
      const { text, headers } = await ask(lab.url, path);
      for (const token of [lab.token, lab.watcherToken]) expect(text + JSON.stringify(headers)).not.to.include(token);
    }
  });

  it('closes a socket that does not say the token first, or in time', async () => {
    const wrong = ['', 'x', lab.token.slice(1), `${lab.token}x`, lab.token.toLowerCase(), 'x'.repeat(43)];
    for (const token of wrong) {
      const one = peer(lab.url);
      await once(one.socket, 'open');
      one.send({ kind: 'hello', token, opening: '', since: 0 });
      expect(await one.closed, token).to.equal(closings.unauthorized);
      expect(one.heard).to.deep.equal([]);
    }
    const silent = peer(lab.url);
    expect(await silent.closed).to.equal(closings.unauthorized);
    const hasty = peer(lab.url);
    await once(hasty.socket, 'open');
    hasty.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    expect(await hasty.closed).to.equal(closings.unauthorized);
    const typing = peer(lab.url);
    await once(typing.socket, 'open');
    typing.type(1, 'reboot\n');
    expect(await typing.closed).to.equal(closings.unauthorized);
    expect([silent, hasty, typing].flatMap(({ heard }) => heard)).to.deep.equal([]);
  });

  it('takes no message that is not one of its own, to the field', async () => {
    const bad: unknown[] = [
      'x',
      null,
      [],
      { kind: 'nosuch' },
      { kind: '__proto__' },
      { kind: 'constructor' },
      { kind: 'terminal', place: 'a', rows: 24 },
      { kind: 'terminal', place: 'a', rows: 24, columns: 80, argv: ['id'] },
      { kind: 'terminal', place: 'a', rows: 24, columns: 80, cwd: '/etc' },
      { kind: 'terminal', place: ['a'], rows: 24, columns: 80 },
      { kind: 'resize', id: -1, rows: 1, columns: 1 },
      { kind: 'resize', id: 1.5, rows: 1, columns: 1 },
      { kind: 'walk', name: 'x'.repeat(2000) },
      { kind: 'tap', points: Array(20).fill('a:eth0') },
    ];
    for (const message of bad) {
      const one = await welcome(lab.url, lab.token);
      one.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      expect(await one.closed, JSON.stringify(message).slice(0, 80)).to.equal(closings.misread);
    }
  });

  it('opens a terminal at a place of its own lab, and nowhere else', async () => {
    const one = await welcome(lab.url, lab.token);
    for (const place of ['nosuch', '', '/', '..', 'a;id', '$(id)', '__proto__', 'a\0b', '--help']) {
      one.heard.length = 0;
      one.send({ kind: 'terminal', place, rows: 24, columns: 80 });
      const told = await one.told(({ kind }) => kind === 'refused');
      expect(told).to.have.property('what').that.includes('no node or pod here');
    }
    one.socket.terminate();
  });

  it('runs nothing that a name of a walk, a drill, a point or a destination says', async () => {
    const one = await welcome(lab.url, lab.token);
    await one.told((message) => message.kind === 'news' && message.event.type === 'work ended');
    const wrong: FromPage[] = [
      { kind: 'walk', name: '$(touch /tmp/owned)' },
      { kind: 'drill', fault: '; touch /tmp/owned' },
      { kind: 'own walk', from: 'a; touch /tmp/owned', to: 'b' },
      { kind: 'tap', points: ['a:eth0; touch /tmp/owned'] },
      { kind: 'tap', points: ['a:eth0', 'pod:eth0'] },
      { kind: 'tap', points: ['nosuch:eth0'] },
    ];
    for (const message of wrong) {
      one.heard.length = 0;
      one.send(message);
      await one.told(({ kind }) => kind === 'refused');
    }
    for (const to of ['b; id', '-f', 'a:eth0; id', "b:'$(id)'", '']) {
      one.heard.length = 0;
      one.send({ kind: 'own walk', from: 'a', to });
      const told = await one.told((message) => message.kind === 'news' && message.event.type === 'work ended');
      expect(told).to.have.nested.property('event.failure').that.is.a('string');
    }
    one.socket.terminate();
  });

  it('has a watcher look: no terminal, no key, no walk is taken from it, and nothing of terminals is told to it', async () => {
    const owner = await welcome(lab.url, lab.token);
    const watching = await welcome(lab.url, lab.watcherToken);
    owner.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    await owner.prints('a# ');
    const asked: FromPage[] = [
      { kind: 'terminal', place: 'a', rows: 24, columns: 80 },
      { kind: 'prove' },
      { kind: 'walk', name: 'a pings b' },
      { kind: 'own walk', from: 'a', to: 'b' },
      { kind: 'drill', fault: 'b is deaf' },
      { kind: 'break' },
      { kind: 'hint' },
      { kind: 'mend' },
      { kind: 'tap', points: ['a:eth0'] },
      { kind: 'report' },
      { kind: 'resize', id: 1, rows: 1, columns: 1 },
      { kind: 'close', id: 1 },
      { kind: 'ack', id: 1, bytes: 1 },
      { kind: 'hello', token: lab.token, opening: '', since: 0 },
    ];
    for (const message of asked) {
      const one = await welcome(lab.url, lab.watcherToken);
      one.send(message);
      expect(await one.closed, message.kind).to.equal(closings.forbidden);
      expect(one.heard.filter(({ kind }) => kind === 'terminals')).to.deep.equal([]);
    }
    watching.type(1, 'touch /run/owned\n');
    expect(await watching.closed).to.equal(closings.forbidden);
    expect(watching.printed()).to.equal('');
    owner.type(1, 'test -e /run/owned || echo none of it\n');
    await owner.prints('\rnone of it');
    owner.send({ kind: 'close', id: 1 });
    owner.socket.terminate();
  });

  it('has limits: the length of a message, terminals, pages', async () => {
    const one = await welcome(lab.url, lab.token);
    one.socket.send(JSON.stringify({ kind: 'walk', name: 'x'.repeat(70_000) }));
    // RFC 6455, 7.4.1: the message is too big.
    expect(await one.closed).to.equal(1009);
    const two = await welcome(lab.url, lab.token);
    const isList = (length: number) => (message: { kind: string; list?: unknown[] }) =>
      message.kind === 'terminals' && message.list?.length === length;
    await two.told(isList(0));
    for (let i = 0; i < 3; i++) two.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    expect(await two.told(({ kind }) => kind === 'refused')).to.have.property(
      'what',
      '2 terminals are open, which is as many as may be: close one first.',
    );
    await two.told(isList(2));
    const others = await Promise.all(Array.from({ length: 5 }, () => welcome(lab.url, lab.token)));
    expect(await peer(lab.url).closed).to.equal(closings.full);
    two.heard.length = 0;
    for (const id of [1, 2]) two.send({ kind: 'close', id });
    await two.told(isList(0));
    for (const each of [two, ...others]) each.socket.terminate();
  });

  it('gives a shell a limit of processes, which only root can raise', async () => {
    const one = await welcome(lab.url, lab.token);
    one.send({ kind: 'terminal', place: 'a', rows: 24, columns: 80 });
    await one.prints('a# ');
    one.type(1, 'echo at most $(ulimit -u)\n');
    await one.prints('\rat most 512\r');
    // Whoever would raise it again has no right to, but root.
    one.type(1, 'ulimit -Hu\n');
    await one.prints('\r512\r');
    one.send({ kind: 'close', id: 1 });
    await one.told(() => one.heard.at(-1)?.kind === 'terminals' && JSON.stringify(one.heard.at(-1)).includes('[]'));
    one.socket.terminate();
  });

  it('is told nothing by what is no HTTP, and goes on', async () => {
    for (const text of [
      '\0\0\0\0',
      'GET / HTTP/1.1\r\n\r\n',
      'GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n',
    ]) {
      const socket = connect(Number(lab.url.port), '127.0.0.1');
      socket.end(text);
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      await once(socket, 'close');
      expect(answer).to.match(/^HTTP\/1\.1 4\d\d/);
    }
    expect((await ask(lab.url, '/')).status).to.equal(200);
  });
});
