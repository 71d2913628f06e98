import type { Observation, Passage, Sighting } from '../../../src/judge/observation.ts';
import type { Direction, Part } from '../../../src/lab/part.ts';
import type { Header } from '../../../src/packet/index.ts';
import type { Bridge, Device, Stop } from './network.ts';
import type { Tape } from './tape.ts';

/** An observation, and what caused it. */
export interface Event {
  seen: Observation;
  /** What came before it in truth. */
  causes: Event[];
  /** Of these, what the evidence itself says: a place's own sequence, a wire, a hook's devices, an outer header. */
  told: Event[];
  /** A frame for another MAC that is dropped unread, or the flooded copy that led to it. */
  ignored: boolean;
  /** Nothing that was seen tells what led to it, as with a POSTROUTING that is the only hook and knows no way in. */
  unled?: true;
}

interface Ip {
  src: string;
  dst: string;
  ttl: number;
  id: number;
  protocol: number;
}

/** A packet on its way: its outermost IP header, what follows, and what it carries to the other end of a tunnel. */
export interface Packet {
  ip: Ip;
  rest: Header[];
  carried?: { frame: Frame; to: Device };
  stops: readonly Stop[];
  next: number;
  broadcast: boolean;
}

interface Frame {
  mac?: { src: string; dst: string };
  packet: Packet;
}

/** Base chains of netfilter, as iptables makes them. */
const baseChains = {
  prerouting: ['raw', 'mangle', 'nat'],
  input: ['filter', 'mangle'],
  forward: ['filter', 'mangle'],
  output: ['nat', 'filter'],
  postrouting: ['nat', 'mangle'],
} as const;
type HookName = keyof typeof baseChains;

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const headersOf = ({ mac, packet }: Frame, vlan?: number): Header[] => [
  ...(mac ? [{ protocol: 'ether', fields: { ...mac, ...(vlan && { vlan }) } }] : []),
  { protocol: 'ip', fields: { ...packet.ip } },
  ...packet.rest,
  ...(packet.carried ? headersOf(packet.carried.frame) : []),
];

/** The hooks that a place has, which are the same for all its packets. */
export type Hooks = Map<string, Partial<Record<HookName, readonly string[]>>>;

/** Sends packets through a network and writes down what is seen, in one of the orders in which it could happen. */
export class Simulation {
  readonly events: Event[] = [];
  /** Whether the packet got to where it was sent. */
  arrived = false;
  private readonly tape: Tape;
  private readonly hooks: Hooks;
  private readonly part: Part;
  private readonly pending: (() => void)[] = [];
  private readonly lastAt = new Map<string, Event>();
  private readonly orders: Map<string, number>;
  private lossIn: number;
  private isFlooded = false;

  constructor(tape: Tape, part: Part, hooks: Hooks, orders: Map<string, number>) {
    this.tape = tape;
    this.hooks = hooks;
    this.part = part;
    this.orders = orders;
    this.lossIn = tape.chance(15) ? 1 + tape.below(8) : 0;
  }

  /** Sends a packet and lets all that follows from it happen. */
  run(packet: Packet): void {
    this.pending.push(() => this.originate(packet, []));
    while (this.pending.length) this.pending.splice(this.tape.below(this.pending.length), 1)[0]?.();
    for (const event of this.events) this.ignoreFlooded(event);
  }

  private ignoreFlooded(event: Event) {
    const { seen } = event;
    if (seen.kind !== 'sighting' || seen.direction !== 'out' || !this.portsOut.has(event)) return;
    const beyond = this.events.filter(({ causes }) => causes.includes(event) && this.isBeyond(event, causes));
    const arrivals = beyond.filter(({ seen: each }) => each.kind === 'sighting' && each.direction === 'in');
    event.ignored = arrivals.length > 0 && arrivals.every(({ ignored }) => ignored);
  }

  private readonly portsOut = new Set<Event>();
  private readonly isBeyond = (event: Event, causes: Event[]) => causes[0] === event;

  private emit(seen: Observation, causes: (Event | undefined)[], told: (Event | undefined)[] = []): Event {
    const sequence = this.lastAt.get(`${seen.kind} ${seen.place}`);
    const present = (list: (Event | undefined)[]) => list.flatMap((each) => each ?? []);
    const event: Event = {
      seen,
      causes: present([...causes, ...told, sequence]),
      told: present([...told, sequence]),
      ignored: false,
      ...(this.events.length > 0 && !told.length && !sequence && { unled: true as const }),
    };
    this.lastAt.set(`${seen.kind} ${seen.place}`, event);
    this.events.push(event);
    return event;
  }

  private orderAt(kind: string, place: string): number {
    const key = `${kind} ${place}`;
    const order = (this.orders.get(key) ?? 0) + 1 + (this.tape.chance(10) ? 1 : 0);
    this.orders.set(key, order);
    return order;
  }

  private sight(device: Device, direction: Direction, frame: Frame, cause: Event | undefined, more: Sight = {}): Event {
    const headers = headersOf(frame, more.vlan);
    const { place, at } = device;
    const wire = JSON.stringify(headersOf(frame));
    const seen: Sighting = {
      kind: 'sighting',
      part: this.part,
      place,
      device: device.name,
      at,
      direction,
      otherHost: more.otherHost ?? false,
      order: this.orderAt('sighting', place),
      time: BigInt(this.tape.below(1000)),
      headers,
      wire,
      bytes: Buffer.from(wire),
    };
    const event = this.emit(seen, [cause], more.told);
    if (device.portOf && direction === 'out') this.portsOut.add(event);
    return event;
  }

  private chainsOf(place: string, hook: HookName): readonly string[] {
    let own = this.hooks.get(place);
    if (!own) {
      own = {};
      const some = this.tape.chance(60) ? (Object.keys(baseChains) as HookName[]) : [];
      for (const each of some.filter(() => this.tape.chance(60)))
        own[each] = baseChains[each].slice(0, 1 + this.tape.below(2));
      this.hooks.set(place, own);
    }
    return own[hook] ?? [];
  }

  /** Has a packet pass the base chains at a hook; without a packet it was dropped there. */
  private pass(hook: HookName, place: string, packet: Packet, trail: Trail): { packet?: Packet; trail: Trail } {
    let [now, on]: [Packet, Trail] = [packet, trail];
    // Newer kernels tell POSTROUTING by which device a routed packet came.
    const isUntold = hook === 'postrouting' && on.enters && this.tape.chance(50);
    const entering = isUntold ? { ...on, enters: undefined } : on;
    for (const table of this.chainsOf(place, hook)) {
      const { passage, after } = this.judgeAt(hook, table, place, now, entering);
      const event = this.emit(passage, [on.last], isUntold ? [] : on.arrivals);
      on = { ...on, last: event, passed: [...on.passed, event] };
      if (!after) return { trail: on };
      now = after;
    }
    return { packet: now, trail: on };
  }

  private judgeAt(hook: HookName, table: string, place: string, packet: Packet, { enters, leaves }: Trail) {
    const { src, dst, ttl, id, protocol } = packet.ip;
    const translates = table === 'nat' && !packet.carried && this.tape.chance(40);
    const to = `10.9.${this.tape.below(9)}.9`;
    const kind = translates ? 'nat' : this.tape.pick(['silent', 'accept', 'chains', 'drop'] as const);
    const drops = kind === 'drop' && this.tape.chance(15);
    const isSource = hook === 'postrouting' || hook === 'input';
    const endings = {
      nat: { verdict: isSource ? 'snat' : 'dnat', to },
      silent: { verdict: 'accept', policy: true as const },
      accept: { verdict: 'accept' },
      chains: { verdict: 'accept', policy: true as const },
      drop: { verdict: drops ? 'drop' : 'accept' },
    };
    const passage: Passage = {
      kind: 'passage',
      part: this.part,
      place,
      family: 'ip',
      table,
      chain: hook.toUpperCase(),
      hook,
      chains: kind === 'chains' ? this.tape.pick([['KUBE-A'], ['KUBE-A', 'KUBE-B']]) : [],
      ending: endings[kind],
      ...(kind !== 'silent' && { rule: `counter ${endings[kind].verdict}` }),
      ...(enters && hook !== 'output' && { enters: enters.name }),
      ...(leaves && ['output', 'forward', 'postrouting'].includes(hook) && { leaves: leaves.name }),
      ip: { src, dst, ttl, id, protocol },
      order: this.orderAt('passage', place),
    };
    const after = translates ? { ...packet, ip: { ...packet.ip, [isSource ? 'src' : 'dst']: to } } : packet;
    return { passage, after: drops ? undefined : after };
  }

  private originate(packet: Packet, causes: Event[]) {
    const stop = packet.stops[packet.next];
    if (!stop) return;
    const { place } = stop.out;
    const start: Trail = { last: causes[0], arrivals: causes, passed: [], leaves: stop.out };
    const sent = this.pass('output', place, packet, start);
    const left = sent.packet && this.leave(sent.packet, stop, sent.trail);
    if (!left) this.untell(packet, causes);
  }

  /** Where a tunnel's outer packet was never seen, its hooks lie between no frames. */
  private untell({ ip }: Packet, causes: Event[]) {
    for (const event of this.events)
      if (event.seen.kind === 'passage' && event.seen.ip.id === ip.id) {
        event.told = event.told.filter((each) => !causes.includes(each));
        if (!event.told.length && event !== this.events[0]) event.unled = true;
      }
  }

  private leave(packet: Packet, stop: Stop, trail: Trail): boolean {
    const posted = this.pass('postrouting', stop.out.place, packet, { ...trail, leaves: stop.out });
    if (!posted.packet) return false;
    const { broadcast } = packet;
    const isBare = stop.out.tunnel?.mode === 'ipip';
    const mac = { src: stop.out.mac, dst: broadcast ? BROADCAST : stop.next.mac };
    const frame: Frame = { packet: { ...posted.packet, next: packet.next + 1 }, ...(!isBare && { mac }) };
    const told = posted.trail.passed.filter(
      ({ seen }) => seen.kind === 'passage' && seen.leaves === stop.out.name && seen.ip.id === packet.ip.id,
    );
    // What entered a tunnel as another frame comes before each frame with the outer header.
    const inner = packet.carried ? trail.arrivals : [];
    this.transmit(frame, stop.out, posted.trail.last, [...told, ...inner]);
    return true;
  }

  private transmit(frame: Frame, device: Device, cause: Event | undefined, told: Event[] = [], vlan?: number) {
    const event = this.sight(device, 'out', frame, cause, { told, ...(vlan && { vlan }) });
    if (device.own) return this.forward(frame, device.own, undefined, event);
    if (device.lower) return this.transmitBelow(frame, device, device.lower, event);
    if (device.tunnel) return this.encapsulate(frame, device, event);
    if (this.lossIn && --this.lossIn === 0 && !this.isFlooded) return;
    for (const peer of device.peers) this.later(() => this.arrive(frame, peer, event, vlan));
  }

  private transmitBelow(frame: Frame, upper: Device, lower: Device, event: Event) {
    this.later(() => this.transmit(frame, lower, event, [event], upper.vlan));
  }

  private readonly later = (task: () => void) => void this.pending.push(task);

  private encapsulate(frame: Frame, device: Device, event: Event) {
    const { tunnel } = device;
    if (!tunnel) return;
    const { packet } = frame;
    const outer: Packet = {
      ip: {
        src: `192.168.0.${device.place.length}`,
        dst: `192.168.1.${tunnel.remote.place.length}`,
        ttl: 64,
        id: (packet.ip.id * 7 + this.events.length + 1) % 65536,
        protocol: tunnel.mode === 'vxlan' ? 17 : 4,
      },
      rest:
        tunnel.mode === 'vxlan'
          ? [
              { protocol: 'udp', fields: { src: 40000, dst: 8472 } },
              { protocol: 'vxlan', fields: { vni: 1 } },
            ]
          : [],
      carried: { frame, to: tunnel.remote },
      stops: tunnel.stops,
      next: 0,
      broadcast: false,
    };
    // The kernel wraps and sends within the same call: no other copy gets in between.
    this.originate(outer, [event]);
  }

  private arrive(frame: Frame, device: Device, cause: Event, vlan?: number) {
    const isBroadcast = frame.mac?.dst === BROADCAST;
    const otherHost = !!frame.mac && !isBroadcast && frame.mac.dst !== device.mac;
    const event = this.sight(device, 'in', frame, cause, { otherHost, told: [cause], ...(vlan && { vlan }) });
    if (device.portOf) return this.later(() => this.forward(frame, device.portOf, device, event));
    const heard = device.uppers.filter((upper) => upper.vlan === vlan && upper.mac !== frame.mac?.src);
    const uppers = heard.filter((upper) => isBroadcast || upper.mac === frame.mac?.dst);
    for (const upper of uppers) this.later(() => this.takeAt(frame, upper, event));
    if (uppers.length) return;
    // A VLAN device is shown what is addressed to another MAC, and drops it as its parent does.
    for (const upper of heard.filter((each) => each.vlan)) this.later(() => this.overhear(frame, upper, event));
    if (otherHost) event.ignored = true;
    else this.later(() => this.local(frame, device, event, [event]));
  }

  private takeAt(frame: Frame, upper: Device, cause: Event) {
    const event = this.sight(upper, 'in', frame, cause, { told: [cause] });
    this.later(() => this.local(frame, upper, event, [event]));
  }

  private overhear(frame: Frame, upper: Device, cause: Event) {
    this.sight(upper, 'in', frame, cause, { told: [cause], otherHost: true }).ignored = true;
  }

  private forward(frame: Frame, bridge: Bridge | undefined, from: Device | undefined, cause: Event) {
    if (!bridge) return;
    const dst = frame.mac?.dst ?? '';
    const isOwn = dst === bridge.device.mac;
    const flood = dst === BROADCAST || bridge.cold;
    const others = bridge.ports.filter((port) => port !== from || port.hairpin);
    const ports = isOwn ? [] : others.filter((port) => (flood ? true : leadsTo(port, dst)));
    if (ports.length > 1) this.isFlooded = true;
    for (const port of ports) this.later(() => this.transmit(frame, port, cause, [], port.vlan));
    if (from && (isOwn || dst === BROADCAST)) this.later(() => this.takeUp(frame, bridge, cause));
  }

  private takeUp(frame: Frame, bridge: Bridge, cause: Event) {
    const event = this.sight(bridge.device, 'in', frame, cause);
    // Netfilter of bridges may have run PREROUTING before the frame is at the bridge itself: there its port's arrival is told.
    this.later(() => this.local(frame, bridge.device, event, [event], [cause]));
  }

  private local({ packet }: Frame, device: Device, event: Event, arrivals: Event[], early = arrivals) {
    const { place } = device;
    const start: Trail = { last: event, arrivals: early, passed: [], enters: device };
    const entered = this.pass('prerouting', place, packet, start);
    if (!entered.packet) return;
    entered.trail.arrivals = arrivals;
    const stop = packet.broadcast ? undefined : packet.stops[packet.next];
    if (stop) return this.route(entered.packet, stop, entered.trail);
    const taken = this.pass('input', place, entered.packet, entered.trail);
    if (!taken.packet) return;
    const { carried } = packet;
    if (!carried) {
      this.arrived = true;
      return;
    }
    const { last, passed } = taken.trail;
    const bare = this.sight(carried.to, 'in', carried.frame, last, { told: passed });
    if (carried.to.portOf) this.later(() => this.forward(carried.frame, carried.to.portOf, carried.to, bare));
    else this.later(() => this.local(carried.frame, carried.to, bare, [bare]));
  }

  private route(packet: Packet, stop: Stop, trail: Trail) {
    const routed = { ...packet, ip: { ...packet.ip, ttl: packet.ip.ttl - 1 } };
    const forwarded = this.pass('forward', stop.out.place, routed, { ...trail, leaves: stop.out });
    if (forwarded.packet) this.leave(forwarded.packet, stop, forwarded.trail);
  }
}

interface Sight {
  otherHost?: boolean;
  told?: Event[];
  vlan?: number;
}

/** A packet's way through the hooks of a place: by which device, since which arrival, and what it passed. */
interface Trail {
  last: Event | undefined;
  arrivals: Event[];
  passed: Event[];
  enters?: Device | undefined;
  leaves?: Device | undefined;
}

/** Whether a port leads to a MAC, over whatever bridges are beyond. */
function leadsTo(port: Device, mac: string): boolean {
  const ends = port.tunnel ? [port.tunnel.remote] : port.peers;
  return ends.some((end) => {
    if (end.uppers.some((upper) => upper.mac === mac)) return true;
    const { portOf } = end;
    if (!portOf) return end.mac === mac;
    return portOf.device.mac === mac || portOf.ports.some((other) => other !== end && leadsTo(other, mac));
  });
}
