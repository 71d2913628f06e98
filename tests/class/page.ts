import { once } from 'node:events';
import { type ClassPage, classPage } from '../../src/class/index.ts';
import type { Lab } from '../../src/index.ts';
import type { Limits } from '../../src/live/limits.ts';
import type { FromPage, PlayFacts, Row, ToPage } from '../../src/page/class/messages.ts';
import { plan } from '../../src/plan/plan.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { itemsOf } from '../../src/workshop/items.ts';
import { type Peer, peer } from '../live/page.ts';
import { twoHosts } from '../stand.ts';

export type ClassPeer = Peer<FromPage, ToPage>;

export const line = 'ip addr add 10.0.0.3/24 dev eth0';

/** Two hosts with two steps, a walk and a fault; a title would like to be markup. */
export const taughtLab = (): Lab => ({
  ...twoHosts(),
  title: 'Two hosts <script>document.title="owned"</script>',
  setup: {
    'a has a second address': { a: line },
    'b knows a network behind it': { b: 'ip route add 10.9.0.0/16 via 10.0.0.3' },
  },
  faults: {
    'b is deaf': {
      break: { b: 'ip link set eth0 down' },
      lostAt: 'b:eth0',
      hint: 'Look at b',
      fix: { b: 'ip link set eth0 up\nip route add 10.9.0.0/16 via 10.0.0.3' },
    },
  },
});

/** A class that is held, with its page. */
export interface Held extends AsyncDisposable {
  page: ClassPage;
  url: URL;
  join: string;
  teacher: string;
  prepared: Promise<void>;
}

/** Holds a class in namespaces, as the command does; its labs are being stood up. */
export async function held(lab: Lab, seats: number, limits: Partial<Limits> = {}): Promise<Held> {
  const planned = plan(lab, 'class-test');
  const page = await classPage(
    { plan: planned, start: startNetns, seats, first: itemsOf(planned)[0]! },
    { address: '127.0.0.1', port: 0 },
    limits,
  );
  const prepared = page.held.prepareFirst().then(page.held.prepareOthers);
  prepared.catch(() => {});
  if (!('join' in page.links)) throw new Error('a class has a link to join');
  const [url, teacher] = [new URL(page.links.join), new URL(page.links.teacher)];
  return {
    ...{ page, url, prepared, join: url.hash.slice(1), teacher: teacher.hash.slice(1) },
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
    },
  };
}

export const isKind =
  <K extends ToPage['kind']>(kind: K, is: (message: Extract<ToPage, { kind: K }>) => boolean = () => true) =>
  (message: ToPage): message is Extract<ToPage, { kind: K }> =>
    message.kind === kind && is(message as Extract<ToPage, { kind: K }>);

/** How a workshop stands, once it is so. */
export const stands = (is: (play: PlayFacts) => boolean) => isKind('play', is);
export const rowIs = (is: (row: Row) => boolean) => isKind('row', ({ row }) => is(row));

/** A page that has said who it is. */
export async function enter(url: URL, token: string): Promise<ClassPeer> {
  const one: ClassPeer = peer<FromPage, ToPage>(url);
  await once(one.socket, 'open');
  one.send({ kind: 'hello', token });
  // As a page does: who teaches acknowledges nothing.
  one.socket.on('message', (bytes: Buffer, isBinary) => {
    if (isBinary && one.heard.some(isKind('seat'))) one.send({ kind: 'ack', id: 1, bytes: bytes.length - 1 });
  });
  const isClosed = one.closed.then((code) => {
    throw new Error(`the socket was closed with ${code}`);
  });
  isClosed.catch(() => {});
  await Promise.race([one.told(({ kind }) => ['door', 'seat', 'class'].includes(kind)), isClosed]);
  return one;
}

/** Somebody who has joined, and sees a shell. */
export async function attendee({ url, join }: Pick<Held, 'url' | 'join'>, name: string) {
  const one = await enter(url, join);
  one.send({ kind: 'join', name });
  const seat = await one.told(isKind('seat'));
  await one.told(stands(({ isReady, isBusy }) => isReady && !isBusy));
  await one.prints('# ');
  return { ...one, seat, token: seat.token! };
}
