import { movedBy, saying } from '../signs.ts';
import type { SocketState } from '../state/place-state.ts';
import type { CauseKind } from './kind.ts';
import { deliveredHere, takes } from './sockets.ts';

/** Of a socket as ss(8) lists it, what waits in it, and what it is for: of one that listens, how many connections it may have waiting. */
function queuesOf({ text }: SocketState): { waiting: number; room: number } {
  const [, , waiting, room] = text.split(' ').map(Number);
  return { waiting: waiting ?? 0, room: room ?? 0 };
}

/** Connections that the program has not accepted are as many as it asked for: what would open another one is dropped (listen(2)). */
const acceptQueue: CauseKind = {
  name: 'accept queue full',
  read: ['listen(2), backlog', 'ip-sysctl: somaxconn, tcp_abort_on_overflow', 'ss(8)'],
  tell(facts) {
    const here = deliveredHere(facts);
    const state = here && facts.now.get(here.place);
    if (here?.carrier.protocol !== 'tcp' || !/^S(?!A)/.test(String(here.carrier.fields.flags))) return [];
    const socket = state?.sockets.find((each) => takes(each, here));
    if (!socket) return [];
    const { waiting, room } = queuesOf(socket);
    const counted = movedBy(facts, here.place, 'TcpExt ListenOverflows');
    if (waiting <= room && !counted) return [];
    const { place } = here;
    return [
      {
        sentence: `${place} has no room for another connection to TCP port ${socket.port}: its accept queue holds ${waiting}, its program asked for a listen backlog of ${room}, and does not accept them`,
        confidence: counted ? 'certain' : 'likely',
        place,
        supports: saying([
          counted,
          `${place} counted ${counted} that its listen queues had no room for (ListenOverflows)`,
        ]),
        show: [
          { place, command: `ss -H -ltn sport = :${socket.port}` },
          { place, command: 'nstat -asz TcpExtListenOverflows' },
        ],
      },
    ];
  },
};

/** Datagrams that the program has not read fill what its socket may hold (socket(7), SO_RCVBUF). */
const receiveBuffer: CauseKind = {
  name: 'receive buffer full',
  read: ['socket(7), SO_RCVBUF', 'udp(7)', 'sysctl net: rmem_default'],
  tell(facts) {
    const here = deliveredHere(facts);
    const state = here && facts.now.get(here.place);
    if (here?.carrier.protocol !== 'udp') return [];
    const socket = state?.sockets.find((each) => takes(each, here));
    const counted = movedBy(facts, here.place, 'Udp RcvbufErrors');
    if (!socket || !counted) return [];
    const { place } = here;
    return [
      {
        sentence: `the socket of UDP port ${socket.port} at ${place} has no room for another datagram: ${queuesOf(socket).waiting} bytes wait in it, and its program does not read them`,
        confidence: 'certain',
        place,
        supports: [`${place} counted ${counted} that a receive buffer had no room for (UdpRcvbufErrors)`],
        show: [
          { place, command: `ss -H -lunm sport = :${socket.port}` },
          { place, command: 'nstat -asz UdpRcvbufErrors' },
        ],
      },
    ];
  },
};

/** Sockets that are there, and whose programs do not keep up. */
export const fullSockets: CauseKind[] = [acceptQueue, receiveBuffer];
