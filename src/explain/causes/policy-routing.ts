import type { Facts } from '../facts.ts';
import { type Routed, routedPackets } from '../routed.ts';
import { changeOf } from '../since.ts';
import { isAddress6, isSuppressed, prefixOf, vrfsOf } from '../state/fib.ts';
import type { PlaceState, RouteState } from '../state/place-state.ts';
import type { CauseKind, Told } from './kind.ts';
import { ruleOf } from './led-by.ts';

const common = new Set(['local', 'default']);

/** The routes of other tables, and of the main one where no rule leads to them, that would take the packet where it was due; those of VRFs are asked for by no rule of their own. */
function otherTables(
  { routes: routes4, routes6, links }: PlaceState,
  dst: string,
  device: string | undefined,
): RouteState[] {
  const routes = isAddress6(dst) ? routes6 : routes4;
  const ofVrfs = vrfsOf(links).map(({ table }) => table);
  return routes.filter(
    ({ table, dst: prefix, words }) =>
      !common.has(table) &&
      !ofVrfs.includes(table) &&
      prefixOf(prefix).holds(dst) &&
      (device === undefined || words.dev === device),
  );
}

/** Marks that the place's firewall gives: `0x1` of `meta mark set 0x00000001`. */
const marksGiven = (ruleset: string): number[] =>
  [...ruleset.matchAll(/(?:meta mark set|MARK (?:x?set|or)) (?:mark (?:or|and|xor) )?(0x[0-9a-f]+)/gi)].map(
    ([, mark]) => Number(mark),
  );

/** The rule that should send the packet to another table is gone, or never applies. */
export const policyRule: CauseKind = {
  name: 'policy rule missing',
  read: ['ip-rule(8)'],
  tell(facts) {
    return forks(facts).flatMap((fork) => ruleMissing(facts, fork));
  },
};

function ruleMissing(facts: Facts, { place, state, rules, dst, device, ip }: Fork): Told[] {
  const leadsTo = (route: RouteState) =>
    rules.some((rule) => rule.words.lookup === route.table && !isSuppressed(rule, route));
  return otherTables(state, dst, device)
    .filter((route) => !leadsTo(route))
    .map(({ table, text }) => {
      const gone = changeOf(
        facts,
        place,
        ruleOf[ip],
        ({ change, before }) => change !== 'new' && before?.includes(table) === true,
      );
      const mark = marksGiven(state.ruleset)[0];
      return {
        sentence: `no policy rule at ${place} leads to table ${table}, which has the way that is missing (${text})${gone ? `: ${gone.sentence}` : ''}`,
        confidence: device || gone ? ('certain' as const) : ('likely' as const),
        place,
        supports:
          mark === undefined
            ? []
            : [`the firewall of ${place} gives packets the mark 0x${mark.toString(16)}, and no rule asks for a mark`],
        show: [
          { place, command: `${ip} rule` },
          { place, command: `${ip} route show table ${table}` },
          ...facts.lookups,
        ],
        fix: {
          place,
          command: `${ip} rule add ${gone?.before?.replace(/^\d+:\s*/, '') ?? `${mark === undefined ? '' : `fwmark 0x${mark.toString(16)} `}lookup ${table}`}`,
        },
      };
    });
}

/** A rule asks for a mark that nothing gives this packet. */
export const markMissing: CauseKind = {
  name: 'mark missing',
  read: ['ip-rule(8), fwmark', 'iptables-extensions(8), MARK'],
  tell(facts) {
    return forks(facts).flatMap((fork) => markNotGiven(facts, fork));
  },
};

function markNotGiven(facts: Facts, { place, state, rules, dst, device, ip }: Fork): Told[] {
  const given = marksGiven(state.ruleset);
  return otherTables(state, dst, device).flatMap(({ table }) => {
    const rule = rules.find(({ words }) => words.lookup === table && words.fwmark);
    const [mark = 0, mask = 0xffffffff] = (rule?.words.fwmark ?? '').split('/').map(Number);
    if (!rule || given.some((each) => (each & mask) >>> 0 === mark)) return [];
    const gone = changeOf(
      facts,
      place,
      'firewall rule',
      ({ change, before }) => change === 'gone' && /mark set/i.test(before ?? ''),
    );
    return [
      {
        sentence: `nothing at ${place} gives it the mark ${rule.words.fwmark} that its rule for table ${table} asks for${gone ? `: ${gone.sentence}` : ''}`,
        confidence: gone || device ? ('certain' as const) : ('likely' as const),
        place,
        show: [
          { place, command: `${ip} rule` },
          { place, command: 'nft list ruleset | grep -i mark || echo no rule gives a mark' },
        ],
      },
    ];
  });
}

/** A packet whose way a place decided about, where it took another than is listed, or none. */
interface Fork {
  place: string;
  state: PlaceState;
  /** Those of its version of IP, and how ip(8) is called for that. */
  rules: PlaceState['rules'];
  ip: Routed['ip'];
  dst: string;
  device: string | undefined;
}

const forks = (facts: Facts): Fork[] =>
  routedPackets(facts).map(({ place, state, packet, wanted, role, ip }) => ({
    ...{ place, state, ip },
    rules: ip === 'ip' ? state.rules : state.rules6,
    dst: packet.dst,
    device: role === 'answer' ? undefined : wanted,
  }));

export const policyRouting: CauseKind[] = [policyRule, markMissing];
