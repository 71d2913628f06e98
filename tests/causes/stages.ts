import type { LinkState, PlaceState, States } from '../../src/explain/state/place-state.ts';
import type { PointResult, WalkResult } from '../../src/judge/result.ts';
import type { Part } from '../../src/lab/part.ts';
import { type Header, isIp, ttlOf } from '../../src/packet/index.ts';
import type { Plan } from '../../src/plan/plan.ts';

/** A lab that stands and is healthy, and one of its walks, as it went. */
export interface Ground {
  plan: Plan;
  states: States;
  walk: WalkResult;
}

/** A frame of a walk at an interface. */
export interface Crossing {
  part: Part;
  place: string;
  device: string;
  direction: 'in' | 'out';
  headers: Header[];
  /** The outermost IP header's fields, and which version of IP it is of. */
  ip: Header['fields'];
  family: 4 | 6;
  link: LinkState | undefined;
}

/** A packet that a place routes: by which interfaces of its IP layer, between which addresses. */
export interface Routed {
  part: Part;
  place: string;
  state: PlaceState;
  iif?: string;
  oif: string;
  src: string;
  dst: string;
  /** The crossing by which it leaves. */
  out: Crossing;
}

/** A packet that came to the place that has its address, inner and outer ones alike. */
export interface Delivered {
  part: Part;
  place: string;
  state: PlaceState;
  device: string;
  src: string;
  dst: string;
  headers: Header[];
}

/** A frame that crosses a bridge's port, of a node or of a switch. */
export interface Port {
  part: Part;
  place: string;
  port: string;
  bridge: string;
  direction: 'in' | 'out';
}

export const linkAt = (states: States, place: string, device: string): LinkState | undefined =>
  states.get(place)?.links.find(({ name }) => name === device);

/** The interface by which a place's IP layer knows a device. */
const ipDevice = (link: LinkState | undefined, device: string) =>
  link?.master && link.masterKind === 'bridge' ? link.master : device;

export const isOwn = (state: PlaceState | undefined, address: string): boolean =>
  state?.links.some(({ addresses }) => addresses.some((each) => each.address === address)) ?? false;

/** Where a walk's packet was seen, in the order of its listing; what ends a connection is left out. Of either version of IP, or of one. */
export function crossings({ walk, states }: Ground, of: 4 | 6 | 'either' = 4): Crossing[] {
  return walk.hops.flatMap((hop): Crossing[] => {
    const { part, place, device, direction, seen } = hop as PointResult;
    const outer = hop.kind === 'point' ? seen?.find(isIp) : undefined;
    if (!seen || !outer || !direction || part === 'end') return [];
    const family = outer.protocol === 'ip6' ? 6 : 4;
    if (of !== 'either' && of !== family) return [];
    return [
      { part, place, device, direction, headers: seen, ip: outer.fields, family, link: linkAt(states, place, device) },
    ];
  });
}

/** Pairs of crossings that follow each other at one place. */
const pairs = (all: readonly Crossing[]) =>
  all.flatMap((now, i) => {
    const before = all[i - 1];
    return before?.place === now.place && before.part === now.part ? [{ before, now }] : [];
  });

/** The places that forward the packet, and those that it starts from. */
export function routed(ground: Ground, which: 'forwarded' | 'all' = 'forwarded', of: 4 | 6 = 4): Routed[] {
  const all = crossings(ground, of);
  const forwarded = pairs(all).flatMap(({ before, now }): Routed[] => {
    const state = ground.states.get(now.place);
    const isSame = before.ip.src === now.ip.src && before.ip.dst === now.ip.dst;
    if (!state || !isSame || now.direction !== 'out' || ttlOf(now.ip) !== ttlOf(before.ip) - 1) return [];
    return [
      {
        part: now.part,
        place: now.place,
        state,
        iif: ipDevice(before.link, before.device),
        oif: ipDevice(now.link, now.device),
        src: String(now.ip.src),
        dst: String(now.ip.dst),
        out: now,
      },
    ];
  });
  if (which === 'forwarded') return forwarded;
  const started = all.flatMap((now, i): Routed[] => {
    const state = ground.states.get(now.place);
    if (!state || now.direction !== 'out' || (i > 0 && all[i - 1]!.part === now.part)) return [];
    const oif = ipDevice(now.link, now.device);
    return [
      { part: now.part, place: now.place, state, oif, src: String(now.ip.src), dst: String(now.ip.dst), out: now },
    ];
  });
  return [...forwarded, ...started];
}

/** Where the packet, or what wraps it, came to the place that it is addressed to. */
export const delivered = (ground: Ground, of: 4 | 6 = 4): Delivered[] =>
  crossings(ground, of).flatMap(({ part, place, device, direction, headers, ip }): Delivered[] => {
    const state = ground.states.get(place);
    if (!state || direction !== 'in' || !isOwn(state, String(ip.dst))) return [];
    return [{ part, place, state, device, src: String(ip.src), dst: String(ip.dst), headers }];
  });

/** The ports of bridges that it crosses, of nodes and of switches. */
export function ports(ground: Ground, of: 4 | 'either' = 'either'): Port[] {
  const own = crossings(ground, of).flatMap(({ part, place, device, direction, link }): Port[] =>
    link?.masterKind === 'bridge' && link.master ? [{ part, place, port: device, bridge: link.master, direction }] : [],
  );
  const switches = new Set(ground.plan.nodes.flatMap(({ name, kind }) => (kind === 'switch' ? [name] : [])));
  const ofSwitches = crossings(ground, of).flatMap(({ part, place, device, direction }) =>
    ground.plan.links.flatMap(({ ends }): Port[] => {
      const far = ends.find((_, i) => ends[1 - i]!.place === place && ends[1 - i]!.interface === device);
      const link = far && switches.has(far.place) ? linkAt(ground.states, far.place, far.interface) : undefined;
      if (!far || !link?.master) return [];
      const at = { place: far.place, port: far.interface, bridge: link.master };
      return [{ part, ...at, direction: direction === 'out' ? 'in' : 'out' }];
    }),
  );
  return [...own, ...ofSwitches];
}

/** Where an address is translated on the way: what it was, and what it becomes. */
export interface Translated {
  part: Part;
  place: string;
  end: 'src' | 'dst';
  was: string;
  becomes: string;
  before: Crossing;
}

export const translated = (ground: Ground): Translated[] =>
  pairs(crossings(ground)).flatMap(({ before, now }) =>
    (['src', 'dst'] as const).flatMap((end): Translated[] => {
      const [was, becomes] = [String(before.ip[end]), String(now.ip[end])];
      const isWrapped = before.headers.length !== now.headers.length;
      if (was === becomes || isWrapped) return [];
      return [{ part: now.part, place: now.place, end, was, becomes, before }];
    }),
  );
