import type { WebSocket } from 'ws';
import { closings } from '../page/live/messages.ts';
import { BadUsage } from '../plan/usage.ts';
import { type Message, messageOf, type Shapes } from './fields.ts';
import type { Limits } from './limits.ts';

/** A message of a kind. */
export type Asked<From extends Message, K extends From['kind']> = Extract<From, { kind: K }>;

/** What a page may ask for: a handler for each message. */
export type Handlers<From extends Message> = { [K in From['kind']]?: (asked: Asked<From, K>) => unknown };

/** What a page may do once it has said who it is; what is not here cannot be done. */
export interface Rights<From extends Message> {
  handlers: Handlers<From>;
  /** Takes keys for a terminal. */
  typed?(id: number, keys: Buffer): void;
  /** The page is gone, or has other rights. */
  left(): void;
}

/** A page at the other end of its socket. */
export interface Page<From extends Message, To> {
  send(message: To): void;
  /** Sends what a terminal has printed. */
  said(id: number, bytes: Buffer): void;
  /** How many bytes wait to be sent. */
  waiting(): number;
  become(rights: Rights<From>): void;
  close(code: number, why: string): void;
}

/** What lets pages in. */
export interface Door<From extends Message, To> {
  limits: Limits;
  shapes: Shapes<From>;
  /** What who says hello may do; undefined where the token is none of ours. */
  enter(hello: Asked<From, 'hello'>, page: Page<From, To>): Rights<From> | undefined;
}

/** Speaks with a page over its socket: it says who it is in time, and then asks for what it has a right to. */
export function speak<From extends Message, To>(socket: WebSocket, door: Door<From, To>): void {
  const { limits, shapes } = door;
  let rights: Rights<From> | undefined;
  const late = setTimeout(() => socket.close(closings.unauthorized, 'no token in time'), limits.helloMs);
  const pings = setInterval(beat, limits.pingMs);
  let isThere = true;
  /** Whoever does not answer is gone: a page left open over night comes back by itself. */
  function beat() {
    if (!isThere) return socket.terminate();
    isThere = false;
    socket.ping();
  }
  socket.on('pong', () => {
    isThere = true;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    clearTimeout(late);
    clearInterval(pings);
    rights?.left();
  });

  const page: Page<From, To> = {
    send: (message) => socket.send(JSON.stringify(message)),
    said: (id, bytes) => socket.send(Buffer.concat([Buffer.of(id), bytes])),
    waiting: () => socket.bufferedAmount,
    become(next) {
      rights?.left();
      rights = next;
    },
    close: (code, why) => socket.close(code, why),
  };

  const read = async (asked: From) => {
    if (!rights) {
      rights = asked.kind === 'hello' ? door.enter(asked as Asked<From, 'hello'>, page) : undefined;
      if (!rights) return socket.close(closings.unauthorized, 'this token is none of ours');
      return clearTimeout(late);
    }
    const handle = rights.handlers[asked.kind as From['kind']] as ((asked: From) => unknown) | undefined;
    if (!handle) return socket.close(closings.forbidden, 'this link does not allow that');
    try {
      await handle(asked);
    } catch (error) {
      socket.send(JSON.stringify({ kind: 'refused', what: error instanceof BadUsage ? error.message : String(error) }));
    }
  };

  socket.on('message', (bytes: Buffer, isBinary) => {
    if (isBinary) {
      if (rights?.typed && bytes.length > 1) return rights.typed(bytes[0]!, bytes.subarray(1));
      return socket.close(rights ? closings.forbidden : closings.unauthorized, 'no keys are taken here');
    }
    const asked = messageOf(shapes, bytes.toString());
    if (!asked) return socket.close(closings.misread, 'this message is none of ours');
    void read(asked);
  });
}
