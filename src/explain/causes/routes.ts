import type { Facts } from '../facts.ts';
import { routeGet } from '../lookup.ts';
import { linkOf } from '../place.ts';
import { handedOn, type Routed, routedPackets } from '../routed.ts';
import { changeOf, routeText } from '../since.ts';
import type { Difference } from '../state/compare.ts';
import { devicesOf, NO_TABLE, routeFor } from '../state/fib.ts';
import { isOf6 } from '../state/ip-lines.ts';
import type { CauseKind, Told } from './kind.ts';
import { ledBy, ruleIsNew, showLedBy } from './led-by.ts';

/** What a place does with a packet that its routes lead nowhere, by the type of the route (ip-route(8), ROUTE TYPES). */
export const refusals: Record<string, string> = {
  blackhole: 'is thrown away in silence',
  unreachable: 'is refused with ICMP host unreachable',
  prohibit: 'is refused with ICMP administratively prohibited',
};

/** What has no way, in words: the packet itself, or its answer. */
const whither = ({ role, packet }: Routed) => (role === 'answer' ? `${packet.dst}, where its answer goes` : packet.dst);

const hasNoRoute = (version: Routed['ip'], name: string, read: string[]): CauseKind => ({
  name,
  read,
  tell: (facts) =>
    routedPackets(facts).flatMap((routed): Told[] => {
      const { place, packet, found, ip } = routed;
      if (found || ip !== version) return [];
      const gone = routeBefore(facts, place, packet.dst);
      const off = gone?.before && switchedOff(facts, place, gone.before);
      return [
        {
          sentence: `${place} has ${name} to ${whither(routed)}${gone ? `: ${gone.sentence}` : ''}${off ? `, as it goes when ${off} is switched off` : ''}`,
          confidence: 'certain',
          place,
          show: [{ place, command: `${ip} route show match ${packet.dst}` }, ...facts.lookups],
          ...(gone?.before && {
            fix: { place, command: `${off ? `ip link set dev ${off} up && ` : ''}${ip} route add ${gone.before}` },
          }),
        },
      ];
    }),
});

const noRoute = hasNoRoute('ip', 'no route', ['ip-route(8)']);

export const noRoute6: CauseKind = hasNoRoute('ip -6', 'no IPv6 route', ['ip-route(8)', 'RFC 4443, section 3.1']);

/** The device of a route, as a line of ip(8), which a place has, and which is switched off. */
function switchedOff(facts: Facts, place: string, line: string): string | undefined {
  const device = / dev (\S+)/.exec(line)?.[1];
  const link = device === undefined ? undefined : linkOf(facts, place, device);
  return link && !link.flags.includes('UP') ? link.name : undefined;
}

/** Whether a route, as a line of ip(8), would hold for an address. */
export function holds(line: string | undefined, address: string): boolean {
  if (!line) return false;
  const [routes, rules] = [[routeOfLine(line)], [{ text: '', words: { lookup: 'main' }, priority: 0 }]];
  const state = { links: [], routes, routes6: routes, rules, rules6: rules };
  return routeFor(state, { dst: address }) !== undefined;
}

const routeOfLine = (text: string) => {
  const [first = '', second = ''] = text.replace(/\bdefault\b/, isOf6({ text }) ? '::/0' : 'default').split(' ');
  const type = /^[a-z]+$/.test(first) && first !== 'default' ? first : 'unicast';
  return { text, words: {}, type, dst: type === 'unicast' ? first : second, table: 'main', nexthops: [] };
};

const showRoute = ({ place, packet, ip }: Routed, table: string) => ({
  place,
  command: `${ip} route show${table === 'main' ? '' : ` table ${table}`} match ${packet.dst}`,
});

const refusingRoute = (type: string): CauseKind => ({
  name: `${type} route`,
  read: ['ip-route(8)'],
  tell(facts) {
    return routedPackets(facts).flatMap((routed): Told[] => {
      const { place, packet, found, ip } = routed;
      if (found?.route.type !== type) return [];
      const { table, text } = found.route;
      const better = routeBefore(facts, place, packet.dst);
      const what = routed.role === 'answer' ? 'the answer' : 'it';
      return [
        {
          sentence: `${place}’s ${text} takes what goes to ${whither(routed)}: ${what} ${ip === 'ip' ? refusals[type] : refusals[type]!.replace('host ', '')}${ledBy(routed)}${better ? `; ${better.sentence}` : ''}`,
          confidence: 'certain',
          place,
          show: [
            ...(table === NO_TABLE ? [{ place, command: `${ip} rule` }] : [showRoute(routed, table)]),
            ...showLedBy(routed),
          ],
          fix: better?.before
            ? undoing(place, better, ip)
            : (ruleIsNew(facts, routed) ?? {
                place,
                command: `${ip} ${table === NO_TABLE ? text.replace('policy rule', 'rule del') : `route del ${text}`}`,
              }),
        },
      ];
    });
  },
});

/** A route leads another way than the walk lists, or than it led when the lab was proven. */
const otherRoute: CauseKind = {
  name: 'wrong route',
  read: ['ip-route(8)'],
  tell(facts) {
    return routedPackets(facts).flatMap((routed): Told[] => {
      const { place, packet, found, wanted, role, ip } = routed;
      if (found?.route.type !== 'unicast') return [];
      const devices = devicesOf(found.route);
      const changed = changeOf(facts, place, 'route', (each) =>
        holds(routeText(each, each.after ?? each.before), packet.dst),
      );
      const isOther = role !== 'answer' && wanted && devices.length && !devices.includes(wanted);
      if (!isOther) return changed ? [changedRoute(facts, routed, changed)] : [];
      const fix = changed ? undoing(place, changed, ip) : ruleIsNew(facts, routed);
      return [
        {
          sentence: `${place} routes ${packet.dst} by ${devices.join(' and ')} and not by ${wanted}: ${found.route.text}${ledBy(routed)}${changed ? `; ${changed.sentence}` : ''}`,
          confidence: changed || role === 'turn' ? 'certain' : 'likely',
          place,
          show: [
            { place, command: routeGet(packet) },
            { place, command: `${ip} route show match ${packet.dst}` },
            ...showLedBy(routed),
          ],
          ...(fix && { fix }),
        },
      ];
    });
  },
};

/** What a place does to a packet that should not have come there. */
const elsewhere = [
  ...['forwarding off', 'IPv6 forwarding off', 'reverse path filter', 'martian source', 'TTL spent', 'hop limit spent'],
  ...['no route', 'no IPv6 route', 'wrong route', 'firewall rule', 'firewall policy', 'address missing'],
];

/** A packet went on, before it was lost, by another way than it would have when the lab was proven. */
const ledElsewhere: CauseKind = {
  name: 'wrong route',
  read: ['ip-route(8)'],
  tell: (facts) =>
    handedOn(facts).flatMap((routed): Told[] => {
      const { place, packet, found, left, state } = routed;
      const changed = changeOf(facts, place, 'route', (each) =>
        holds(routeText(each, each.after ?? each.before), packet.dst),
      );
      if (!changed || !found || place === facts.site.place) return [];
      const of = routed.ip === 'ip' ? 'routes' : 'routes6';
      const others = { ...state, [of]: state[of].filter((each) => each !== found.route) };
      const then = routeText(changed, changed.before) ?? routeFor(others, { dst: packet.dst })?.route.text ?? '';
      const isSame = wayOf(then) === wayOf(found.route.text) || !devicesOf(found.route).includes(left);
      return isSame ? [] : [{ ...changedRoute(facts, routed, changed), ...(facts.walk && { explains: elsewhere }) }];
    }),
};

/** Where a route leads, as ip(8) has it: its next hop and its interface. */
const wayOf = (text: string) => [/ via (\S+)/, / dev (\S+)/].map((part) => part.exec(` ${text}`)?.[1]).join();

const changedRoute = (facts: Facts, routed: Routed, changed: Difference): Told => ({
  sentence: `${routed.place}’s way to ${whither(routed)} is another one than when the lab was proven: ${changed.sentence}${ledBy(routed)}`,
  confidence: 'likely',
  place: routed.place,
  show: [...(routed.found ? [showRoute(routed, routed.found.route.table)] : []), ...showLedBy(routed)],
  fix: ruleIsNew(facts, routed) ?? undoing(routed.place, changed, routed.ip),
});

/** The change of a place's routes that took away, or altered, the one to an address. */
export const routeBefore = (facts: Pick<Facts, 'changes'>, place: string, dst: string): Difference | undefined =>
  changeOf(facts, place, 'route', (each) => holds(routeText(each, each.before), dst));

export const undoing = (place: string, change: Difference, ip: Routed['ip'] = 'ip') => ({
  place,
  command: change.before
    ? `${ip} route replace ${routeText(change, change.before)}`
    : `${ip} route del ${change.after}`,
});

export const routes: CauseKind[] = [
  noRoute,
  noRoute6,
  ...Object.keys(refusals).map(refusingRoute),
  otherRoute,
  ledElsewhere,
];
