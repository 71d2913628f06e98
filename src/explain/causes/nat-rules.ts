import type { Sighting } from '../../judge/observation.ts';
import { type Connection, connectionIn } from '../connection.ts';
import type { Facts } from '../facts.ts';
import { type RuleAt, ruledPacket, rulesFor } from '../layer2/frame-rules.ts';
import { isOwn, packetThere } from '../packet-there.ts';
import { deleting } from '../rule-mends.ts';
import { changeOf } from '../since.ts';
import type { Told } from './kind.ts';

export type End = 'src' | 'dst';

export const words = {
  src: { name: 'source', rule: /masquerade|snat/i },
  dst: { name: 'destination', rule: /dnat|redirect/i },
};

const hooks = { src: ['postrouting', 'input'], dst: ['prerouting', 'output'] };

/** The rule by which a place translates an address of a packet: the one that did when it was traced, else the first that may be about it. */
export function translator(facts: Facts, place: string, end: End, before: Sighting): RuleAt | undefined {
  const traced = facts.passages.find(
    (each) =>
      each.place === place &&
      each.part === before.part &&
      each.rule &&
      words[end].rule.test(each.ending?.verdict ?? ''),
  );
  const { decidedAt, family, table, rule } = traced ?? {};
  if (rule && decidedAt?.position)
    return {
      family: family as RuleAt['family'],
      table: table!,
      chain: decidedAt.chain,
      position: decidedAt.position,
      text: rule,
    };
  const text = facts.now.get(place)?.ruleset ?? '';
  return hooks[end]
    .flatMap((hook) => rulesFor(text, ['ip', 'inet'], hook, ruledPacket(before.headers)))
    .find((each) => words[end].rule.test(each.text));
}

/** What takes such a rule away; nothing where another one is gone, and should come back instead. */
export function withoutIt(facts: Facts, place: string, end: End, rule: RuleAt): Told['fix'] {
  const isOther = changeOf(facts, place, 'firewall rule', ({ before }) => words[end].rule.test(before ?? ''));
  const state = facts.now.get(place);
  const command = state && !isOther && deleting(state, rule);
  return command ? { place, command } : undefined;
}

export const addressOf = (sighting: Sighting | undefined, end: End): string | undefined => {
  const ip = sighting?.headers.find(({ protocol }) => protocol === 'ip')?.fields;
  return ip && String(ip[end]);
};

/** In how many layers of IP a packet is, what is sealed counted as one more. */
export const depthOf = (headers: readonly { protocol: string }[]): number =>
  headers.filter(({ protocol }) => protocol === 'ip' || protocol === 'encrypted').length;

/** The devices of a place where filters of tc see what passes. */
const filteredAt = (facts: Facts, place: string): string[] => [
  ...new Set(
    (facts.now.get(place)?.qdiscs ?? []).flatMap(({ kind, device }) =>
      kind === 'clsact' || kind === 'ingress' ? [device] : [],
    ),
  ),
];

export const ruleset = (place: string, facts: Facts, end: End): Told['show'] => [
  {
    place,
    command: `nft list ruleset | grep -iE '${end === 'src' ? 'masquerade|snat' : 'dnat|redirect'}' || echo no rule translates a ${words[end].name}`,
  },
  ...[...facts.connections.keys()]
    .filter((each) => each === place)
    .map((each) => ({ place: each, command: `conntrack -L 2>/dev/null` })),
  ...filteredAt(facts, place).map((device) => ({
    place,
    command: `tc filter show dev ${device} ingress; tc filter show dev ${device} egress 2>/dev/null`,
  })),
];

/** Whether a place still sends calls to an address: by a rule, be it one of a map that it holds, or by IPVS. */
function sendsTo(facts: Facts, place: string, address: string): boolean {
  const translates = new RegExp(`\\bdnat\\b.*\\b${address.replaceAll('.', '\\.')}(?![\\d.])`);
  const isReal = (facts.virtualServers.get(place) ?? []).some(({ real }) =>
    real.some((each) => each.startsWith(`${address}:`)),
  );
  const { ruleset = '' } = facts.now.get(place) ?? {};
  const redirects = isOwn(facts, place, address) && /\bredirect\b/.test(ruleset);
  return isReal || redirects || translates.test(ruleset);
}

/** The connection that still leads this packet to where nothing sends it any more. */
export function staleAt(facts: Facts, place: string): Connection | undefined {
  const packet = packetThere(facts);
  const first = facts.site.way[0];
  const asked = addressOf(first, 'dst');
  return (facts.connections.get(place) ?? [])
    .flatMap((line) => connectionIn(line) ?? [])
    .find(({ original, reply, text }) => {
      const isOther = original.sport && packet?.sport && original.sport !== packet.sport;
      const isOurs =
        original.dst === (packet?.dstBefore ?? asked) &&
        original.src === addressOf(first, 'src') &&
        !isOther &&
        isOfEcho(text, first);
      return isOurs && reply.src !== original.dst && !sendsTo(facts, place, reply.src);
    });
}

/** Whether a connection is of the same echo request, where it is of one: each ping has an identifier of its own. */
function isOfEcho(text: string, sighting: Sighting | undefined): boolean {
  const id = sighting?.headers.find(({ protocol }) => protocol === 'icmp')?.fields.id;
  const tracked = / type=8 code=0 id=(\d+)/.exec(text)?.[1];
  return id === undefined || tracked === undefined || Number(tracked) === Number(id);
}

/** Why a place’s NAT leaves an address as it is: a rule that lets the packet pass before any that translates it, or none that does. */
export function untouched(facts: Facts, place: string, end: End): string {
  const { passages } = facts;
  const filtered = filteredAt(facts, place);
  const accepted = passages.find(
    (each) =>
      each.place === place &&
      each.table === 'nat' &&
      hooks[end].includes(each.hook ?? '') &&
      each.ending?.verdict === 'accept' &&
      !each.ending.policy &&
      each.rule,
  );
  return accepted
    ? `its ${accepted.table} ${accepted.decidedAt?.chain ?? accepted.chain} lets it pass untranslated, by the rule: ${accepted.rule}`
    : `no rule of its nat tables translates it${filtered.length ? `, nor do its filters of tc (at ${filtered.join(', ')})` : ''}`;
}
