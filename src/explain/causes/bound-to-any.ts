import type { Header } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { ownersOf } from '../place.ts';
import type { CauseKind } from './kind.ts';

const layerOf = (headers: readonly Header[], ...protocols: string[]) =>
  headers.findLast(({ protocol }) => protocols.includes(protocol))?.fields;

const ends = (headers: readonly Header[]) => ({
  ip: layerOf(headers, 'ip', 'ip6'),
  udp: layerOf(headers, 'udp'),
});

/** The address from which a datagram came to who asked, by the ports that were asked, and the one that was asked. */
function answeredFrom({ wayThere, seen, sent }: Facts): { asked: string; from: string; port: number } | undefined {
  const { ip, udp } = ends(
    wayThere.find(({ place, direction }) => place === sent.from && direction === 'out')?.headers ?? [],
  );
  if (!ip || !udp) return undefined;
  const answer = seen.find((frame) => {
    if (frame.place !== sent.from || frame.direction !== 'in') return false;
    const back = ends(frame.packet().headers);
    return back.udp?.src === udp.dst && back.udp?.dst === udp.src && back.ip?.dst === ip.src && back.ip?.src !== ip.dst;
  });
  const from = answer && ends(answer.packet().headers).ip?.src;
  return from === undefined ? undefined : { asked: String(ip.dst), from: String(from), port: Number(udp.dst) };
}

/** A server of UDP that is bound to no address answers from the one that the route back has (udp(7)). */
export const boundToAny: CauseKind = {
  name: 'answer from another address',
  read: ['RFC 1122, section 4.1.3.5'],
  tell(facts) {
    const answered = answeredFrom(facts);
    if (!answered) return [];
    const { asked, from, port } = answered;
    const { place } = ownersOf(facts, asked)[0] ?? ownersOf(facts, from)[0] ?? facts.site;
    const bound = facts.now.get(place)?.sockets.find((each) => each.protocol === 'udp' && each.port === port);
    const socket = bound
      ? `; its socket there is bound to ${bound.address}:${port}, and the route back chose the address`
      : '';
    return [
      {
        sentence: `${place} answers from ${from}, and ${asked} was asked: at ${facts.sent.from} nobody waits for what comes from there${socket}`,
        confidence: 'certain',
        place,
        show: [
          { place, command: `ss -H -ln -u sport = :${port}` },
          { place, command: 'ip -br address' },
        ],
        entails: ['no socket'],
      },
    ];
  },
};
