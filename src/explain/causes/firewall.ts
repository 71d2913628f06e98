import type { Passage } from '../../judge/observation.ts';
import { isIcmp, isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { ofIptables, ruleCommand } from '../iptables.ts';
import { bridgedFrom, CALL_IPTABLES } from '../layer2/bridged.ts';
import { refusalOf, ruledPacket } from '../layer2/frame-rules.ts';
import { acceptingPolicy, deletingIfNew } from '../rule-mends.ts';
import { changeOf, routeText } from '../since.ts';
import { wayBack } from '../way-back.ts';
import type { CauseKind, Told } from './kind.ts';

const refusals = new Set(['drop', 'reject']);

/** IANA’s protocol numbers. */
const [ICMP, ICMP6] = [1, 58];

/** The passage that ended this packet, wherever it did. */
export const refused = ({ passages }: Pick<Facts, 'passages'>): Passage | undefined =>
  passages.find(({ ending }) => refusals.has(ending?.verdict ?? ''));

/** `filter FORWARD`, with the family before it where iptables does not say it. */
const baseChain = ({ family, table, chain }: Passage) => `${family === 'ip' ? '' : `${family} `}${table} ${chain}`;

function show({ place, family, table, chain, decidedAt, rule }: Passage): Told['show'] {
  const deciding = decidedAt?.chain ?? chain;
  const nft = `nft list chain ${family} ${table} ${deciding}`;
  const named = [...(rule ?? '').matchAll(/(\bvmap )?@([\w-]+)/g)].map(
    ([, map, name]) => `nft list ${map ? 'map' : 'set'} ${family} ${table} ${name}`,
  );
  const commands = [ofIptables({ family, table }) ? `iptables -t ${table} -vS ${deciding} || ${nft}` : nft, ...named];
  return commands.map((command) => ({ place, command }));
}

/** What iptables adds on standard error where both kinds of tables are in use. */
const LEGACY_WARNING = /\s*# Warning: iptables-legacy tables present.*$/;

/** The rule that decided, as iptables prints it, with its comment; else as nft does, where that says more than its verdict. */
function ruleText({ lookups }: Facts, passage: Passage): string {
  const command = ruleCommand(passage);
  const asked = lookups.find((each) => each.place === passage.place && each.command === command && each.ok);
  const rule = asked?.output.replace(LEGACY_WARNING, '') || passage.rule;
  return rule && !/^(counter )?(drop|reject)\b[^:]*$/.test(rule) ? `, by the rule: ${rule}` : '';
}

/** The chain in which the deciding rule stands, where that is not the base chain itself. */
const within = ({ chain, decidedAt }: Passage): string =>
  decidedAt && decidedAt.chain !== chain ? ` in chain ${decidedAt.chain}` : '';

/** That the frame was bridged when iptables saw it, as br_netfilter has it: no route led it there. */
const bridgedNote = (facts: Facts, { place, family }: Passage): string =>
  family !== 'bridge' && bridgedFrom(facts)?.place === place
    ? `; the frame is bridged, and passes iptables all the same (${CALL_IPTABLES} = 1)`
    : '';

const bridgedShow = (facts: Facts, passage: Passage): Told['show'] =>
  bridgedNote(facts, passage) ? [{ place: passage.place, command: `sysctl ${CALL_IPTABLES}` }] : [];

/** Rules that keep packets from connection tracking, so that no `ct state` of a later rule holds for them. */
export const untracked = (facts: Facts, place: string): string[] =>
  rulesWith(facts, place, /\bnotrack\b/, 'leaves packets untracked, of no ct state');

/** Rules that may have packets tracked in a zone of their own (iptables-extensions(8), CT --zone), where no connection of another one is known. */
export const zoned = (facts: Facts, place: string): string[] =>
  rulesWith(
    facts,
    place,
    /\bct (original |reply )?zone set\b|\btarget "?CT\b/,
    'says how packets are tracked, as in a zone of their own',
  );

const rulesWith = ({ now }: Facts, place: string, what: RegExp, does: string): string[] =>
  (now.get(place)?.ruleset.split('\n') ?? []).flatMap((line) =>
    what.test(line) ? [`${place} has a rule that ${does}: ${line.trim()}`] : [],
  );

/** What the kernel told of a bridge's tables needs no guess from their rules. */
const ofBridges = ({ family }: Passage): string[] => (family === 'bridge' ? ['bridge firewall'] : []);

const chainPolicy: CauseKind = {
  name: 'firewall policy',
  read: ['nft(8), CHAINS', 'iptables(8), -P'],
  tell(facts) {
    const passage = refused(facts);
    if (!passage?.ending?.policy) return [];
    const { place, ending } = passage;
    return [
      {
        sentence: `${place}’s ${baseChain(passage)} has policy ${ending.verdict}, and none of its rules let the packet pass${bridgedNote(facts, passage)}`,
        confidence: 'certain',
        place,
        supports: untracked(facts, place),
        show: [...show(passage), ...bridgedShow(facts, passage)],
        fix: { place, command: acceptingPolicy(passage) },
        entails: ofBridges(passage),
      },
    ];
  },
};

const isInvalid = (rule: string | undefined) => /ct state\s+(?:\S+,)?invalid|ctstate INVALID/i.test(rule ?? '');

function withoutNewRule(facts: Facts, { place, family, table, decidedAt }: Passage): Told['fix'] {
  const { chain, position } = decidedAt ?? {};
  const command = chain && position && deletingIfNew(facts, place, { family, table, chain, position });
  return command ? { place, command } : undefined;
}

/** A rule that asks for the way back, as `-m rpfilter --invert` and `fib saddr . iif oif missing` do (iptables-extensions(8), nft(8)). */
export const asksWayBack = (rule: string) => /\brpfilter\b|\bfib saddr\b.*\biif\b.*\boif\b/.test(rule);

/** Why such a rule holds: the way back is by another interface; and what gives it back, where it was there before. */
function otherWayBack(facts: Facts, { place, enters, ip }: Passage, rule: string): { text: string; fix?: string } {
  const state = facts.now.get(place);
  if (!state || !enters || !asksWayBack(rule)) return { text: '' };
  const { type, devices, text, fix } = wayBack(state, { dst: ip.src, src: ip.dst });
  if (type === 'local' || devices.includes(enters)) return { text: '' };
  const changed = changeOf(facts, place, 'route', ({ before }) => before?.split(' ')[0] === ip.src);
  const mend = fix ?? (changed?.before && `ip route replace ${routeText(changed, changed.before)}`);
  const since = changed ? `; ${changed.sentence}` : '';
  return { text: `: it came by ${enters}, and ${text}${since}`, ...(mend && { fix: mend }) };
}

/** Rules and elements of sets about whom it was for that are gone from the tables of who refuses it: one of them may have decided before. */
function goneOf({ changes, wayThere, site }: Facts, { place, table }: Passage): string[] {
  const headers = [site.headers, ...wayThere.slice(0, 1).map((each) => each.headers)];
  const addresses = headers.flatMap((each) => each.findLast(isIp)?.fields.dst ?? []);
  return changes.flatMap((each) => {
    const { what, change, before = '', sentence } = each;
    const isIt = what === 'firewall rule' && change === 'gone' && each.place === place && before.includes(` ${table} `);
    return isIt && addresses.some((address) => before.split(/[\s,]/).includes(String(address))) ? [sentence] : [];
  });
}

/** What is refused, in words: the packet, or the ICMP error by which its receiver would refuse it. */
const whatOf = ({ site }: Facts, { part, ip }: Passage): string =>
  part === 'reply' && [ICMP, ICMP6].includes(ip.protocol) && !site.headers.some(isIcmp)
    ? 'the ICMP error by which it would be refused'
    : 'it';

/** A rule that gives a packet to a transparent proxy drops it where no socket listens (nft(8), TPROXY STATEMENT). */
function proxyMissing({ now }: Facts, place: string, rule: string): string {
  const port = Number(
    /\bTPROXY\b.* --on-port (\d+)|\btproxy (?:ip6? )?to \S*:(\d+)/.exec(rule)?.slice(1).find(Boolean),
  );
  const sockets = now.get(place)?.sockets ?? [];
  if (!port || sockets.some((each) => each.port === port && (each.state === 'LISTEN' || each.protocol === 'udp')))
    return '';
  return `; nobody listens at ${place} on port ${port}, to which that gives it`;
}

const firewallRule: CauseKind = {
  name: 'firewall rule',
  read: ['nft(8), STATEMENTS', 'iptables-extensions(8)'],
  tell(facts) {
    const passage = refused(facts);
    if (!passage || passage.ending?.policy || isInvalid(passage.rule)) return [];
    const { place, ending } = passage;
    const rule = ruleText(facts, passage);
    const back = otherWayBack(facts, passage, `${rule} ${passage.rule}`);
    const fix = back.fix ? { place, command: back.fix } : withoutNewRule(facts, passage);
    return [
      {
        sentence: `${place}’s ${baseChain(passage)} ${ending?.verdict}s ${whatOf(facts, passage)}${within(passage)}${rule}${proxyMissing(facts, place, `${rule} ${passage.rule}`)}${back.text}${bridgedNote(facts, passage)}`,
        confidence: 'certain',
        place,
        supports: [...(/\buntracked\b/i.test(rule) ? untracked(facts, place) : []), ...goneOf(facts, passage)],
        show: [...show(passage), ...bridgedShow(facts, passage)],
        ...(fix && { fix }),
        entails: ofBridges(passage),
      },
    ];
  },
};

const conntrackInvalid: CauseKind = {
  name: 'conntrack state invalid',
  read: ['iptables-extensions(8), conntrack', 'nf_conntrack-sysctl'],
  tell(facts) {
    const passage = refused(facts);
    if (!passage || passage.ending?.policy || !isInvalid(passage.rule)) return [];
    const { place, ending } = passage;
    return [
      {
        sentence: `connection tracking at ${place} calls it invalid, and ${baseChain(passage)} ${ending?.verdict}s that${within(passage)}: ${place} has not seen what it answers or belongs to`,
        confidence: 'certain',
        place,
        supports: [...untracked(facts, place), ...zoned(facts, place)],
        show: show(passage),
      },
    ];
  },
};

/** What never left its sender, and was not traced there: a policy, or of its rules one that names its addresses or ports. */
const unsent = (name: 'firewall rule' | 'firewall policy'): CauseKind => ({
  name,
  read: name === 'firewall rule' ? firewallRule.read : chainPolicy.read,
  tell(facts) {
    const { kind, place, headers } = facts.site;
    if (kind !== 'nothing sent' || facts.passages.length) return [];
    const ruleset = facts.now.get(place)?.ruleset ?? '';
    return (['ip', 'inet'] as const).flatMap((family): Told[] => {
      const refusal = refusalOf(ruleset, family, 'output', ruledPacket(headers));
      if (!refusal || (refusal.rule !== undefined) !== (name === 'firewall rule')) return [];
      if (refusal.rule && !/\b(saddr|daddr|dport)\b/.test(refusal.text)) return [];
      const { table, chain, text } = refusal;
      const base = `${place}’s ${family === 'ip' ? '' : `${family} `}${table} ${chain}`;
      return [
        {
          sentence: refusal.rule
            ? `${base} keeps it from leaving, by the rule: ${text}`
            : `${base} has ${text}, and none of its rules seems to let the packet leave`,
          confidence: 'likely',
          place,
          show: [{ place, command: `nft list chain ${family} ${table} ${chain}` }],
          ...(!refusal.rule && { fix: { place, command: acceptingPolicy(refusal) } }),
        },
      ];
    });
  },
});

export const firewall: CauseKind[] = [
  chainPolicy,
  firewallRule,
  conntrackInvalid,
  unsent('firewall rule'),
  unsent('firewall policy'),
];
