import type { Sighting, Wires } from '../judge/observation.ts';
import { laterIndex, type Part } from '../lab/part.ts';
import { AT_ONCE } from '../observe/at-most.ts';
import { identity } from '../observe/identity.ts';
import { markOf } from '../observe/netfilter/index.ts';
import { sendAll } from '../observe/send.ts';
import type { Errand, Live, Sent } from '../observe/sent.ts';
import { withChecksum } from '../packet/checksum.ts';
import { decode, isIp } from '../packet/index.ts';
import { isPing } from '../plan/ping.ts';
import type { KernelDrop } from '../runtime/runtime.ts';
import { endingAt } from './ask.ts';
import { countersOf, type Moved, movedBetween } from './counters.ts';
import { arpFrames } from './layer2/arp.ts';
import { isOwnDrop } from './own-drops.ts';
import { placesOf, type Site } from './site.ts';
import type { Unsent } from './unsent.ts';

/** A lost packet that may be sent once more. */
export interface Repeated {
  errand: Errand;
  sent: Sent;
  site: Site;
  places: string[];
  unsent?: Unsent;
  isOver?: true;
}

/** What was seen of a packet that was sent once more, and what moved meanwhile. */
export interface Again {
  sent: Sent;
  moved: Moved[];
  kernelDrops: KernelDrop[];
}

/** How long a second packet is looked for, at most. */
const LONGEST_MS = 600;

/** Of the time, the share in which netfilter is to be ready, and again that in which it is to end. */
const TRACING = 0.3;

/** A packet in a loop tells nothing new the second time, and much of it. */
const LOOPED = 40;

/** How many of those that are no pings are sent again: they go one by one. */
const MOST_TYPED = 4;

/** An Ethernet header, of 14 bytes, and an 802.1Q tag, of 4. */
const [LINK_HEADER, TAG] = [14, 4];

/**
 * Sends lost packets once more, with netfilter traced where they were lost; absent of those that are not sent again. A ping is
 * typed again; of any other command only the packet is put out again, byte by byte, since the command may do more than send. It ends
 * at a moment, by this process's clock.
 */
export async function lookAgain(
  live: Live,
  list: readonly Repeated[],
  untilMs: number,
): Promise<(Again | undefined)[]> {
  const errands = list.map((each) => errandAgain(each, live.watch.wires()));
  const isTyped = (i: number) => errands[i] !== undefined && isPing(errands[i].send.command);
  const pings = list.map((_, i) => i).filter(isTyped);
  const others = list.map((_, i) => i).filter((i) => errands[i] && !isTyped(i));
  const found: (Again | undefined)[] = list.map(() => undefined);
  for (const indexes of [pings.slice(0, AT_ONCE), ...others.slice(0, MOST_TYPED).map((i) => [i])]) {
    if (!indexes.length || performance.now() >= untilMs) continue;
    const results = await sendTogether(
      live,
      indexes.map((i) => errands[i]!),
      indexes.map((i) => list[i]!),
      untilMs,
    );
    for (const [at, i] of indexes.entries()) found[i] = ofPart(results[at], list[i]!.site.part);
  }
  return found;
}

/** A later packet is sent alone, as if it was a command's first: what was seen of it is of its own part all the same. */
function ofPart(again: Again | undefined, part: Part): Again | undefined {
  if (!again || laterIndex(part) === undefined) return again;
  const observations = again.sent.observations.map((each) => (each.part === 'request' ? { ...each, part } : each));
  return { ...again, sent: { ...again.sent, observations } };
}

/** Whether one packet was at all points where the other was, and maybe beyond, and went to the same address wherever it was translated. */
export function isSameWay(one: Pick<Sent, 'observations'>, other: Pick<Sent, 'observations'>): boolean {
  const [a, b] = [one, other].map((each) => new Set(sightingsOf(each).map(({ at }) => at)));
  const [to, otherTo] = [translationsOf(one), translationsOf(other)];
  return (
    ([...a!].every((at) => b!.has(at)) || [...b!].every((at) => a!.has(at))) &&
    [...to].every(([chain, address]) => (otherTo.get(chain) ?? address) === address)
  );
}

/** The address that a packet was sent on to, by the chain of netfilter that did it. */
const translationsOf = ({ observations }: Pick<Sent, 'observations'>): Map<string, string | undefined> =>
  new Map(
    observations.flatMap((each) =>
      each.kind === 'passage' && each.ending?.verdict === 'dnat'
        ? [[`${each.part} ${each.place} ${each.family} ${each.table} ${each.chain}`, each.ending.to?.split(':')[0]]]
        : [],
    ),
  );

async function sendTogether(
  live: Live,
  errands: Errand[],
  list: Repeated[],
  untilMs: number,
): Promise<(Again | undefined)[]> {
  const places = [...new Set(list.flatMap((each) => each.places))];
  const hooked = [...new Set(list.flatMap(({ site }) => placesOf(site)))].filter((place) => places.includes(place));
  try {
    const [before] = await Promise.all([countersOf(live.runtime, places), live.watch.watchDrops(places)]);
    await live.watch.kernelDrops();
    const knowing = {
      ...live,
      runtime: endingAt(live.runtime, untilMs),
      roundTripMs: live.roundTripMs ?? Math.max(...list.map(wayMs)),
    };
    const sent = await sendTraced(knowing, errands, hooked, untilMs);
    const drops = await live.watch.kernelDrops();
    const moved = movedBetween(before, await countersOf(live.runtime, places));
    return list.map(({ places }, i) => ({
      sent: sent[i]!,
      moved: moved.filter(({ place }) => places.includes(place)),
      kernelDrops: drops.filter(isOwnDrop(sightingsOf(sent[i]!))).filter(isToSomebody(errands[i]!)),
    }));
  } catch {
    // A place that cannot be traced, or is gone: what it is like tells the rest.
    return list.map(() => undefined);
  }
}

/** Where a packet was put out again no socket waits for its answer: that it is dropped there is of the repetition. */
const isToSomebody =
  ({ send, identity: known }: Errand) =>
  ({ place, reason }: KernelDrop) =>
    known === undefined || place !== send.from || reason !== 'NO_SOCKET';

/** Sends packets with netfilter traced; a place where that hangs leaves time for the packets. */
function sendTraced(live: Live, errands: Errand[], hooked: string[], untilMs: number): Promise<Sent[]> {
  const leftMs = untilMs - performance.now();
  return sendAll(live, errands, { hooked, tracingMs: TRACING * leftMs, longestMs: Math.min(LONGEST_MS, leftMs) });
}

const sightingsOf = ({ observations }: Pick<Sent, 'observations'>): Sighting[] =>
  observations.flatMap((each) => (each.kind === 'sighting' ? [each] : []));

/** How long the packet took as far as it came, twice, in milliseconds; a wild guess where machines' clocks differ. */
function wayMs({ site: { way } }: Repeated): number {
  const [first, last] = [way[0], way.at(-1)];
  const took = first && last ? Math.abs(Number(last.time - first.time)) / 1e6 : 0;
  return Math.min(2 * took + 1, LONGEST_MS / 4);
}

function errandAgain(repeated: Repeated, wires: Pick<Wires, 'isPort'>): Errand | undefined {
  const { errand, sent, site, unsent } = repeated;
  const { send, expected } = errand;
  if (repeated.isOver) return undefined;
  if (unsent) return errandOf(unsent);
  if (site.way.length > LOOPED || (!site.instead && isAsking(sent, site, wires))) return undefined;
  const isLater = laterIndex(site.part) !== undefined;
  if (!site.instead && !isLater && isPing(send.command))
    return { send, ...(expected && { expected }), expectsLoss: true };
  const wrapped = site.way.find((each) => each.direction === 'out' && each.headers.some(isIp));
  const first = site.instead ? wrapped : firstSent(sightingsOf(sent), site, send.from);
  const command = first && replayed(first);
  const known = first && identity(decode(first.bytes, first.headers[0]?.protocol === 'ether' ? 'ethernet' : 'raw'));
  if (!command) return undefined;
  const told = known ? { identity: known } : expected ? { expected } : {};
  return { send: { from: first.place, command }, ...told, expectsLoss: true };
}

/** The packet that is to be sent again, where it began: a later one of a connection, or else the first, which has what follows come again. */
function firstSent(sightings: readonly Sighting[], { part, way }: Site, from: string): Sighting | undefined {
  const [first] = way.filter((each) => each.part === part);
  return laterIndex(part) === undefined
    ? (sightings.find(({ place, direction }) => place === from && direction === 'out') ?? first)
    : first;
}

/** The line that puts an IP packet out as it was seen: raw(7), IPPROTO_RAW. */
function replayed({ headers, bytes }: Sighting): string | undefined {
  const ether = headers[0]?.protocol === 'ether' ? headers[0].fields : undefined;
  const outer = headers.find(isIp);
  const ip = outer?.protocol === 'ip' ? outer.fields : undefined;
  if (!ip || ip.offset || ip.mf) return undefined;
  return puttingOut(withChecksum(bytes.subarray(ether ? LINK_HEADER + ('vlan' in ether ? TAG : 0) : 0)));
}

/** The line that puts an IPv4 packet out. */
function puttingOut(packet: Buffer): string {
  const to = `pack("Sna4x8", 2, 0, pack("C4", ${[...packet.subarray(16, 20)]}))`;
  return `perl -e 'socket(S, 2, 3, 255); send(S, pack("H*", "${packet.toString('hex')}"), 0, ${to}) or die $!'`;
}

/** What is put out for a segment that was never seen. */
function errandOf({ place, packet }: Unsent): Errand {
  const known = decode(packet, 'raw');
  const [id, transport] = [identity(known), markOf(known)];
  return {
    send: { from: place, command: puttingOut(packet) },
    ...(id && { identity: id }),
    ...(transport && { transport }),
    expectsLoss: true,
  };
}

/** Whether the place where it was last seen asks for a neighbour, in vain: then it waits there, and would again. */
function isAsking({ seen }: Sent, { place }: Site, { isPort }: Pick<Wires, 'isPort'>): boolean {
  const own = arpFrames({ seen }).filter((frame) => frame.place === place && !isPort(frame.at));
  const answered = own.filter(({ op, direction }) => op === 'reply' && direction !== 'out').map(({ spa }) => spa);
  return own.some(({ op, direction, tpa }) => op === 'request' && direction === 'out' && !answered.includes(tpa));
}
