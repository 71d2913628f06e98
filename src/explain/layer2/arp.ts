import type { Facts } from '../facts.ts';
import { isOwn, packetThere } from '../packet-there.ts';
import { linkOf } from '../place.ts';
import { devicesOf, type RouteKey, routeFor } from '../state/fib.ts';
import type { PlaceState } from '../state/place-state.ts';
import { isTunnel, tunnelOf, vtepFor, wrappingOf } from '../tunnel.ts';

/** An ARP frame, at one interface that saw it. */
export interface ArpFrame {
  at: string;
  place: string;
  device: string;
  direction: 'in' | 'out' | 'overheard';
  op: string;
  sha: string;
  spa: string;
  tha: string;
  tpa: string;
  /** Its 802.1Q tag, where it has one. */
  tag?: number | undefined;
}

/** All ARP that was captured, in order; what a tunnel wraps is its own affair. */
export const arpFrames = ({ seen }: Pick<Facts, 'seen'>): ArpFrame[] =>
  seen.flatMap(({ at, place, device, direction, packet }) => {
    const { headers } = packet();
    const fields = headers.find(({ protocol }) => protocol === 'arp')?.fields;
    if (!fields || wrappingOf(headers)) return [];
    const vlan = headers[0]?.protocol === 'ether' ? headers[0].fields.vlan : undefined;
    const tag = vlan === undefined ? undefined : Number(vlan);
    const [op, sha, spa, tha, tpa] = [fields.op, fields.sha, fields.spa, fields.tha, fields.tpa].map(String);
    return [{ at, place, device, direction, op: op!, sha: sha!, spa: spa!, tha: tha!, tpa: tpa!, tag }];
  });

/** A question for a neighbour that the place where the packet waits has no answer to. */
export interface OpenQuestion {
  /** By which protocol it is asked: ARP where it is not said. */
  by?: 'Neighbor Discovery';
  place: string;
  device: string;
  at: string;
  /** Who is asked for. */
  tpa: string;
  /** By which address and MAC it is asked; absent where it was never put out. */
  spa?: string;
  sha?: string;
  /** The MAC that it is sent to: of ARP that of all. */
  tha?: string;
  /** Where else the request was seen, and which frames answer it. */
  requests: ArpFrame[];
  replies: ArpFrame[];
  /** The answer as who answers put it out. */
  answer?: ArpFrame | undefined;
}

const isPort = (facts: Facts, { place, device }: Pick<ArpFrame, 'place' | 'device'>) =>
  linkOf(facts, place, device)?.masterKind === 'bridge';

/** The questions by ARP that keep the packet where it is. */
export function openQuestions(facts: Facts): OpenQuestion[] {
  const { site } = facts;
  if (site.kind === 'on a wire') return [];
  const frames = arpFrames(facts);
  const asked = frames.filter(
    ({ op, place, direction, device, spa, tpa, tag }) =>
      op === 'request' &&
      place === site.place &&
      direction === 'out' &&
      spa !== tpa &&
      !tag &&
      !isPort(facts, { place, device }),
  );
  const questions = asked.map(({ place, device, at, tpa, spa, sha }): OpenQuestion => {
    const requests = frames.filter((each) => each.op === 'request' && each.tpa === tpa && each.sha === sha);
    const replies = frames.filter((each) => each.op === 'reply' && each.spa === tpa && each.tpa === spa);
    const answer = replies.find((each) => each.direction === 'out' && !isPort(facts, each));
    return { place, device, at, tpa, spa, sha, requests: requests.filter((each) => each.at !== at), replies, answer };
  });
  const first = questions.filter(
    (each, i) => questions.findIndex(({ at, tpa }) => at === each.at && tpa === each.tpa) === i,
  );
  const isUnknown = ({ device, tpa }: OpenQuestion) => {
    const known = facts.now.get(site.place)?.neighbours.find((each) => each.address === tpa && each.device === device);
    return known?.state === 'FAILED' || known?.state === 'INCOMPLETE';
  };
  const open = first.filter(
    (each) => !each.replies.some(({ at, direction }) => at === each.at && direction === 'in') || isUnknown(each),
  );
  return open.length || asked.length ? open : unasked(facts);
}

/** A neighbour that is needed, is not known, and was not asked for. */
function unasked(facts: Facts): OpenQuestion[] {
  const { place } = facts.site;
  const neighbours = facts.now.get(place)?.neighbours ?? [];
  return [nextHop(facts), tunnelsNextHop(facts), answersNextHop(facts)].flatMap((hop): OpenQuestion[] => {
    const entry = neighbours.find((each) => !each.proxy && each.address === hop?.address && each.device === hop.device);
    if (!hop || (entry?.state !== 'FAILED' && entry?.state !== 'INCOMPLETE')) return [];
    const { address: tpa, device } = hop;
    return [{ place, device, at: `${place}:${device}`, tpa, requests: [], replies: [] }];
  });
}

/** Whom a place hands its answer to what came to it. */
function answersNextHop(facts: Facts): Hop | undefined {
  const { place, last } = facts.site;
  const [state, packet] = [facts.now.get(place), packetThere(facts)];
  if (!state || !packet || last?.direction !== 'in' || !isOwn(facts, place, packet.dst)) return undefined;
  return hopOf(state, packet.src, { src: packet.dst, ...(packet.iif && { vrfOf: packet.iif }) });
}

/** Whom a place hands what its tunnel device wraps, where the packet was last seen at that. */
function tunnelsNextHop({ site: { place, last }, now }: Facts): Hop | undefined {
  const [state, link] = [now.get(place), linkOf({ now }, place, last?.device)];
  if (!state || !last || last.direction !== 'out' || !isTunnel(link)) return undefined;
  const mac = last.headers[0]?.protocol === 'ether' ? String(last.headers[0].fields.dst) : undefined;
  const dst = (mac && vtepFor(state, link!, mac)?.address) ?? tunnelOf(link!).remote;
  return dst ? hopOf(state, dst) : undefined;
}

/** Whom the place where the packet was lost hands it to: a gateway, or the destination itself, and by which device. */
export function nextHop(facts: Facts): Hop | undefined {
  const [state, packet] = [facts.now.get(facts.site.place), packetThere(facts)];
  if (!state || !packet) return undefined;
  const { dst, src, iif, mark } = packet;
  return hopOf(state, dst, { src, iif, mark: mark?.value });
}

interface Hop {
  address: string;
  device: string;
}

/** The neighbour to whom a place hands what goes to an address. */
function hopOf(state: PlaceState, dst: string, key: Omit<RouteKey, 'dst'> = {}): Hop | undefined {
  const { route } = routeFor(state, { dst, ...key }) ?? {};
  const [device] = route ? devicesOf(route) : [];
  return route?.type === 'unicast' && device ? { address: route.words.via ?? dst, device } : undefined;
}
