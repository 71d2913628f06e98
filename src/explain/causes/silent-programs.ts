import type { Confidence } from '../../judge/result.ts';
import type { Facts } from '../facts.ts';
import { silentEnd } from '../silent-end.ts';
import { isAddress6 } from '../state/fib.ts';
import { split } from '../state/ip-lines.ts';
import type { SocketState } from '../state/place-state.ts';
import type { CauseKind } from './kind.ts';
import { type Delivered, deliveredHere } from './sockets.ts';

/** The socket of a connection, as ss(8) names both ends: of one that takes both versions of IP, an address of IPv4 is mapped (RFC 4291). */
function connectionOf(sockets: readonly SocketState[], { ip, carrier }: Delivered): SocketState | undefined {
  const peers = (isAddress6(String(ip.src)) ? [`[${ip.src}]`] : [`${ip.src}`, `[::ffff:${ip.src}]`]).map(
    (address) => `${address}:${carrier.fields.src}`,
  );
  return sockets.find(
    ({ protocol, state, port, peer }) =>
      protocol === 'tcp' && state !== 'LISTEN' && port === carrier.fields.dst && peers.includes(peer),
  );
}

/** A program that holds a socket, as `ss -p` prints it: `nginx (pid 45)`. */
function holderIn(line: string | undefined): { text: string; pid: string } | undefined {
  const [, name, pid = ''] = /users:\(\("([^"]+)",pid=(\d+)/.exec(line ?? '') ?? [];
  return name ? { text: `${name} (pid ${pid})`, pid } : undefined;
}

/** How many bytes wait in a socket to be read: the end of the connection counts as one. */
function unreadOf({ text, state }: SocketState): number {
  const waiting = Number(split(text)[2]);
  return Math.max(0, state === 'CLOSE-WAIT' ? waiting - 1 : waiting);
}

const bytesText = (bytes: number) => `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;

/** The kernel opened a connection and took what came by it, and the program there says nothing. */
const silentProgram: CauseKind = {
  name: 'program silent',
  read: ['accept(2)', 'ss(8), Recv-Q', 'RFC 9293, section 3.8.6'],
  tell(facts) {
    const { site, now, seen } = facts;
    const here = site.last && site.kind === 'at a place' ? deliveredHere(facts) : undefined;
    const heard = here?.carrier.protocol === 'tcp' && site.last ? silentEnd(seen, site.last) : undefined;
    const socket = here && heard && connectionOf(now.get(here.place)?.sockets ?? [], here);
    if (!here || !heard || !socket) return [];
    const { place } = here;
    const unread = unreadOf(socket);
    const { sentence, pid, confidence } = said(facts, { place, socket, unread, heard: heard.bytes });
    return [
      {
        sentence: `${sentence}${unread && heard.isFull ? '; its receive buffer has no room for more' : ''}`,
        confidence,
        place,
        show: [
          { place, command: `ss -H -tanp sport = :${socket.port}` },
          ...(pid ? [{ place, command: `ps -o pid,stat,wchan:20,args -p ${pid}` }] : []),
        ],
      },
    ];
  },
};

interface Silence {
  place: string;
  socket: SocketState;
  unread: number;
  heard: number;
}

/** What the program does, in words, and its process. Who was asked nothing may have nothing to say. */
function said(
  { holders = [] }: Facts,
  { place, socket, unread, heard }: Silence,
): { sentence: string; confidence: Confidence; pid?: string } {
  const port = `TCP port ${socket.port}`;
  const lineOf = (is: (words: string[]) => boolean) => holders.find((line) => is(split(line)));
  const own = holderIn(lineOf((words) => words.includes(socket.peer)));
  const listener = holderIn(lineOf(([state]) => state === 'LISTEN'));
  if (!own && listener) {
    const holds = unread ? ` and holds ${bytesText(unread)} that came by it` : '';
    const sentence = `${listener.text} at ${place} does not accept the connection to ${port}: the kernel has opened it${holds}`;
    return { sentence, pid: listener.pid, confidence: 'certain' };
  }
  const program = own?.text ?? 'the program';
  const of = own ? { pid: own.pid } : {};
  if (unread)
    return {
      ...of,
      confidence: 'certain',
      sentence: `the socket of ${program} at ${place}, ${port}, has ${bytesText(unread)} unread: ${place}’s kernel has acknowledged what came, and the program does not read it`,
    };
  const read = heard
    ? `has read the ${bytesText(heard)} that came to ${port}`
    : `has accepted the connection to ${port}`;
  return {
    ...of,
    confidence: heard ? 'likely' : 'possible',
    sentence: `${program} at ${place} ${read}, and answers nothing`,
  };
}

export const silentPrograms: CauseKind[] = [silentProgram];
