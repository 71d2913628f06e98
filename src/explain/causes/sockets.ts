import type { Sighting } from '../../judge/observation.ts';
import { type Header, isIp, isPortUnreachable } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { isOwn } from '../packet-there.ts';
import { ipDevice, linkOf } from '../place.ts';
import { isAddress6 } from '../state/fib.ts';
import type { RouteState, SocketState } from '../state/place-state.ts';
import { boundToAny } from './bound-to-any.ts';
import type { CauseKind } from './kind.ts';
import { otherPort } from './translated-ports.ts';

/** What came to the place that it is addressed to, innermost: with the address and port that a socket there would have. */
export interface Delivered {
  place: string;
  ip: Header['fields'];
  carrier: Header;
  /** The interface by which it came, and what that is a part of: a bridge, a VRF. */
  devices?: string[];
}

export function deliveredHere(facts: Facts): Delivered | undefined {
  const { site } = facts;
  if (site.last?.direction !== 'in' || site.kind === 'on a wire' || isTranslatedHere(facts)) return undefined;
  return redirectedAt(facts, site.last) ?? deliveredTo(facts, site.last, site.headers);
}

/** Whether a hook of the place was seen to give the packet another destination, so that it is for no socket of the address it came to. */
const isTranslatedHere = ({ site, walk }: Facts): boolean =>
  walk?.hops.some(
    (hop) =>
      hop.kind === 'hook' && hop.place === site.place && hop.part === site.part && hop.seen?.ending?.verdict === 'dnat',
  ) ?? false;

/** What a place's own rules send to one of its ports, of what came in last: `redirect to :8080`. */
function redirectedAt(facts: Facts, { place, device, part, headers }: Sighting): Delivered | undefined {
  const ending = facts.passages.findLast(
    (each) => each.place === place && each.part === part && each.ending?.verdict === 'redirect',
  )?.ending;
  const at = headers.findLastIndex(({ protocol }) => protocol === 'ip');
  const [ip, carrier] = [headers[at]?.fields, headers[at + 1]];
  const [own] = linkOf(facts, place, ipDevice(facts, place, device))?.addresses ?? [];
  if (!ending || !ip || !carrier || !own) return undefined;
  const dst = Number(ending.to?.split(':').at(-1) ?? carrier.fields.dst);
  return { place, ip: { ...ip, dst: own.address }, carrier: { ...carrier, fields: { ...carrier.fields, dst } } };
}

function deliveredTo(
  facts: Facts,
  { place, device: card }: Sighting,
  headers: readonly Header[],
): Delivered | undefined {
  const at = headers.findLastIndex(isIp);
  const ip = headers[at]?.fields;
  const carrier = headers.slice(at + 1).find(({ protocol }) => carriers.has(protocol));
  const devices = [card, linkOf(facts, place, card)?.master ?? []].flat();
  return ip && carrier && isOwn(facts, place, String(ip.dst)) ? { place, ip, carrier, devices } : undefined;
}

const carriers = new Set(['icmp', 'icmp6', 'tcp', 'udp']);

/** What came to where its answer is a refusal, and no answer. */
function refusedThere(facts: Facts): Delivered | undefined {
  const { site, wayThere } = facts;
  const [last, first] = [wayThere.at(-1), site.way[0]];
  if (site.part !== 'reply' || last?.direction !== 'in' || first?.place !== last.place) return undefined;
  return isPortUnreachable(first.headers) || first.headers.some(isReset)
    ? (redirectedAt(facts, last) ?? deliveredTo(facts, last, last.headers))
    : undefined;
}

/** RFC 9293, RST. */
const isReset = ({ protocol, fields }: Header) => protocol === 'tcp' && /^R/.test(String(fields.flags));

export const takes = (socket: SocketState, { ip, carrier, devices }: Delivered) =>
  socket.protocol === carrier.protocol &&
  socket.port === Number(carrier.fields.dst) &&
  (socket.protocol === 'udp' || socket.state === 'LISTEN') &&
  isBoundTo(socket.address, String(ip.dst), devices) &&
  (!isConnected(socket) || plain(socket.peer) === `${ip.src}:${carrier.fields.src}`);

/**
 * Sockets of IPv6 that are bound to any address take IPv4 as well, as ss(8) writes `*`, but for those that are of IPv6 alone
 * (ipv6(7), IPV6_V6ONLY); behind a `%` stands the interface that one is bound to (socket(7), SO_BINDTODEVICE).
 */
function isBoundTo(bound: string, dst: string, devices: string[] = []): boolean {
  const [address = '', only] = bound.split('%');
  if (only !== undefined && devices.length && !devices.includes(only)) return false;
  const any = isAddress6(dst) ? ['*', '[::]', '::'] : ['*', '0.0.0.0', '::'];
  return any.includes(address) || plain(address) === dst;
}

/** An address as IP has it: of IPv4 where it is mapped into IPv6, and without brackets. */
const plain = (address: string) => address.replace(/^\[(?:::ffff:(?=\d+\.))?|\]/g, '');

/** Whether a socket of UDP takes datagrams of one peer alone (udp(7), connect). */
const isConnected = ({ protocol, peer }: SocketState) => protocol === 'udp' && /:\d+$/.test(peer);

/** What a socket of the same port takes in place of this. */
function onlyText(socket: SocketState, { ip }: Delivered): string {
  const { address, port, peer } = socket;
  if (isConnected(socket))
    return `; its socket of that port is connected to ${plain(peer)}, and takes nothing of others`;
  const is6Alone = address === '[::]' && !isAddress6(String(ip.dst));
  return `; a socket has ${address}:${port} alone${is6Alone ? ', and takes IPv6 only' : ''}`;
}

/** A segment that does not begin a connection is not for whoever listens (RFC 9293, section 3.5). */
const isOfConnection = ({ protocol, fields }: Header) =>
  protocol === 'tcp' && fields.flags !== undefined && !/^S(?!A)/.test(String(fields.flags));

const noSocket: CauseKind = {
  name: 'no socket',
  read: ['RFC 1122, section 3.2.2.1', 'RFC 9293, section 3.5.2', 'ss(8)'],
  tell(facts) {
    const here = refusedThere(facts) ?? deliveredHere(facts);
    const state = here && facts.now.get(here.place);
    if (!here || !state || !['tcp', 'udp'].includes(here.carrier.protocol) || isRefusalListed(facts)) return [];
    if (isOfConnection(here.carrier) || state.sockets.some((socket) => takes(socket, here))) return [];
    const { place, ip, carrier } = here;
    const port = Number(carrier.fields.dst);
    const elsewhere = state.sockets.find((each) => each.protocol === carrier.protocol && each.port === port);
    const changed = otherPort(facts, port);
    const had = facts.changes.find(
      (each) =>
        each.what === 'address' &&
        each.change === 'gone' &&
        each.place !== place &&
        each.before?.includes(`${ip.dst}/`),
    );
    const before = had ? `, which had not that address when the lab was proven: ${had.sentence}` : '';
    const only = elsewhere ? onlyText(elsewhere, here) : '';
    return [
      {
        sentence: `nobody listens at ${place} on ${carrier.protocol} port ${port} of ${ip.dst}${before}${only}${changed?.text ?? ''}`,
        confidence: 'likely',
        place,
        ...(changed?.fix && { fix: changed.fix }),
        show: [
          {
            place,
            command: `ss -H ${elsewhere && isConnected(elsewhere) ? '-a' : '-l'}n -t -u | grep -w ${port} || echo nobody listens on ${port}`,
          },
        ],
      },
    ];
  },
};

/** Whether the walk itself lists that the packet is refused: that nobody listens is then as it should be. */
export const isRefusalListed = ({ walk }: Facts): boolean =>
  walk?.hops.some(
    (hop) =>
      hop.kind === 'point' &&
      hop.part === 'reply' &&
      hop.expected.some(
        ({ protocol, fields }) =>
          (/^icmp6?$/.test(protocol) && fields.type === 'unreachable') ||
          (protocol === 'tcp' && /^R/.test(String(fields.flags))),
      ),
  ) ?? false;

const ECHO_IGNORED = { icmp: 'net.ipv4.icmp_echo_ignore_all', icmp6: 'net.ipv6.icmp.echo_ignore_all' } as const;

const BROADCASTS_IGNORED = 'net.ipv4.icmp_echo_ignore_broadcasts';
const LIMITED_BROADCAST = '255.255.255.255';

/** Who is pinged with everybody else need not answer, and by default does not (RFC 1122, section 3.2.2.6). */
const broadcastIgnored: CauseKind = {
  name: 'echo ignored',
  read: ['ip-sysctl: icmp_echo_ignore_broadcasts'],
  tell({ site, now }) {
    const { place, last, headers } = site;
    const at = headers.findLastIndex(({ protocol }) => protocol === 'ip');
    const dst = String(headers[at]?.fields.dst);
    const state = now.get(place);
    if (last?.direction !== 'in' || headers[at + 1]?.fields.type !== 'echo request') return [];
    const isBroadcast = dst === LIMITED_BROADCAST || isBroadcastOf(state?.routes ?? [], dst);
    if (!isBroadcast || state?.sysctls[BROADCASTS_IGNORED] !== '1') return [];
    return [
      {
        sentence: `${place} answers no ping that is for everybody (${BROADCASTS_IGNORED} = 1), as ${dst} is`,
        confidence: 'likely',
        place,
        show: [{ place, command: `sysctl ${BROADCASTS_IGNORED}` }],
        fix: { place, command: `sysctl -w ${BROADCASTS_IGNORED}=0` },
      },
    ];
  },
};

const isBroadcastOf = (routes: readonly RouteState[], address: string) =>
  routes.some(({ type, dst }) => type === 'broadcast' && dst === address);

const echoIgnored: CauseKind = {
  name: 'echo ignored',
  read: ['ip-sysctl: icmp_echo_ignore_all', 'ip-sysctl: icmp/echo_ignore_all, of ipv6'],
  tell(facts) {
    const here = deliveredHere(facts);
    if (here?.carrier.fields.type !== 'echo request') return [];
    const { place, carrier } = here;
    const setting = ECHO_IGNORED[carrier.protocol === 'icmp6' ? 'icmp6' : 'icmp'];
    if (facts.now.get(place)?.sysctls[setting] !== '1') return [];
    return [
      {
        sentence: `${place} answers no ping${carrier.protocol === 'icmp6' ? ' of IPv6' : ' at all'} (${setting} = 1)`,
        confidence: 'certain',
        place,
        show: [{ place, command: `sysctl ${setting}` }],
        fix: { place, command: `sysctl -w ${setting}=0` },
      },
    ];
  },
};

/** The answer reached who asked, from another address than was asked: a socket or a program that compares them drops it. */
const otherAnswerer: CauseKind = {
  name: 'answer from another address',
  read: ['RFC 1122, section 4.1.3.5'],
  tell(facts) {
    const here = deliveredHere(facts);
    if (facts.site.part !== 'reply' || !here || here.place !== facts.sent.from) return [];
    const asked = facts.askedFor;
    if (!asked || asked === here.ip.src) return [];
    return [
      {
        sentence: `the answer came to ${here.place} from ${here.ip.src}, and ${asked} was asked: nobody there waits for it`,
        confidence: 'certain',
        place: here.place,
        supports: ['an answer that is not translated back comes from another address than was asked'],
        show: [...facts.connections.keys()].map((place) => ({
          place,
          command: `conntrack -L 2>/dev/null | grep -wF ${asked} || echo no connection to ${asked} is tracked here`,
        })),
      },
    ];
  },
};

export const sockets: CauseKind[] = [echoIgnored, broadcastIgnored, otherAnswerer, boundToAny, noSocket];
