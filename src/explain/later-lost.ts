import type { Sighting } from '../judge/observation.ts';
import type { Cause } from '../judge/result.ts';
import { inOrder } from '../judge/walk.ts';
import { flagged, flowOf, identity, innermost } from '../observe/identity.ts';
import { sighting } from '../observe/send.ts';
import type { Live, Sent } from '../observe/sent.ts';
import type { Seen } from '../observe/watch.ts';
import { decode, isIp } from '../packet/index.ts';
import { isPing } from '../plan/ping.ts';
import { protocolsOf } from '../plan/registry.ts';
import { explain, type Loss } from './explain.ts';
import { silentEnd } from './silent-end.ts';
import type { States } from './state/place-state.ts';
import { unsentOf } from './unsent.ts';

/** A packet of a connection that was sent more than once, and never came to where the first one that goes its way did, or was not heard there. */
interface Stuck {
  part: 'request' | 'reply';
  times: number;
  isDelivered: boolean;
  /** Where it was seen, of its last sending, in the order of its way. */
  way: Sighting[];
}

/** A later packet of a connection that was lost, in a sentence, and why. */
interface LaterLost {
  sentence: string;
  causes: Cause[];
}

/** A later packet that a walk lists and that was never seen: who was to send it, and whether it bears data. */
export type Missing = NonNullable<Parameters<typeof unsentOf>[2]>;

/** Of a command that failed, or whose listed packets did, though its first one got through: which later packet did not, if one did not. */
export async function laterLost(
  live: Live,
  { errand, sent }: Loss,
  before?: States,
  missing?: Missing,
): Promise<LaterLost | undefined> {
  if ((!sent.ran.code && !missing) || isPing(errand.send.command)) return undefined;
  const stuck = (['request', 'reply'] as const).flatMap((part) => stuckOf(live, sent, part))[0];
  const last = stuck?.way.at(-1);
  const instead = async () =>
    (await keptBack(live, { errand, sent }, before, missing)) ??
    (await unanswered(live, { errand, sent }, before, missing));
  if (!stuck || !last) return instead();
  const [told] = await explain(live, [{ errand, sent: { ...sent, observations: stuck.way } }], before);
  // What is sent again since nothing of it was acknowledged came: the acknowledgement may have been kept back.
  const found = told?.causes.length ? undefined : await instead();
  if (found) return found;
  const length = last.headers.find(isIp)?.fields.length;
  const whose = stuck.part === 'reply' ? ' of the answer' : '';
  return {
    sentence: `a later packet${whose}, ${length} bytes long, was sent ${stuck.times} times: it came to ${last.at} and ${stuck.isDelivered ? 'was not acknowledged' : 'no further'}`,
    causes: told?.causes ?? [],
  };
}

/** What an end of the connection was kept from sending by its own netfilter. */
async function keptBack(
  live: Live,
  { errand, sent }: Loss,
  before: States | undefined,
  missing: Missing | undefined,
): Promise<LaterLost | undefined> {
  const ordered = sightingsOf(inOrder(sent.observations, live.watch.wires()).observations);
  for (const unsent of unsentOf(ordered, sent.seen, missing)) {
    // It ends with what that end heard last, and should have answered.
    const heard = ordered.filter(
      ({ part }) => part === 'request' || (part === 'reply' && unsent.place === errand.send.from),
    );
    const [told] = await explain(live, [{ errand, sent: { ...sent, observations: heard }, unsent }], before);
    const causes =
      told?.causes.filter(({ cause, place }) => place === unsent.place && cause.startsWith('firewall ')) ?? [];
    if (causes.length)
      return {
        sentence: `a later packet of ${unsent.place} never left ${unsent.place}: its own netfilter drops it`,
        causes,
      };
  }
  return undefined;
}

/** What the program does that was called, where its kernel took what came and nothing was ever answered. */
async function unanswered(
  live: Live,
  { errand, sent }: Loss,
  before: States | undefined,
  missing: Missing | undefined,
): Promise<LaterLost | undefined> {
  const ordered = sightingsOf(inOrder(sent.observations, live.watch.wires()).observations);
  const asked = ordered.filter(({ part }) => part === 'request');
  const last = asked.at(-1);
  if (last?.direction !== 'in' || (missing && missing.place !== last.place) || !silentEnd(sent.seen, last))
    return undefined;
  const [told] = await explain(live, [{ errand, sent: { ...sent, observations: asked }, isOver: true }], before);
  const causes = told?.causes.filter(({ cause, place }) => cause === 'program silent' && place === last.place) ?? [];
  return causes.length
    ? { sentence: `${last.place} opened the connection, acknowledged what came by it, and answered nothing`, causes }
    : undefined;
}

/** That a later packet was lost, and why, in a sentence. */
export const laterText = ({ sentence, causes: [cause] }: LaterLost): string =>
  `${sentence}${cause ? ` (${cause.cause}: ${cause.sentence})` : ''}`;

function stuckOf({ watch, plan }: Live, sent: Sent, part: Stuck['part']): Stuck[] {
  const wires = watch.wires();
  const way = sightingsOf(inOrder(sent.observations, wires).observations).filter((each) => each.part === part);
  const [first, end] = [way[0], way.at(-1)];
  if (!first || !end) return [];
  const flows = new Set(way.map(flowIn));
  const isAt = (point: Sighting) => (frame: Seen) => frame.at === point.at && frame.direction === point.direction;
  for (const frames of packetsOf(sent.seen, flows)) {
    const times = frames.filter(isAt(first)).length;
    const arrived = frames.find(isAt(end));
    if (times < 2 || (arrived && isHeard(arrived, sent.seen))) continue;
    const lasts = [...new Map(frames.map((frame) => [`${frame.at} ${frame.direction}`, frame])).values()];
    const seen = lasts.map((frame) => sighting(protocolsOf(plan), { frame, part }));
    const way = sightingsOf(inOrder(seen, wires).observations);
    return [{ part, times, way, isDelivered: arrived !== undefined }];
  }
  return [];
}

/** Whether a segment that came to its end was acknowledged there, or needs no acknowledgement (RFC 9293, section 3.4). */
function isHeard(arrived: Seen, seen: readonly Seen[]): boolean {
  const packet = arrived.packet();
  const tcp = innermost(packet, 'tcp');
  const length = packet.payload.length + (flagged(packet, 'S', 'F') ? 1 : 0);
  if (!tcp || !length) return true;
  const back = flowOf(packet)?.back;
  const next = Number(tcp.seq) + length;
  return seen.some((frame) => {
    if (frame.place !== arrived.place || frame.direction !== 'out' || flowOf(frame.packet())?.flow !== back)
      return false;
    const ack = innermost(frame.packet(), 'tcp')?.ack;
    return flagged(frame.packet(), 'A') && (Number(ack) - next + 2 ** 32) % 2 ** 32 < 2 ** 31;
  });
}

const sightingsOf = (observations: readonly { kind: string }[]): Sighting[] =>
  observations.filter((each): each is Sighting => each.kind === 'sighting');

const flowIn = ({ bytes, headers }: Sighting): string | undefined =>
  flowOf(decode(bytes, headers[0]?.protocol === 'ether' ? 'ethernet' : 'raw'))?.flow;

/** The frames of some flows, packet by packet: what carries no data is told by what it acknowledges as well. The SYN that began is none. */
function packetsOf(seen: readonly Seen[], flows: ReadonlySet<string | undefined>): Seen[][] {
  const packets = new Map<string, Seen[]>();
  for (const frame of seen) {
    const packet = frame.packet();
    if (!flows.has(flowOf(packet)?.flow) || (flagged(packet, 'S') && !flagged(packet, 'A'))) continue;
    const tcp = innermost(packet, 'tcp');
    if (!tcp && !packet.payload.length) continue;
    const key = `${identity(packet)} ${packet.payload.length ? '' : `${tcp?.ack} ${tcp?.flags}`}`;
    packets.set(key, [...(packets.get(key) ?? []), frame]);
  }
  return [...packets.values()];
}
