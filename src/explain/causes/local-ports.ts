import { changeOf } from '../since.ts';
import type { SocketState } from '../state/place-state.ts';
import type { CauseKind } from './kind.ts';

const RANGE = 'net.ipv4.ip_local_port_range';

/** A socket that has a port of its own for one peer: each other one of that peer needs another port. */
const isTaken =
  ([first, last]: readonly [number, number]) =>
  ({ state, port, protocol }: SocketState) =>
    protocol === 'tcp' && state !== 'LISTEN' && port >= first && port <= last;

/** A connection needs a port that no other one to the same address and port has (ip(7), ip_local_port_range). */
const usedUp: CauseKind = {
  name: 'local ports used up',
  read: ['ip-sysctl: ip_local_port_range', 'connect(2), EADDRNOTAVAIL'],
  tell(facts) {
    const { site, sent, now } = facts;
    const state = now.get(site.place);
    const words = state?.sysctls[RANGE]?.split(/\s+/).map(Number) ?? [];
    const [first, last] = words;
    if (site.kind !== 'nothing sent' || !/Cannot assign requested address/.test(sent.stderr)) return [];
    if (!state || first === undefined || last === undefined) return [];
    const taken = state.sockets.filter(isTaken([first, last]));
    const room = last - first + 1;
    if (taken.length < room) return [];
    const was = changeOf(facts, site.place, 'setting', ({ subject }) => subject === RANGE)?.before;
    return [
      {
        sentence: `${site.place} has no port left for another connection: of the ${room} from ${first} to ${last} (${RANGE}${was ? `, was ${was}` : ''}), ${taken.length} ${taken.length === 1 ? 'is' : 'are'} taken`,
        confidence: 'certain',
        place: site.place,
        show: [
          { place: site.place, command: `sysctl ${RANGE}` },
          { place: site.place, command: `ss -H -tan | head -n 20` },
        ],
        fix: { place: site.place, command: `sysctl -w ${RANGE}='${was?.replace(/\s+/g, ' ') ?? '32768 60999'}'` },
      },
    ];
  },
};

export const localPorts: CauseKind[] = [usedUp];
