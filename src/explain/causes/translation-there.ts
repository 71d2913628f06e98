import type { Facts } from '../facts.ts';
import { isOwn, packetThere } from '../packet-there.ts';
import { ownersOf } from '../place.ts';
import { changeOf } from '../since.ts';
import type { CauseKind } from './kind.ts';
import { addressOf, depthOf, ruleset, staleAt, untouched } from './nat-rules.ts';

/** A service’s address is nobody’s own: who has no rule that translates it, or translates it no longer, cannot deliver it. */
const serviceUntranslated: CauseKind = {
  name: 'destination not translated',
  read: ['iptables-extensions(8), DNAT', 'RFC 3022'],
  tell(facts) {
    const { site } = facts;
    const packet = packetThere(facts);
    if (!packet || site.changed || site.part !== 'request' || packet.dstBefore || isKnown(facts, packet.dst)) return [];
    if (site.last?.direction !== 'in' || staleAt(facts, site.place)) return [];
    if (site.way[0] && addressOf(site.way[0], 'dst') !== packet.dst) return [];
    const { place } = site;
    const lost = changeOf(facts, place, 'firewall rule', ({ before }) => before?.includes(packet.dst) === true);
    if (!lost && !expectsTranslation(facts, packet.dst)) return [];
    return [
      {
        sentence: `${place} does not translate ${packet.dst}, which is no place’s own address${lost ? `: ${lost.sentence}` : ': no rule of its nat tables takes it'}`,
        confidence: lost ? 'certain' : 'likely',
        place,
        show: ruleset(place, facts, 'dst'),
        // Where a route leads to a service's address, it is asked for as if it were somebody's.
        entails: ['address that nobody has', 'neighbour unanswered'],
      },
    ];
  },
};

const isKnown = (facts: Facts, address: string) =>
  ownersOf(facts, address).length > 0 ||
  facts.plan.links.some(({ ends }) => ends.some((end) => end.address?.startsWith(`${address}/`)));

/** Whether the walk lists another destination for what comes after the hop where it was lost. */
const expectsTranslation = ({ walk }: Facts, dst: string): boolean =>
  walk?.hops.some((hop) => {
    const ip = hop.kind === 'point' && hop.part === 'request' && hop.expected.find(({ protocol }) => protocol === 'ip');
    return ip && ip.fields.dst !== undefined && ip.fields.dst !== dst;
  }) ?? false;

const isIp = ({ protocol }: { protocol: string }) => protocol === 'ip';

/** The destination that the walk lists next for what came to a place, where that is another one than it bears. */
function listedNext({ walk, site }: Facts, dst: string): string | undefined {
  if (!walk || site.part !== 'request') return undefined;
  const depth = depthOf(site.headers);
  const seen = walk.hops.findLastIndex((hop) => hop.part === site.part && hop.seen);
  const after = walk.hops.slice(Math.max(walk.failedAt ?? 0, seen + 1)).flatMap((hop) => {
    if (hop.kind !== 'point' || hop.part !== site.part) return [];
    const listed = hop.expected.find(isIp)?.fields.dst;
    return depthOf(hop.expected) === depth && typeof listed === 'string' ? [listed] : [];
  });
  return after[0] === dst ? undefined : after[0];
}

/** What is sent to a place itself, to be handed on from there: a published port, a node port. */
const ownUntranslated: CauseKind = {
  name: 'destination not translated',
  read: serviceUntranslated.read,
  tell(facts) {
    const { site } = facts;
    const packet = packetThere(facts);
    if (!packet || site.last?.direction !== 'in' || !isOwn(facts, site.place, packet.dst)) return [];
    // What left its sender with another destination than listed is not the packet that was to be translated here.
    if (site.changed && !site.changed.before) return [];
    const { place } = site;
    const wanted = listedNext(facts, packet.dst);
    if (!wanted || packet.dstBefore || staleAt(facts, place)) return [];
    const lost = changeOf(facts, place, 'firewall rule', ({ before }) => before?.includes(wanted) === true);
    return [
      {
        sentence: `${place} leaves its destination ${packet.dst} as it is, where it should become ${wanted}, and so takes it for its own: ${lost?.sentence ?? untouched(facts, place, 'dst')}`,
        confidence: lost ? 'certain' : 'likely',
        place,
        show: ruleset(place, facts, 'dst'),
        entails: ['no socket'],
      },
    ];
  },
};

/** How a place translated the destination of what it then sent by another way than is listed. */
function atTurn({ site }: Facts): { place: string; was: string; is: string } | undefined {
  const { before, place } = site.turn ?? {};
  const after = before && site.way[site.way.indexOf(before) + 1];
  const [was, is] = [addressOf(before, 'dst'), addressOf(after, 'dst')];
  const isSame = before?.headers.length === after?.headers.length;
  return place && after?.place === place && isSame && was && is && was !== is ? { place, was, is } : undefined;
}

/** What was sent elsewhere by a translation that the walk does not list, and did not leave. */
const translatedThere: CauseKind = {
  name: 'destination translated',
  read: ['iptables-extensions(8), DNAT', 'RFC 3022'],
  tell(facts) {
    const { site } = facts;
    const packet = packetThere(facts);
    const turn = atTurn(facts);
    const { place, was, is } = turn ?? { place: site.place, was: packet?.dstBefore, is: packet?.dst };
    if (!was || !is || !facts.walk || site.changed) return [];
    const listed = listedNext(facts, was) ?? (isDstListed(facts, was) ? was : undefined);
    if (!listed || listed === is) return [];
    const translating = facts.passages.find(
      (each) => each.place === place && each.part === site.part && /dnat|redirect/.test(each.ending?.verdict ?? ''),
    );
    // A passage of what wraps it has another destination as well.
    if (!turn && !translating) return [];
    const rule = translating?.rule;
    return [
      {
        sentence: `${place} translates its destination from ${was} to ${is}, where ${listed} is listed${rule ? `, by the rule: ${rule}` : ''}`,
        confidence: 'certain',
        place,
        supports: [`${place} then has to send it to ${is}`],
        show: ruleset(place, facts, 'dst'),
        entails: ['no route', 'wrong route', 'neighbour unanswered', 'address that nobody has', 'no socket'],
      },
    ];
  },
};

/** Whether the walk lists a destination for what comes next. */
const isDstListed = ({ walk, site }: Facts, dst: string): boolean =>
  walk?.hops.some(
    (hop) => hop.kind === 'point' && hop.part === site.part && !hop.seen && hop.expected.find(isIp)?.fields.dst === dst,
  ) ?? false;

/** Translations of a packet that did not leave the place where they were due, or were not. */
export const translationThere: CauseKind[] = [serviceUntranslated, ownUntranslated, translatedThere];
