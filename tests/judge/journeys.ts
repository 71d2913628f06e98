import fc from 'fast-check';
import type { Observation } from '../../src/judge/observation.ts';
import type { Surroundings } from '../../src/judge/walk.ts';
import type { Part } from '../../src/lab/part.ts';
import type { ExpectedHeader, Header } from '../../src/packet/index.ts';
import type { PlannedHop } from '../../src/plan/hops.ts';
import { network, type Stop, wiresOf } from './journeys/network.ts';
import { isSilent } from './journeys/order.ts';
import { reversed, way } from './journeys/segments.ts';
import { type Event, type Hooks, type Packet, Simulation } from './journeys/simulate.ts';
import { type Tape, tape } from './journeys/tape.ts';

/** One part of a journey: what happened, in one of the orders in which it could, and the hops that list it. */
export interface JourneyPart {
  part: Part;
  events: Event[];
  /** Those that are listed, a hop each. */
  listed: Event[];
  hops: PlannedHop[];
}

/** A packet's way through a network of its own, what it listed truly is, and what is seen of it. */
export interface Journey {
  parts: JourneyPart[];
  hops: PlannedHop[];
  /** In no order: only `order` tells that of a place, and `time` tells nothing. */
  observations: Observation[];
  surroundings: Surroundings;
}

/** A random journey; each number decides one thing, and 0 is always the simplest. */
export const journeys = fc.array(fc.nat({ max: 9999 }), { maxLength: 400, size: 'max' });

/** The journey that a list of numbers decides. */
export function journey(numbers: readonly number[]): Journey {
  const decide = tape(numbers);
  const net = network();
  const [a, b] = [net.place('pod'), net.place('pod')];
  const there = way(decide, net, a, b, 0);
  const isBroadcast = there.length === 1 && there[0]?.out.tunnel?.mode !== 'ipip' && decide.chance(50);
  const hooks: Hooks = new Map();
  const orders = new Map<string, number>();
  const follow = (part: Part, packet: Packet) => {
    const simulation = new Simulation(decide, part, hooks, orders);
    simulation.run(packet);
    return { ...listing(decide, part, simulation.events), arrived: simulation.arrived };
  };
  const request = follow('request', isBroadcast ? broadcast(decide, there) : echo(decide, there, false));
  const followed = [request];
  if (request.arrived && !isBroadcast && decide.chance(50)) {
    for (const { own } of net.devices) if (own) own.cold &&= decide.chance(20);
    const back = decide.chance(25) ? way(decide, net, b, a, 0) : reversed(there);
    followed.push(follow('reply', echo(decide, back, true)));
  }
  return {
    parts: followed,
    hops: followed.flatMap(({ hops }) => hops),
    observations: shuffled(
      decide,
      followed.flatMap(({ events }) => events.map(({ seen }) => seen)),
    ),
    surroundings: wiresOf(net),
  };
}

const [A, B] = ['10.0.0.1', '10.0.0.2'];

const echo = (decide: Tape, stops: Stop[], isReply: boolean): Packet => ({
  ip: { src: isReply ? B : A, dst: isReply ? A : B, ttl: 64, id: decide.below(65536), protocol: 1 },
  rest: [{ protocol: 'icmp', fields: { type: isReply ? 'echo reply' : 'echo request', seq: 1 } }],
  stops,
  next: 0,
  broadcast: false,
});

const broadcast = (decide: Tape, stops: Stop[]): Packet => ({
  ip: { src: A, dst: '255.255.255.255', ttl: 64, id: decide.below(65536), protocol: 17 },
  rest: [{ protocol: 'udp', fields: { src: 68, dst: 67 } }],
  stops,
  next: 0,
  broadcast: true,
});

export function shuffled<T>(decide: Tape, list: readonly T[]): T[] {
  const rest = [...list];
  return list.flatMap(() => rest.splice(decide.below(rest.length), 1));
}

function listing(decide: Tape, part: Part, events: Event[]): JourneyPart {
  const hooked = new Map<string, boolean>();
  // What is dropped before it leaves is seen at hooks alone.
  const neverLeft = !events.some(({ seen }) => seen.kind === 'sighting');
  const isHooked = (place: string) => {
    if (neverLeft) return true;
    if (!hooked.has(place)) hooked.set(place, !decide.chance(25));
    return hooked.get(place);
  };
  const candidates = events.filter(
    ({ seen, ignored }) => !ignored && (seen.kind === 'sighting' || isHooked(seen.place)),
  );
  const chosen = candidates.filter(({ seen }) => !isSilent(seen) || decide.chance(50));
  // Where none of a place's hooks is listed, none of them counts.
  const said = new Set(chosen.flatMap(({ seen }) => (seen.kind === 'passage' ? [seen.place] : [])));
  const listed = candidates.filter(
    (event) => chosen.includes(event) && (event.seen.kind === 'sighting' || said.has(event.seen.place)),
  );
  return { part, events, listed, hops: listed.map(({ seen }) => hopOf(decide, part, seen)) };
}

function hopOf(decide: Tape, part: Part, seen: Observation): PlannedHop {
  const { place } = seen;
  const common = { part, because: 'It comes by here', place };
  if (seen.kind === 'sighting') {
    const isStated = decide.chance(50);
    return {
      ...common,
      kind: 'point',
      device: seen.device,
      ...(isStated && { direction: seen.direction }),
      headers: stated(decide, seen.headers),
    };
  }
  const { table, chain, family, chains, ending } = seen;
  return {
    ...common,
    kind: 'hook',
    table,
    chain,
    ...(decide.chance(30) && { family }),
    way: { chains, ...(ending && !decide.chance(20) && { ending }) },
  };
}

/** Some of the fields; the link layer goes unsaid half of the time. */
function stated(decide: Tape, headers: readonly Header[]): ExpectedHeader[] {
  const isBrief = decide.chance(20);
  const saysMacs = decide.chance(50);
  return headers.flatMap(({ protocol, fields }, i) => {
    const { ttl, src, dst, ...rest } = fields;
    if (protocol === 'ether') {
      // Inside a tunnel, the frame that follows a stated one is stated, too.
      return saysMacs ? [{ protocol, fields: i === 0 ? fields : { dst: fields.dst ?? '' } }] : [];
    }
    if (protocol !== 'ip') return [{ protocol, fields: isBrief ? {} : { ...(protocol === 'icmp' && rest) } }];
    const brief = { ...(src !== undefined && { src }), ...(dst !== undefined && { dst }) };
    return [{ protocol, fields: isBrief ? brief : { ...brief, ...(ttl !== undefined && { ttl }) } }];
  });
}
