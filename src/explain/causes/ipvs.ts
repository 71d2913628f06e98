import type { Sighting } from '../../judge/observation.ts';
import type { Facts } from '../facts.ts';
import { isOwn } from '../packet-there.ts';
import type { VirtualServer } from '../virtual-servers.ts';
import type { CauseKind, Told } from './kind.ts';

/** A call that came to a place with a virtual server for it. */
interface Served {
  place: string;
  server: VirtualServer;
}

/** The virtual servers for the call as a place had it before it could change it. */
function servedAt(facts: Facts): Served[] {
  const { site, virtualServers } = facts;
  if (site.part !== 'request') return [];
  return [...virtualServers].flatMap(([place, servers]) => {
    const came = site.way.find((each) => each.place === place);
    return servers.flatMap((server) => (came && isFor(came, server) ? [{ place, server }] : []));
  });
}

function isFor({ headers }: Sighting, { protocol, address, port }: VirtualServer): boolean {
  const at = headers.findIndex((each) => each.protocol === 'ip');
  const carrier = headers[at + 1];
  return headers[at]?.fields.dst === address && carrier?.protocol === protocol && carrier.fields.dst === port;
}

const named = ({ server: { protocol, address, port } }: Served) => `${protocol} ${address}:${port}`;

const showing = (place: string) => ({ place, command: 'ipvsadm -Ln || cat /proc/net/ip_vs' });

/** IPVS sees what is for the place itself (NF_INET_LOCAL_IN): it needs the address of its virtual server. */
const notOwn: CauseKind = {
  name: 'address missing',
  read: ['ipvsadm(8)', 'ip-address(8)'],
  tell(facts) {
    return servedAt(facts).flatMap((served): Told[] => {
      const { place, server } = served;
      if (!facts.now.get(place)?.links.length || isOwn(facts, place, server.address)) return [];
      return [
        {
          sentence: `${place} has a virtual server for ${named(served)} (IPVS), and no interface with the address ${server.address}: it routes the call on, and IPVS sees only what is for ${place} itself`,
          confidence: 'certain',
          place,
          show: [
            { place, command: `ip -br -4 address | grep -wF ${server.address} || echo nobody has it` },
            showing(place),
          ],
          entails: [
            'source translated',
            'source not translated',
            'destination not translated',
            'no route',
            'wrong route',
          ],
        },
      ];
    });
  },
};

const noRealServer: CauseKind = {
  name: 'no real server',
  read: ['ipvsadm(8)'],
  tell(facts) {
    return servedAt(facts).flatMap((served): Told[] => {
      const { place, server } = served;
      if (server.real.length || !isOwn(facts, place, server.address)) return [];
      return [
        {
          sentence: `${place}’s virtual server for ${named(served)} (IPVS) has no real server, so the call is refused`,
          confidence: 'certain',
          place,
          show: [showing(place)],
          entails: ['destination not translated', 'no socket'],
        },
      ];
    });
  },
};

/** Calls to services that IPVS would hand on. */
export const ipvs: CauseKind[] = [notOwn, noRealServer];
