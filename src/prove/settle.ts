import { setTimeout } from 'node:timers/promises';
import type { Watch } from '../observe/watch.ts';
import type { Plan, Step } from '../plan/plan.ts';
import type { Interface, Runtime } from '../runtime/runtime.ts';

const [PATIENCE_MS, POLL_MS] = [5000, 5];

/** The interfaces of some places as they were read last, and where their wires end. */
export type Interfaces = Pick<Watch, 'refresh' | 'interfacesOf' | 'peerOf'>;

/** What some places' interfaces are like at one moment, by place. */
export interface Moment {
  interfaces: ReadonlyMap<string, readonly Interface[]>;
  /** The devices of each place with an IPv6 address that cannot be used yet. */
  tentative: ReadonlyMap<string, string[]>;
  /** The other end of a wire, as `PLACE:DEVICE`. */
  peerOf(at: string): string | undefined;
}

/** A device of a place, and what it is looked at together with. */
interface Looked {
  at: string;
  device: Interface;
  others: readonly Interface[];
  peer: Interface | undefined;
}

/** What is waited for: carriers and ports of bridges and bonds, IPv6 addresses that can be used, or both. */
type Awaited = 'all' | 'wires' | 'addresses';

/** The conditions that will hold once the kernel has done all that follows from what was typed, and do not yet. */
export function unsettled({ interfaces, tentative, peerOf }: Moment, awaited: Awaited = 'all'): string[] {
  const named = new Map<string, Interface>(
    [...interfaces].flatMap(([place, list]) => list.map((each) => [`${place}:${each.name}`, each] as const)),
  );
  return [...interfaces].flatMap(([place, others]) =>
    others.flatMap((device) => {
      const at = `${place}:${device.name}`;
      const looked = { at, device, others, peer: named.get(peerOf(at) ?? '') };
      const waits = tentative.get(place)?.includes(device.name) && device.hasCarrier;
      const addresses = waits ? [`the IPv6 addresses of ${at} can be used`] : [];
      return awaited === 'addresses' ? addresses : [...ofDevice(looked), ...addresses];
    }),
  );
}

const ofDevice = (looked: Looked) => [ofWire, ofPort, ofBridge, ofBond, ofStack].flatMap((tell) => tell(looked));

const isVeth = (device: Interface | undefined) => device?.kind === 'veth';

/** What else than a veth pair is a wire does not lose its carrier when its other end is switched off. */
function ofWire({ at, device, peer }: Looked): string[] {
  if (!device.isOn) return [];
  if (peer?.isOn) return device.hasCarrier && device.isUp ? [] : [`${at} is up`];
  if (peer && isVeth(device) && isVeth(peer)) return device.hasCarrier || device.isUp ? [`${at} is down`] : [];
  return isVeth(device) && device.hasCarrier !== device.isUp ? [`${at} is ${device.hasCarrier ? 'up' : 'down'}`] : [];
}

/** A bridge is told by linkwatch of a port's carrier (br_port_carrier_check); what is up and disabled was disabled by hand. */
function ofPort({ at, device, others }: Looked): string[] {
  const { master, masterKind, portState, isOn, isUp, hasCarrier } = device;
  const bridge = others.find(({ index }) => index === master);
  if (masterKind !== 'bridge' || portState === undefined || !bridge?.isOn) return [];
  const isDisabled = portState === 0;
  if (isOn && hasCarrier) return isDisabled && !isUp ? [`${at} is enabled as a port of ${bridge.name}`] : [];
  return isDisabled ? [] : [`${at} is disabled as a port of ${bridge.name}`];
}

/** BR_STATE_FORWARDING of linux/if_bridge.h. */
const FORWARDING = 3;

/**
 * A bridge has a carrier while a port of it forwards (br_port_state_selection), one that never had a port as well; it sends, or
 * sends no more, once linkwatch has acted upon that.
 */
function ofBridge({ at, device, others }: Looked): string[] {
  const { kind, index, isOn, hasCarrier, isRunning } = device;
  if (kind !== 'bridge' || !isOn) return [];
  const forwards = others.some(({ master, portState }) => master === index && portState === FORWARDING);
  if (forwards && !hasCarrier) return [`${at} has a carrier`];
  return hasCarrier === isRunning ? [] : [`${at} is ${hasCarrier ? 'up' : 'down'}`];
}

/** BOND_LINK_UP and BOND_LINK_DOWN of net/bonding.h. */
const [BOND_UP, BOND_DOWN] = [0, 2];

/**
 * A bond looks at its ports' carriers now and then (linux/bonding.rst, miimon), has one itself while a port is up, and sends, or
 * sends no more, once linkwatch has acted upon that. One that never looks keeps what it had.
 */
function ofBond({ at, device, others }: Looked): string[] {
  const { kind, index, isOn, hasCarrier, isRunning, miimon } = device;
  if (kind !== 'bond' || !isOn || !miimon) return [];
  const ports = others.filter(({ master }) => master === index);
  const waiting = ports.filter(({ hasCarrier, miiStatus }) => miiStatus !== (hasCarrier ? BOND_UP : BOND_DOWN));
  if (waiting.length) return waiting.map(({ name }) => `${at} knows the carrier of ${name}`);
  if (hasCarrier && !ports.some((port) => port.hasCarrier)) return [`${at} has no carrier`];
  return hasCarrier === isRunning ? [] : [`${at} is ${hasCarrier ? 'up' : 'down'}`];
}

const stacked = new Set(['vlan', 'macvlan', 'macvtap']);

function ofStack({ at, device, others }: Looked): string[] {
  const { link, kind = '', isOn, hasCarrier } = device;
  const lower = link && link.netnsid === undefined ? others.find(({ index }) => index === link.index) : undefined;
  if (!stacked.has(kind) || !isOn || !lower?.isOn || hasCarrier === lower.hasCarrier) return [];
  return [`${at} has ${lower.hasCarrier ? 'the' : 'no'} carrier of ${lower.name}`];
}

/** How it is waited until what was typed has taken effect. */
export interface Settling {
  /** How long at most: 5 s where it is left out. */
  patienceMs?: number;
  /** The interfaces have been read since the last line was typed: they are looked at as they are before they are read again. */
  isJustRead?: boolean;
  awaited?: Awaited;
}

/** A line that is as well typed while an IPv6 address is still tried out (RFC 4862, section 5.4): it starts no program that would use it. */
const usesNoAddress = /^(ip|bridge|sysctl)( (?!src |exec )[\w./:=@%,+-]+)*$/;

/** Whether a step may need the addresses that were given before it. */
export const needsAddresses = ({ commands = [] }: Pick<Step, 'commands'>): boolean =>
  commands.some(({ lines }) => lines.some((line) => !usesNoAddress.test(line)));

/** Waits until what was typed at some places has taken effect; returns the conditions that did not come to hold in time. */
export async function settled(
  runtime: Pick<Runtime, 'tentative'>,
  known: Interfaces,
  places: string[],
  { patienceMs = PATIENCE_MS, isJustRead = false, awaited = 'all' }: Settling = {},
): Promise<string[]> {
  const late = performance.now() + patienceMs;
  for (let isRead = isJustRead; ; isRead = false) {
    const left = unsettled(await read(runtime, known, places, { isRead, awaited }), awaited);
    if (!left.length || performance.now() >= late) return left;
    await setTimeout(POLL_MS);
  }
}

/**
 * Waits after each step of setting up until it has taken effect, and tells what did not come to hold in time. IPv6 addresses are waited
 * for where the next step may need them, and after the last one.
 */
export function afterSteps(plan: Plan, runtime: Runtime): (step: Step, next: Step | undefined) => Promise<string[]> {
  const known = interfacesOf(runtime, plan);
  let owed: string[] = [];
  return async ({ commands = [] }, next) => {
    const places = commands.map(({ place }) => place);
    if (next && !needsAddresses(next)) {
      owed.push(...places);
      return settled(runtime, known, places, { awaited: 'wires' });
    }
    const earlier = owed.filter((place) => !places.includes(place));
    owed = [];
    return [
      ...(await settled(runtime, known, places)),
      ...(await settled(runtime, known, [...new Set(earlier)], { awaited: 'addresses' })),
    ];
  };
}

/** Reads anew the interfaces of places, and of those where their wires end, unless they are read. */
async function read(
  runtime: Pick<Runtime, 'tentative'>,
  known: Interfaces,
  places: string[],
  { isRead, awaited }: { isRead: boolean; awaited: Awaited },
): Promise<Moment> {
  const tentative = new Map<string, string[]>();
  const readAt = async (some: string[]) => {
    if (!some.length) return;
    const [lists = []] = await Promise.all([
      awaited === 'wires' ? undefined : runtime.tentative(some),
      isRead || known.refresh(some),
    ]);
    for (const [place, devices] of lists) tentative.set(place, devices);
  };
  const near = withFarEnds(known, places);
  await readAt(near);
  const all = [...new Set([...near, ...withFarEnds(known, places)])];
  await readAt(all.filter((place) => !near.includes(place)));
  const interfaces = new Map(all.map((place) => [place, known.interfacesOf(place)]));
  return { interfaces, tentative, peerOf: (at) => known.peerOf(at) };
}

function withFarEnds({ interfacesOf, peerOf }: Interfaces, places: string[]): string[] {
  const far = places.flatMap((place) =>
    interfacesOf(place).flatMap(({ name }) => peerOf(`${place}:${name}`)?.split(':')[0] ?? []),
  );
  return [...new Set([...places, ...far])];
}

/** The interfaces of a lab that is not watched yet: of its wires, its cables are known. */
export function interfacesOf(runtime: Pick<Runtime, 'has' | 'interfaces'>, { links }: Pick<Plan, 'links'>): Interfaces {
  const lists = new Map<string, Interface[]>();
  const peers = new Map<string, string>(
    links.flatMap(({ ends: [a, b] }) => [
      [`${a.place}:${a.interface}`, `${b.place}:${b.interface}`] as const,
      [`${b.place}:${b.interface}`, `${a.place}:${a.interface}`] as const,
    ]),
  );
  return {
    async refresh(places = []) {
      for (const [place, list] of await runtime.interfaces(places)) lists.set(place, list);
    },
    interfacesOf: (place) => lists.get(place) ?? [],
    peerOf: (at) => {
      const peer = peers.get(at);
      return peer && runtime.has(peer.split(':')[0]!) ? peer : undefined;
    },
  };
}

/** That some conditions did not come to hold, in a sentence. */
export const notSettled = (conditions: string[], patienceMs = PATIENCE_MS): string =>
  `within ${patienceMs / 1000} s it did not come to be so that ${conditions.join(', that ')}`;
