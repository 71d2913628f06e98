import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import WebSocket from 'ws';
import type { Lab } from '../../src/index.ts';
import { type LivePage, livePage, type OpenLab, openLab } from '../../src/live/index.ts';
import { type Limits, usualLimits } from '../../src/live/limits.ts';
import type { FromPage, ToPage } from '../../src/page/live/messages.ts';
import { plan } from '../../src/plan/plan.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';

/** A lab that is open, with its page. */
export interface Opened extends AsyncDisposable {
  page: LivePage;
  url: URL;
  token: string;
  watcherToken: string;
  runtime: Runtime;
  lab: OpenLab;
}

/** Opens a lab in namespaces and serves its page, as the command does. */
export async function opened(lab: Lab, limits: Partial<Limits> = {}): Promise<Opened> {
  const planned = plan(lab, 'test');
  const runtime = await startNetns(planned);
  const open = openLab(planned, { runtime, isSetUp: false });
  const page = await livePage(open, { address: '127.0.0.1', port: 0 }, { ...usualLimits, ...limits });
  const [url, watcher] = [new URL(page.links.owner), new URL(page.links.watcher)];
  return {
    page,
    runtime,
    lab: open,
    url,
    token: url.hash.slice(1),
    watcherToken: watcher.hash.slice(1),
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
      open.close();
      await runtime[Symbol.asyncDispose]();
    },
  };
}

/** Asks for a path by HTTP, with any headers; resolves with the whole answer. */
export async function ask(
  url: URL,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
  const asked = request({ host: url.hostname, port: url.port, path, method, headers });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode!, headers: response.headers, text };
}

/** A page as a program: it says what it likes, and hears all that it is told. */
export interface Peer<From = FromPage, To = ToPage> {
  socket: WebSocket;
  heard: To[];
  /** All that terminals have printed. */
  printed(): string;
  send(message: From): void;
  type(id: number, keys: string): void;
  /** Resolves with the first message that is as wanted, be it there already. */
  told<T extends To>(is: (message: To) => message is T): Promise<T>;
  told(is: (message: To) => boolean): Promise<To>;
  prints(text: string | RegExp): Promise<void>;
  /** Resolves with the code by which the socket was closed. */
  closed: Promise<number>;
}

export const originOf = (url: URL): string => url.origin;

/** Opens a socket as a browser does from the page itself, unless other headers are given. */
export function peer<From = FromPage, To = ToPage>(
  url: URL,
  headers: Record<string, string> = { origin: originOf(url) },
  path = '/socket',
): Peer<From, To> {
  const socket = new WebSocket(`ws://${url.host}${path}`, { headers });
  const heard: To[] = [];
  let printed = '';
  const waiting: (() => void)[] = [];
  socket.on('message', (bytes: Buffer, isBinary) => {
    if (isBinary) printed += bytes.subarray(1);
    else heard.push(JSON.parse(bytes.toString()) as To);
    for (const look of waiting) look();
  });
  socket.on('error', () => {});
  const until = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const again = () => {
        const found = look();
        if (found) resolve(found);
      };
      waiting.push(again);
      again();
    });
  return {
    socket,
    heard,
    printed: () => printed,
    send: (message) => socket.send(JSON.stringify(message)),
    type: (id, keys) => socket.send(Buffer.concat([Buffer.of(id), Buffer.from(keys)])),
    told: (is: (message: To) => boolean) => until(() => heard.find(is)) as Promise<never>,
    prints: async (text) =>
      void (await until(() => (typeof text === 'string' ? printed.includes(text) : text.test(printed)))),
    closed: once(socket, 'close').then(([code]) => code as number),
  };
}

/** A page that has said who it is. */
export async function welcome(url: URL, token: string): Promise<Peer> {
  const one = peer(url);
  await once(one.socket, 'open');
  one.send({ kind: 'hello', token, opening: '', since: 0 });
  const isClosed = one.closed.then((code) => {
    throw new Error(`the socket was closed with ${code}`);
  });
  isClosed.catch(() => {});
  await Promise.race([one.told(({ kind }) => kind === 'lab'), isClosed]);
  return one;
}

/** Resolves with the status by which a server refuses a socket, or with 101 where it takes it. */
export async function upgraded(url: URL, headers: Record<string, string>, path = '/socket'): Promise<number> {
  const socket = new WebSocket(`ws://${url.host}${path}`, { headers });
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode!));
    socket.once('open', () => {
      resolve(101);
      socket.terminate();
    });
  });
}
