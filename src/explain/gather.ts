import type { Passage, Sighting } from '../judge/observation.ts';
import { inOrder } from '../judge/walk.ts';
import { AT_ONCE } from '../observe/at-most.ts';
import type { Live, Sent } from '../observe/sent.ts';
import { isIp } from '../packet/index.ts';
import { type Again, isSameWay, lookAgain, type Repeated } from './again.ts';
import { type Ask, asking, onceEach } from './ask.ts';
import { askedBetween } from './asked-between.ts';
import { concerned, endsWithoutCarrier } from './concerned.ts';
import type { Loss } from './explain.ts';
import type { Facts } from './facts.ts';
import { filterCommands } from './filters.ts';
import { ruleCommand } from './iptables.ts';
import { daemonsAt, daemonsBeside } from './lab-daemons.ts';
import { legacyCommands } from './legacy-tables.ts';
import { type Lookup, lookUp, routeGet } from './lookup.ts';
import { type Owners, ownersAmong } from './owners.ts';
import { packetThere, translated } from './packet-there.ts';
import { type Site, siteOf } from './site.ts';
import { type Difference, differencesOf } from './state/compare.ts';
import { linesIn } from './state/ip-lines.ts';
import type { PlaceState, States } from './state/place-state.ts';
import { readStates } from './state/read.ts';
import { virtualServersOf } from './virtual-servers.ts';
import { withdrawn } from './withdrawn.ts';

/** A loss, where it happened, and which places may be to blame. */
interface Located {
  loss: Loss;
  site: Site;
  places: string[];
}

/** Of the time, the share that is left for what is asked once a packet was sent again. */
const AFTER = 0.3;

/** Gathers the facts about some losses until a moment, by this process's clock: each place is asked once, whoever lost a packet there. */
export async function gatherFacts(
  live: Live,
  losses: readonly Loss[],
  before: States,
  untilMs: number,
): Promise<Facts[]> {
  const owners = await ownersAmong(live.runtime, [...live.watch.places]);
  const located = losses.map((loss): Located => {
    const lost = locate(live, loss, loss.sent);
    const { watch } = live;
    const site = askedBetween(lost, loss.sent.seen, { wires: watch.wires(), peerOf: watch.peerOf }) ?? lost;
    return { loss, site, places: concerned(live, site, loss, owners) };
  });
  const places = [...new Set(located.flatMap((each) => each.places))];
  const ask = onceEach(asking(live.runtime, untilMs));
  const [states, beside, connections, virtualServers, again] = await Promise.all([
    statesAround(live, places, untilMs),
    daemonsBeside(live, places, ask),
    Promise.all(located.map(({ site, loss }) => connectionsOf(ask, site, requestOf(live, loss)))),
    Promise.all(located.map(({ site }) => virtualServersOf(ask, site))),
    lookAgain(
      live,
      located.map(({ loss, site, places }): Repeated => ({ ...loss, site, places })),
      untilMs - AFTER * (untilMs - performance.now()),
    ),
  ]);
  const daemons = [...daemonsAt(states), ...beside];
  const repeated = located.map((each, i) => sameAgain(each, again[i]) ?? borrowed(located, again, i));
  const ledTo = located.map(({ loss }, i) => ownersOfTranslated(loss.sent, repeated[i], owners));
  const lost = located.map(({ site }) => placesWithdrawn(live, differencesOf(before, states), site, owners));
  const known = await withStatesOf(live, [...ledTo, ...lost].flat(), states, untilMs);
  return Promise.all(
    located.map(async (each, i) => {
      const around = new Set([
        ...each.places,
        ...endsWithoutCarrier(live, each.places, states),
        ...ledTo[i]!,
        ...lost[i]!,
      ]);
      const now = new Map([...around].flatMap((place) => (known.has(place) ? [[place, known.get(place)!]] : [])));
      const facts = factsOf(live, each, now, repeated[i]);
      return {
        ...facts,
        changes: differencesOf(before, now),
        isProven: before.size > 0,
        daemons,
        connections: connections[i]!,
        virtualServers: virtualServers[i]!,
        lookups: await lookups(ask, facts),
        ...(each.loss.isOver && { holders: await holdersAt(ask, each.site.place) }),
      };
    }),
  );
}

/** What some places are like, and those at the other ends of their cables that carry nothing. */
async function statesAround(live: Live, places: string[], untilMs: number): Promise<Map<string, PlaceState>> {
  const states = await withStatesOf(live, places, new Map(), untilMs);
  return withStatesOf(live, endsWithoutCarrier(live, places, states), states, untilMs);
}

/** What places are like that is known, and what some of them are of which it is not. */
async function withStatesOf(
  { runtime, plan }: Live,
  places: readonly string[],
  states: Map<string, PlaceState>,
  untilMs: number,
): Promise<Map<string, PlaceState>> {
  const more = [...new Set(places)].filter((place) => !states.has(place) && runtime.has(place));
  if (!more.length) return states;
  const timeoutMs = untilMs - performance.now();
  return new Map([...states, ...(await readStates(runtime, plan, more, { timeoutMs, atOnce: AT_ONCE }))]);
}

/** The places that have an address which netfilter translated a packet's destination to: it may be that nothing was seen of it then. */
const ownersOfTranslated = (sent: Sent, again: Again | undefined, owners: Owners): string[] =>
  passagesWith(sent, again?.sent).flatMap((each) => owners.get(translated(each) ?? '') ?? []);

/** The neighbours by which a routing daemon's routes led that it has taken back, and the places that its cables lead to. */
const placesWithdrawn = ({ watch }: Live, changes: readonly Difference[], site: Site, owners: Owners): string[] =>
  withdrawn(changes, site).flatMap(({ place, device, via }) => [
    ...(owners.get(via) ?? []),
    ...(watch.peerOf(`${place}:${device}`)?.split(':').slice(0, 1) ?? []),
  ]);

/** What was seen of a packet that was sent again, unless that took another way: another endpoint, another route of equal ones. */
const sameAgain = ({ loss }: Located, again: Again | undefined): Again | undefined =>
  again && isSameWay(loss.sent, again.sent) ? again : undefined;

/** What was seen of another packet that was lost at the same place, on its way to the same: netfilter's refusal, and the kernel's. */
function borrowed(located: readonly Located[], again: readonly (Again | undefined)[], i: number): Again | undefined {
  const { site } = located[i]!;
  const same = located.findIndex((other, at) => again[at] && isSameLoss(other.site, site));
  const found = again[same];
  const ip = site.headers.find(({ protocol }) => protocol === 'ip')?.fields;
  if (!found || !ip) return undefined;
  const ends = { src: String(ip.src), dst: String(ip.dst) };
  const observations = found.sent.observations.flatMap((each) =>
    each.kind === 'passage' && isRefusal(each.ending?.verdict) ? [{ ...each, ip: { ...each.ip, ...ends } }] : [],
  );
  return { ...found, sent: { ...found.sent, observations } };
}

const isSameLoss = (a: Site, b: Site): boolean =>
  a.kind === b.kind &&
  a.part === b.part &&
  a.place === b.place &&
  a.last?.device === b.last?.device &&
  a.next?.device === b.next?.device &&
  a.headers.length === b.headers.length;

const isRefusal = (verdict: string | undefined) => verdict === 'drop' || verdict === 'reject';

const passagesOf = ({ observations }: Sent): Passage[] =>
  observations.flatMap((each) => (each.kind === 'passage' ? [each] : []));

/**
 * What netfilter did with a packet: where it was traced itself, that; else what its repetition met, which another one may be, as where
 * connection tracking knows it by then.
 */
function passagesWith(sent: Sent, again: Sent | undefined): Passage[] {
  const own = passagesOf(sent);
  const isKnown = ({ place, part }: Passage) => own.some((each) => each.place === place && each.part === part);
  return [...own, ...(again ? passagesOf(again).filter((each) => !isKnown(each)) : [])];
}

function factsOf(live: Live, { loss, site }: Located, now: Facts['now'], again: Again | undefined): Facts {
  const { sent, walk } = loss;
  const wayThere = requestOf(live, loss);
  const [asked] = wayThere.flatMap(addressesIn('dst'));
  return {
    plan: live.plan,
    site,
    sent: { ...sent.ran, ...sent.send },
    ...(walk && !site.instead && { walk }),
    wayThere,
    askedFor: asked,
    seen: sent.seen,
    wires: live.watch.wires(),
    now,
    changes: [],
    isProven: false,
    daemons: [],
    moved: again?.moved ?? [],
    passages: passagesWith(sent, again?.sent),
    kernelDrops: again?.kernelDrops ?? [],
    lookups: [],
    connections: new Map(),
    virtualServers: new Map(),
    isSentAgain: again !== undefined,
    passedAgain:
      !site.instead && again?.sent !== undefined && locate(live, loss, again.sent).way.length > site.way.length,
  };
}

function locate({ watch }: Live, { walk, errand }: Loss, sent: Sent): Site {
  const wires = watch.wires();
  const ordered = sightingsIn(sent, wires);
  const { from, command } = errand.send;
  const [to] = /\b\d+(?:\.\d+){3}\b|(?<![\w:])[\da-f]*(?::[\da-f]*){2,7}(?![\w:])/i.exec(command) ?? [];
  return siteOf(ordered, { from, to, wires, peerOf: watch.peerOf }, walk);
}

const sightingsIn = ({ observations }: Sent, wires: Facts['wires']): Sighting[] =>
  inOrder(observations, wires).observations.flatMap((each) => (each.kind === 'sighting' ? [each] : []));

const sightingsOf = ({ watch }: Live, sent: Sent) => sightingsIn(sent, watch.wires());
const requestOf = (live: Live, { sent }: Loss) => sightingsOf(live, sent).filter(({ part }) => part === 'request');

/** Addresses of a packet's IP headers, outermost first. */
const addressesIn =
  (...ends: ('src' | 'dst')[]) =>
  ({ headers }: Pick<Site, 'headers'>): string[] =>
    headers.flatMap((header) => (isIp(header) ? ends.map((end) => String(header.fields[end])) : []));

/** The connections that the packet may belong to, where it was last seen and where it was changed, if it was. */
async function connectionsOf(ask: Ask, site: Site, wayThere: readonly Sighting[]): Promise<Map<string, string[]>> {
  const addresses = [site, ...wayThere.slice(0, 1)].flatMap(addressesIn('src', 'dst'));
  const places = [site.place, site.changed?.before?.place, site.turn?.place, site.next?.place];
  const lists = [...new Set(places.flatMap((place) => place ?? []))].map(async (place) => {
    const ran = await ask(place, 'conntrack -L 2>/dev/null || true');
    const lines = (ran?.stdout ?? '').split('\n').map((line) => line.replace(/\s+/g, ' ').trim());
    return [place, lines.filter((line) => addresses.some((each) => `${line} `.includes(`=${each} `)))] as const;
  });
  return new Map(await Promise.all(lists));
}

/** Who has the TCP sockets of a place. */
async function holdersAt(ask: Ask, place: string): Promise<string[]> {
  const ran = await ask(place, 'ss -H -t -a -n -p');
  return linesIn(ran?.stdout ?? '');
}

/** The questions that only the kernel can answer, about this very packet. */
async function lookups(ask: Ask, facts: Facts): Promise<Lookup[]> {
  const packet = packetThere(facts, isIp);
  const { kind, place } = facts.site;
  const deciding = facts.passages.flatMap((each) => {
    const command = isRefusal(each.ending?.verdict) && ruleCommand(each);
    return command ? [lookUp(ask, each.place, command)] : [];
  });
  const rules = (await Promise.all(deciding)).flat();
  const isAsked = packet && kind !== 'on a wire';
  const way = isAsked ? await lookUp(ask, place, routeGet(packet)) : [];
  const filters = [...filterCommands({ ...facts, lookups: way }), ...legacyCommands(facts)];
  return [
    ...rules,
    ...way,
    ...(await Promise.all(filters.map((each) => lookUp(ask, each.place, each.command)))).flat(),
  ];
}
