import type { Header } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { markByRules, markText } from '../marks.ts';
import { isOwn } from '../packet-there.ts';
import { linkOf } from '../place.ts';
import { movedBy, saying } from '../signs.ts';
import { changeOf } from '../since.ts';
import { devicesOf, isAddress6, prefixOf, routeFor } from '../state/fib.ts';
import { holdersOf, isTunnel, tunnelOf, vtepFor, wrappingOf } from '../tunnel.ts';
import type { CauseKind } from './kind.ts';
import { ledBy, ruleIsNew, showLedBy } from './led-by.ts';
import { undoing } from './routes.ts';
import { type Handed, handed, showDevice } from './tunnel-begin.ts';
import { tunnelEntries } from './tunnel-entries.ts';
import { noRemote } from './tunnel-remote.ts';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const noEntry: CauseKind = {
  name: 'VTEP unknown',
  read: ['bridge(8), fdb', 'RFC 7348, section 4.2'],
  tell(facts) {
    const here = handed(facts);
    if (!here || here.vtep || !here.mac || here.link.kind !== 'vxlan' || here.state.unread.includes('fdb')) return [];
    const { place, link, mac, state } = here;
    const owner = holdersOf(facts, mac).find((each) => each.link.kind === 'vxlan' && each.place !== place);
    const gone = changeOf(
      facts,
      place,
      'fdb entry',
      ({ subject, change }) => change === 'gone' && subject === `${mac} dev ${link.name}`,
    );
    const asked =
      mac === BROADCAST ? here.facts.site.headers.find(({ protocol }) => protocol === 'arp')?.fields.tpa : undefined;
    const unknown = changeOf(
      facts,
      place,
      'neighbour',
      ({ subject, change, device }) => change === 'gone' && subject === asked && device === link.name,
    );
    const lladdr = / lladdr (\S+)/.exec(unknown?.before ?? '')?.[1];
    const remote = owner && tunnelOf(owner.link).local;
    const neighbour = state.neighbours.find((each) => each.mac === mac && each.device === link.name);
    const whose = owner
      ? `, which is ${owner.place}’s ${owner.link.name}`
      : neighbour
        ? `, at which its neighbour table has ${neighbour.address}`
        : '';
    return [
      {
        sentence: `${place}’s ${link.name} does not know where to send what goes to ${mac === BROADCAST ? 'all (a broadcast, as an ARP request is)' : `${mac}${whose}`}: bridge fdb has no entry for ${mac === BROADCAST ? 'that (00:00:00:00:00:00)' : 'it, nor one for all others'}${unknown ? `; it asks since ${unknown.sentence}` : ''}`,
        confidence: 'certain',
        place,
        supports: saying(
          [gone, `${gone?.sentence}`],
          [unknown, `${unknown?.sentence}`],
          [movedBy(facts, place, `${link.name} tx drop`), `${place} counted it as dropped (${link.name}, tx drop)`],
        ),
        show: [...showDevice(here), { place, command: `ip neigh show dev ${link.name}` }],
        ...(lladdr && {
          fix: { place, command: `ip neigh replace ${asked} lladdr ${lladdr} dev ${link.name} nud permanent` },
        }),
        ...(remote && {
          fix: { place, command: `bridge fdb append ${mac} dev ${link.name} dst ${remote} self permanent` },
        }),
      },
    ];
  },
};

const toItself: CauseKind = {
  name: 'tunnel to itself',
  read: ['ip-link(8), VXLAN', 'bridge(8), fdb'],
  tell(facts) {
    const here = handed(facts);
    if (!here?.vtep || !isOwn(facts, here.place, here.vtep.address)) return [];
    const { place, link, vtep } = here;
    const { address, entry } = vtep;
    const { local } = tunnelOf(link);
    const bound =
      local === address ? ` (${link.name} is bound to local ${local}, which the other end seems to have, too)` : '';
    return [
      {
        sentence: `${place}’s ${link.name} wraps it for ${address}, which is ${place}’s own address: it never leaves ${place}${bound}`,
        confidence: 'certain',
        place,
        supports: saying([entry, `bridge fdb: ${entry}`]),
        show: [{ place, command: `ip route get ${address}` }, ...showDevice(here)],
        entails: ['wrong VTEP', 'wrong route'],
      },
    ];
  },
};

/** The outer packet, which was never seen, has no way; or its place takes it for its own by a route of type local. */
const outerWay = (name: 'no route for the tunnel' | 'local route'): CauseKind => ({
  name,
  read: [name === 'local route' ? 'ip-route(8), local' : 'ip-route(8)', 'ip-link(8), VXLAN'],
  tell(facts) {
    const here = handed(facts);
    if (!here?.vtep || isOwn(facts, here.place, here.vtep.address) || here.state.unread.includes('routes')) return [];
    const { place, state, link, vtep } = here;
    const { local } = tunnelOf(link);
    const mark = markByRules(facts, { place, headers: outerHeaders(here, vtep.address) });
    const to = { dst: vtep.address, ...(local && { src: local }), ...(mark && { mark: mark.value }) };
    const found = routeFor(state, to);
    const ip = isAddress6(vtep.address) ? 'ip -6' : 'ip';
    const led = { place, found, ip, packet: mark ? { mark } : {} } as const;
    const isOwnByRoute = found?.route.type === 'local';
    if (isOwnByRoute !== (name === 'local route')) return [];
    const fails = !found
      ? `and has no route to ${vtep.address}`
      : isOwnByRoute
        ? `and takes that address for its own by the route ${found.route.text}`
        : found.route.type !== 'unicast'
          ? `and ${found.route.text} takes what goes there`
          : devicesOf(found.route).includes(link.name)
            ? `and routes that into ${link.name} again: ${found.route.text}`
            : undefined;
    if (!fails) return [];
    const gone = changeOf(facts, place, 'route', ({ subject }) => prefixOf(subject).holds(vtep.address));
    const fix = ruleIsNew(facts, led) ?? (gone && undoing(place, gone, ip));
    return [
      {
        sentence: `${place}’s ${link.name} wraps it for ${vtep.address}, ${fails}${ledBy(led)}${gone ? `; ${gone.sentence}` : ''}`,
        confidence: 'certain',
        place,
        supports: saying([
          movedBy(facts, place, `${link.name} tx carrier`) +
            movedBy(facts, place, `${link.name} tx errs`) +
            movedBy(facts, place, `${link.name} tx colls`),
          `${place} counted an error of ${link.name}`,
        ]),
        show: [
          { place, command: `${ip} route get ${vtep.address}${mark ? ` mark ${markText(mark.value)}` : ''}` },
          ...showLedBy(led),
          ...showDevice(here),
        ],
        ...(fix && { fix }),
        // What it takes for its own it unwraps, and routes into the tunnel again.
        ...(isOwnByRoute && { entails: ['wrong route'] }),
      },
    ];
  },
});

/** What a tunnel puts around a packet, as far as rules can tell before it was ever seen. */
export function outerHeaders({ link }: Handed, dst: string): Header[] {
  const { local, port } = tunnelOf(link);
  const carrier =
    port === undefined ? { protocol: link.kind ?? '', fields: {} } : { protocol: 'udp', fields: { dst: port } };
  return [{ protocol: isAddress6(dst) ? 'ip6' : 'ip', fields: { dst, ...(local && { src: local }) } }, carrier];
}

const localMissing: CauseKind = {
  name: 'tunnel source address missing',
  read: ['ip-link(8), VXLAN', 'ip-tunnel(8)'],
  tell(facts) {
    const here = handed(facts);
    const local = here && tunnelOf(here.link).local;
    if (!here || !local || isOwn(facts, here.place, local)) return [];
    const { place, link } = here;
    return [
      {
        sentence: `${place}’s ${link.name} wraps with source ${local} (local ${local}), which is no address of ${place}: nothing can be sent from it`,
        confidence: 'certain',
        place,
        show: [...showDevice(here), { place, command: 'ip -br -4 address' }],
      },
    ];
  },
};

/** It left wrapped, for another end than the one whose MAC is on the frame inside. */
const wrongVtep: CauseKind = {
  name: 'wrong VTEP',
  read: ['bridge(8), fdb', 'RFC 7348, section 4.1'],
  tell(facts) {
    const by = wrappedFor(facts);
    if (!by) return [];
    const { place, state, link, mac, address } = by;
    const owner = holdersOf(facts, mac).find((each) => each.link.kind === link.kind && each.place !== place);
    const due = owner && tunnelOf(owner.link).local;
    if (!owner || due === address || isOwn(facts, owner.place, address)) return [];
    const entry = vtepFor(state, link, mac)?.entry;
    const changed = changeOf(facts, place, 'fdb entry', ({ subject }) => subject === `${mac} dev ${link.name}`);
    return [
      {
        sentence: `${place}’s ${link.name} sends what goes to ${mac} to ${address}${entry ? ` (bridge fdb: ${entry})` : ''}, but that MAC is ${owner.place}’s ${owner.link.name}${due ? ` at ${due}` : ''}`,
        confidence: 'certain',
        place,
        supports: saying(
          [changed, `${changed?.sentence}`],
          [due, `${owner.place}’s ${owner.link.name} has local ${due}`],
        ),
        show: [
          { place, command: `bridge fdb show dev ${link.name}` },
          { place: owner.place, command: `ip -d link show dev ${owner.link.name}` },
        ],
        ...(due &&
          entry && { fix: { place, command: `bridge fdb replace ${mac} dev ${link.name} dst ${due} self permanent` } }),
      },
    ];
  },
};

/** The device that wrapped it, the MAC inside, and the address for which it was wrapped or is about to be. */
function wrappedFor(facts: Facts) {
  const here = handed(facts);
  if (here?.mac && here.vtep) return { ...here, mac: here.mac, address: here.vtep.address };
  const wrapping = wrappingOf(facts.site.headers);
  const sighting = facts.site.way.findLast(
    ({ device, place, direction }) => direction === 'out' && isTunnel(linkOf(facts, place, device)),
  );
  const link = sighting && linkOf(facts, sighting.place, sighting.device);
  const state = sighting && facts.now.get(sighting.place);
  if (!wrapping?.innerMac || !link || !state) return undefined;
  const mac = wrapping.innerMac.dst;
  // What NAT made of it is not the device's doing.
  return { place: sighting.place, state, link, mac, address: vtepFor(state, link, mac)?.address ?? wrapping.dst };
}

export const tunnelsOut: CauseKind[] = [
  noEntry,
  toItself,
  outerWay('no route for the tunnel'),
  outerWay('local route'),
  localMissing,
  noRemote,
  wrongVtep,
  ...tunnelEntries,
];
