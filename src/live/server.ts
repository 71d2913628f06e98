import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { closings } from '../page/live/messages.ts';
import { BadUsage } from '../plan/usage.ts';
import type { Message } from './fields.ts';
import { inUrl, refusal, type Site, siteOf } from './guard.ts';
import { type Resource, resources, type Shown, safetyHeaders } from './page.ts';
import { type Door, speak } from './speak.ts';

/** Where a page is served. */
export interface Listening {
  address: string;
  /** 0: one that is free. */
  port: number;
  /** With it, over TLS. */
  tls?: { cert: Buffer; key: Buffer };
}

/** A page that is served until it is disposed of. */
export interface Serving extends AsyncDisposable {
  site: Site;
  /** Its address, without a token. */
  url: string;
}

/** The path that sockets are asked for at. */
const SOCKET = '/socket';
/** A server goes away (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001;

/** Serves a page, and speaks with whoever opens it and is let in. */
export async function serve<From extends Message, To>(
  { title, shown }: { title: string; shown: Shown },
  door: Door<From, To>,
  { address, port, tls }: Listening,
): Promise<Serving> {
  const files = await resources(title, shown);
  const { limits } = door;
  const protocol = tls ? 'https' : 'http';
  let site: Site = { protocol, hosts: new Set() };
  const answer = (request: IncomingMessage, response: ServerResponse) => respond(site, files, request, response);
  // Whoever sends a request slowly holds no connection for long.
  const settings = { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 16_384 };
  const server: Server = tls ? createTlsServer({ ...tls, ...settings }, answer) : createServer(settings, answer);
  server.maxConnections = limits.sockets * 4;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });
  server.on('upgrade', (request, stream, head) => {
    stream.on('error', () => {});
    const status = refusal(site, request, true) ?? (request.url === SOCKET ? undefined : 404);
    if (status) return refuse(stream, status);
    sockets.handleUpgrade(request, stream, head, (socket) => {
      if (sockets.clients.size > limits.sockets) return socket.close(closings.full, 'too many pages are open');
      speak(socket, door);
    });
  });
  await listening(server, address, port);
  const own = (server.address() as AddressInfo).port;
  site = siteOf(protocol, address, own);
  return {
    site,
    url: new URL(`${protocol}://${inUrl(address)}:${own}/`).href,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.close(GOING_AWAY, 'the lab is taken down');
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const late = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }, CLOSING_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

/** So long a page may take to close its socket. */
const CLOSING_MS = 500;

function respond(
  site: Site,
  files: ReadonlyMap<string, Resource>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method, url = '' } = request;
  const file = files.get(url);
  const isRead = method === 'GET' || method === 'HEAD';
  const status = refusal(site, request, false) ?? (isRead ? (file ? 200 : 404) : 405);
  const headers = status === 421 ? {} : safetyHeaders(site, request.headers.host!);
  if (status !== 200 || !file) {
    response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
    response.end(`${STATUS_CODES[status]}\n`);
    return;
  }
  response.writeHead(status, { ...headers, 'Content-Type': `${file.type}; charset=utf-8` });
  response.end(method === 'HEAD' ? undefined : file.text);
}

const refuse = (stream: Duplex, status: number) =>
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);

async function listening(server: Server, address: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why: Record<string, string[]> = {
        EADDRINUSE: [`Port ${port} of ${address} is taken.`, 'Leave --port out for one that is free, or name another.'],
        EACCES: [`Port ${port} is for root alone.`, 'Name one from 1024 on, or leave --port out.'],
        EADDRNOTAVAIL: [`This machine does not have the address ${address}.`, 'Those that it has: ip -br addr'],
      };
      reject(new BadUsage(...(why[code ?? ''] ?? [`The page cannot be served at ${address}: ${message}`])));
    });
    server.listen({ host: address, port, exclusive: true }, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', () => {});
}
