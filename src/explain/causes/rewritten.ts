import type { Sighting } from '../../judge/observation.ts';
import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import type { RuleAt } from '../layer2/frame-rules.ts';
import { deletingIfNew } from '../rule-mends.ts';
import { saying } from '../signs.ts';
import { isRule } from '../state/firewall-changes.ts';
import { blocksIn } from '../state/firewall-lines.ts';
import { givenTtl } from './given-ttl.ts';
import type { CauseKind, Told } from './kind.ts';

/** Fields of IP that a rule may set, as nft(8) says so, or a target of iptables-extensions(8). */
const setters = {
  ttl: /\bttl set\b|\btarget "?TTL\b/,
  hopLimit: /\bhoplimit set\b|\btarget "?HL\b/,
  dscp: /\bdscp set\b|\btarget "?(DSCP|TOS)\b/,
  ecn: /\becn set\b|\btarget "?(ECN|TOS)\b/,
};

type Field = keyof typeof setters;

/** What a router itself takes of a field (RFC 1812, section 5.3.1; RFC 8200, section 3). */
const spent: Partial<Record<Field, number>> = { ttl: 1, hopLimit: 1 };

const names: Record<Field, string> = { ttl: 'TTL', hopLimit: 'hop limit', dscp: 'DSCP', ecn: 'ECN bits' };

/** The rules of a place, as nft(8) prints them. */
export const rulesAt = (facts: Pick<Facts, 'now'>, place: string): RuleAt[] =>
  blocksIn(facts.now.get(place)?.ruleset ?? '').flatMap(({ path, lines }) => {
    const [kind, family = '', table = '', chain = ''] = path.split(' ');
    if (kind !== 'chain') return [];
    return lines
      .filter(isRule)
      .map((text, i) => ({ family: family as RuleAt['family'], table, chain, position: i + 1, text }));
  });

/** The first rule of a place that sets a field. */
export const settingRule = (facts: Pick<Facts, 'now'>, place: string, field: Field): RuleAt | undefined =>
  rulesAt(facts, place).find(({ text }) => setters[field].test(text));

interface Rewritten {
  place: string;
  device: string;
  field: Field;
  /** What the field was when the packet came; absent where the place sent it. */
  from: number | undefined;
  to: number;
}

const fieldOf = ({ headers }: Sighting, field: Field) => headers.find(isIp)?.fields[field];

/** What a place did to the outermost header of a packet that came to it, or that it sent, where the walk lists something else. */
function rewrittenHere({ site, walk }: Facts): Rewritten | undefined {
  const { hop, now, before } = site.changed ?? {};
  const [field] = hop?.differences.flatMap((each) => (each.field! in setters ? [each.field as Field] : [])) ?? [];
  const to = now && field && fieldOf(now, field);
  if (!field || typeof to !== 'number' || now?.direction !== 'out') return undefined;
  // One that is spent further on is told of there.
  if (spent[field] && walk?.hops.some(({ fate }) => fate === 'lost')) return undefined;
  const { place, device } = now;
  if (!before) return { place, device, field, from: undefined, to };
  const from = fieldOf(before, field);
  if (before.place !== place || before.headers.length !== now.headers.length || typeof from !== 'number')
    return undefined;
  const taken = from - to;
  return taken === 0 || taken === spent[field] ? undefined : { place, device, field, from, to };
}

function byRule(facts: Facts, { place, field }: Rewritten, text: string): Told | undefined {
  const rule = settingRule(facts, place, field);
  if (!rule) return undefined;
  const { family, table, chain } = rule;
  const fix = deletingIfNew(facts, place, rule);
  return {
    sentence: `${text}, by the rule of ${family} ${table} ${chain}: ${rule.text}`,
    confidence: 'likely',
    place,
    supports: saying([fix, 'the rule is new since the lab was proven']),
    show: [{ place, command: `nft list chain ${family} ${table} ${chain}` }],
    ...(fix && { fix: { place, command: fix } }),
  };
}

/** A route or a setting of its sender that is new since the lab was proven. */
function byDefault(facts: Facts, { place, field, from, to }: Rewritten): Told | undefined {
  const given = spent[field] && from === undefined ? givenTtl(facts, facts.site.changed?.now) : undefined;
  if (!given?.isNew) return undefined;
  return {
    sentence: `${place} sends it with a ${names[field]} of ${to}, ${given.text}`,
    confidence: 'certain',
    place,
    show: [{ place, command: given.show }],
    fix: { place, command: given.fix },
  };
}

/** A filter of tc at the way out may edit a header (tc-pedit(8)); what it does is not read. */
function byFilter(facts: Facts, { place, device }: Rewritten, text: string): Told | undefined {
  const queue = facts.now.get(place)?.qdiscs.find((each) => each.device === device && each.kind === 'clsact');
  return (
    queue && {
      sentence: `${text}; its ${device} has filters of tc, which may do that`,
      confidence: 'possible',
      place,
      show: [{ place, command: `tc filter show dev ${device} egress` }],
    }
  );
}

/** A rule, a route, a setting or a filter gives a field of IP another value than is listed. */
const headerRewritten: CauseKind = {
  name: 'header rewritten',
  read: ['nft(8), PAYLOAD STATEMENT', 'iptables-extensions(8), TTL, DSCP', 'tc-pedit(8)'],
  tell(facts) {
    const here = rewrittenHere(facts);
    if (!here) return [];
    const { place, field, from, to } = here;
    const text = `${place} sets its ${names[field]} to ${to}${from === undefined ? '' : `; it came with ${from}`}`;
    return [byRule(facts, here, text) ?? byDefault(facts, here) ?? byFilter(facts, here, text)].flatMap(
      (each) => each ?? [],
    );
  },
};

export const rewritten: CauseKind[] = [headerRewritten];
