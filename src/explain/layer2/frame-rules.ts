import { type Header, isIp } from '../../packet/index.ts';
import { prefixOf } from '../state/fib.ts';
import { blocksIn } from '../state/firewall-lines.ts';

/** The families of tables whose rules are read here. */
export type Family = 'arp' | 'bridge' | 'ip' | 'ip6' | 'inet';

/** A rule, and where it stands: its place in its chain, from 1. */
export interface RuleAt {
  family: Family;
  table: string;
  chain: string;
  position: number;
  text: string;
}

/** What refuses a frame in a rule set: a rule that drops, or the policy of a chain. */
export interface Refusal {
  family: Family;
  table: string;
  /** The base chain. */
  chain: string;
  /** `arp daddr ip 10.0.0.1 drop`, `policy drop`. */
  text: string;
  /** The rule that drops, where it is no policy. */
  rule?: RuleAt;
}

/** A frame as rules see it. */
export interface RuledFrame {
  /** What a rule may compare, as nft(8) writes it, with the value that the frame has: `arp daddr ip`, `udp dport`. */
  values: Readonly<Record<string, string | undefined>>;
  /** The protocols that it consists of; a rule about another is not about it. */
  protocols: readonly string[];
}

interface Chain {
  table: string;
  name: string;
  hook?: string;
  policy?: string;
  rules: string[];
}

/** The chains of the tables of a family. */
const chainsOf = (ruleset: string, family: string): Chain[] =>
  blocksIn(ruleset).flatMap(({ path, lines }) => {
    const [kind, of, table = '', name = ''] = path.split(' ');
    if (kind !== 'chain' || of !== family) return [];
    const base = lines.flatMap((line) => /^type \S+ hook (\S+) .*?(?:policy (\w+);)?$/.exec(line) ?? []);
    const [, hook, policy] = base;
    return [
      { table, name, ...(hook && { hook, policy: policy ?? 'accept' }), rules: base.length ? lines.slice(1) : lines },
    ];
  });

/** What drops a frame at a hook of a family; conditions that are not understood are taken to hold. */
export function refusalOf(ruleset: string, family: Family, hook: string, frame: RuledFrame): Refusal | undefined {
  const chains = chainsOf(ruleset, family);
  for (const { table, name, policy, rules } of chains.filter((each) => each.hook === hook)) {
    const decided = decisionOf(chains, { table, name, rules }, frame);
    if (decided === 'accepted') continue;
    if (decided) return { family, table, chain: name, text: decided.text, rule: { family, ...decided } };
    if (policy === 'drop') return { family, table, chain: name, text: 'policy drop' };
  }
  return undefined;
}

/** The rule that drops it; undefined where none decides. */
function decisionOf(
  chains: readonly Chain[],
  { table, name, rules }: Pick<Chain, 'table' | 'name' | 'rules'>,
  frame: RuledFrame,
): Omit<RuleAt, 'family'> | 'accepted' | undefined {
  for (const [i, rule] of rules.entries()) {
    if (!applies(rule, frame)) continue;
    if (/\b(drop|reject)\b/.test(rule)) return { table, chain: name, position: i + 1, text: rule };
    if (/\baccept\b/.test(rule)) return 'accepted';
    const called = calledBy(chains, table, rule);
    const decided = called && decisionOf(chains, called, frame);
    if (decided) return decided;
  }
  return undefined;
}

const calledBy = (chains: readonly Chain[], table: string, rule: string): Chain | undefined => {
  const to = /\b(?:jump|goto) (\S+)/.exec(rule)?.[1];
  return chains.find((each) => each.table === table && each.name === to);
};

/** The rules that may be about a frame at a hook, in their order, those of the chains that they call in their place. */
export function rulesFor(ruleset: string, families: readonly Family[], hook: string, frame: RuledFrame): RuleAt[] {
  return families.flatMap((family) => {
    const chains = chainsOf(ruleset, family);
    const within = ({ table, name, rules }: Chain): RuleAt[] =>
      rules.flatMap((text, i): RuleAt[] => {
        const called = applies(text, frame) ? calledBy(chains, table, text) : undefined;
        if (called) return within(called);
        return applies(text, frame) ? [{ family, table, chain: name, position: i + 1, text }] : [];
      });
    return chains.filter((chain) => chain.hook === hook).flatMap(within);
  });
}

const headers = ['arp', 'ip', 'ip6', 'icmp', 'icmpv6', 'tcp', 'udp', 'vlan', 'sctp', 'esp', 'ah'];

/** Whether a rule may be about a frame. */
function applies(rule: string, { values, protocols }: RuledFrame): boolean {
  const bare = rule.replace(/"[^"]*"/g, (name) => name.slice(1, -1)).replace(/ comment .*$/, '');
  const begins = [
    ...bare.matchAll(/\b(\S+) (?:saddr|daddr|sport|dport|type|id|operation|htype|plen|hlen|protocol|flags)\b/g),
  ];
  if (begins.some(([, header = '']) => headers.includes(header) && !protocols.includes(header))) return false;
  return Object.entries(values).every(([expression, value]) => {
    const [, negated, wanted] = new RegExp(`\\b${expression} (!= )?(\\{[^}]*\\}|\\S+)`).exec(bare) ?? [];
    if (wanted === undefined || value === undefined || wanted.startsWith('@')) return true;
    return matches(wanted, value) !== Boolean(negated);
  });
}

const matches = (wanted: string, value: string): boolean =>
  wanted
    .replace(/[{}\s]/g, '')
    .split(',')
    .some((each) => {
      const [low, high] = /^\d+-\d+$/.test(each) ? each.split('-').map(Number) : [];
      if (low !== undefined && high !== undefined) return low <= Number(value) && Number(value) <= high;
      return each === value || (each.includes('/') && prefixOf(each).holds(value));
    });

/** An ARP frame as rules see it. */
export const ruledArp = (
  op: 'request' | 'reply',
  { spa, tpa, iif, oif }: Partial<Record<'spa' | 'tpa' | 'iif' | 'oif', string | undefined>>,
): RuledFrame => ({
  protocols: ['arp', 'vlan'],
  values: {
    'arp saddr ip': spa,
    'arp daddr ip': tpa,
    'arp operation': op,
    'ether type': 'arp',
    ...interfaces(iif, oif),
  },
});

/** A packet in a frame as rules see it, and the family that has those for its version of IP alone. */
export function ruledPacket(
  packet: readonly Header[],
  iif?: string,
  oif?: string,
): RuledFrame & { family: 'ip' | 'ip6' } {
  const at = packet.findIndex(isIp);
  const ether = at === 1 && packet[0]?.protocol === 'ether' ? packet[0].fields : undefined;
  const [ip, carrier] = [packet[at], packet[at + 1]];
  const family = ip?.protocol === 'ip6' ? 'ip6' : 'ip';
  const name = carrier?.protocol === 'icmp6' ? 'ipv6-icmp' : (carrier?.protocol ?? '');
  const ports = name === 'udp' || name === 'tcp' ? [name, 'th'] : [];
  return {
    family,
    protocols: [family, 'vlan', name === 'ipv6-icmp' ? 'icmpv6' : name],
    values: {
      'ether type': family,
      'ether saddr': textOf(ether?.src),
      'ether daddr': textOf(ether?.dst),
      [`${family} saddr`]: textOf(ip?.fields.src),
      [`${family} daddr`]: textOf(ip?.fields.dst),
      [family === 'ip' ? 'ip protocol' : 'ip6 nexthdr']: name,
      'meta l4proto': name,
      ...Object.fromEntries(
        ports.flatMap((header) => [
          [`${header} sport`, textOf(carrier?.fields.src)],
          [`${header} dport`, textOf(carrier?.fields.dst)],
        ]),
      ),
      ...interfaces(iif, oif),
    },
  };
}

const textOf = (value: unknown) => (value === undefined ? undefined : String(value));

const interfaces = (iif: string | undefined, oif: string | undefined) => ({
  iifname: iif,
  iif: iif,
  oifname: oif,
  oif: oif,
});
