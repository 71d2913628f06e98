import type { Facts } from './facts.ts';
import type { PacketThere } from './packet-there.ts';
import { changeOf, routeText } from './since.ts';
import type { Difference } from './state/compare.ts';
import { type FoundRoute, isAddress6, prefixOf, routeFor, vrfFor } from './state/fib.ts';
import type { PlaceState, RuleState } from './state/place-state.ts';

/** What comes in by an interface: a packet, or a question by ARP, whose destination is the address that is asked for. */
export type Incoming = Pick<PacketThere, 'src' | 'dst'> & Partial<PacketThere> & { iif: string };

/** Why a place does otherwise with what comes in than its addresses would have it, what shows that, and what mends it. */
export interface Misled {
  what: string;
  supports: string[];
  show: string[];
  fix: string;
}

type Known = Pick<Facts, 'now' | 'changes'>;

/** A place with its policy rules and routes, of the version of IP of an address. */
interface Ruled {
  place: string;
  state: PlaceState;
  /** How ip(8) is called for that version, and what a change of a rule of it is called. */
  ip: 'ip' | 'ip -6';
  what: 'rule' | 'IPv6 rule';
  rules: readonly RuleState[];
}

/** The types of routes by which what comes in is a place's own (ip-route(8), ROUTE TYPES). */
const own = new Set(['local', 'broadcast', 'multicast', 'anycast']);

function ruled({ now }: Known, place: string, address: string): Ruled | undefined {
  const state = now.get(place);
  const is6 = isAddress6(address);
  if (!state || (['links', 'routes', is6 ? 'rules6' : 'rules'] as const).some((part) => state.unread.includes(part)))
    return undefined;
  return is6
    ? { place, state, ip: 'ip -6', what: 'IPv6 rule', rules: state.rules6 }
    : { place, state, ip: 'ip', what: 'rule', rules: state.rules };
}

/**
 * Why a place does not take what comes for an address of its interfaces for its own: the address is in table local alone (ip-rule(8)),
 * and another rule is asked before that for this table, or none is for it, or the table lacks it.
 */
export function routedAway(facts: Known, place: string, incoming: Incoming): Misled | undefined {
  const { src, dst, iif, mark, protocol, sport, dport } = incoming;
  const at = ruled(facts, place, dst);
  const owner = at?.state.links.find(({ addresses }) => addresses.some(({ address }) => address === dst));
  if (!at || !owner?.flags.includes('UP') || vrfFor(at.state.links, owner.name)) return undefined;
  const found = routeFor(at.state, { src, dst, iif, protocol, sport, dport, mark: mark?.value });
  if (found && own.has(found.route.type)) return undefined;
  const locals = (at.ip === 'ip' ? at.state.routes : at.state.routes6).filter(({ table }) => table === 'local');
  // Where that is empty, lo has never been up, and no packet goes anywhere.
  if (!locals.length) return undefined;
  const isThere = locals.some((route) => route.type === 'local' && prefixOf(route.dst).holds(dst));
  const told = isThere ? ofRules(facts, at, found) : { ...ofTable(at, dst, owner.name), supports: [] };
  return { ...told, show: [`${at.ip} rule`, `${at.ip} route show table local match ${dst}`] };
}

/** Table local lacks the route that an address brings. */
const ofTable = ({ ip }: Ruled, address: string, device: string) => ({
  what: `${device} has ${address}, and table local has no route for it`,
  fix: `${ip} route add local ${address} dev ${device} table local${ip === 'ip' ? ` proto kernel scope host src ${address}` : ''}`,
});

/** Another rule than that for table local is asked first, or none is for table local. */
function ofRules(facts: Known, at: Ruled, found: FoundRoute | undefined): Omit<Misled, 'show'> {
  const local = at.rules.find(({ words }) => words.lookup === 'local');
  const changed = (text: string) =>
    changeOf(facts, at.place, at.what, ({ before, after }) =>
      [before, after].some((each) => each?.endsWith(text) === true),
    );
  const [moved, added] = [changed('lookup local'), found && changed(found.rule.text)];
  const isNew = added?.change === 'new' && !moved;
  return {
    what: firstOf(found?.rule, local),
    supports: [added, moved].flatMap((each) => each?.sentence ?? []),
    fix:
      found && (isNew || found.rule.priority === 0)
        ? `${at.ip} rule del ${found.rule.text} pref ${found.rule.priority}`
        : `${at.ip} rule add pref 0 lookup local`,
  };
}

/** Which rule decides in place of that for table local, in words. */
function firstOf(found: RuleState | undefined, local: RuleState | undefined): string {
  const [one, other] = [found, local].map((rule) => rule && `${rule.priority}: ${rule.text}`);
  if (!local) return 'none of its policy rules leads to table local, where its own addresses are';
  return found && found.priority <= local.priority
    ? `its policy rule ${one} comes before that for its own addresses, ${other}`
    : `its policy rule for its own addresses, ${other}, does not hold for it`;
}

/**
 * Why a place takes the source of what comes in for one of its own addresses, though no interface has it: its way back there is a route
 * of type local (fib_validate_source, net/ipv4/fib_frontend.c).
 */
export function ownByRoute(facts: Known, place: string, { src, dst, mark }: Incoming): Misled | undefined {
  const at = ruled(facts, place, src);
  const isOwn = at?.state.links.some(({ addresses }) => addresses.some(({ address }) => address === src));
  const found = at && !isOwn ? routeFor(at.state, { dst: src, src: dst, mark: mark?.value }) : undefined;
  if (!at || found?.route.type !== 'local') return undefined;
  const { ip } = at;
  const { table, text } = found.route;
  const isLed = table !== 'local' && table !== 'main';
  const ofRule = changeOf(facts, place, at.what, ({ after }) => after?.endsWith(found.rule.text) === true);
  const ofRoute = changeOf(facts, place, 'route', (each) => routeText(each, each.after) === text);
  const isByRule = isLed && (ofRule !== undefined || !ofRoute);
  return {
    what: `its route back to ${src} is ${text}${isLed ? `, by the policy rule ${found.rule.text}` : ''}`,
    supports: [ofRule, ofRoute].flatMap((each: Difference | undefined) => each?.sentence ?? []),
    show: [`${ip} rule`, `${ip} route show table ${table}`],
    fix: isByRule ? `${ip} rule del ${found.rule.text}` : `${ip} route del ${text}`,
  };
}
