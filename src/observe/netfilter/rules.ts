/** A rule as `nft -a list ruleset` prints it, and the statement in which it ends. */
export interface Rule {
  /** Without counters, comments and what else changes while packets pass. */
  text: string;
  /** The verdict that it states: `accept`, `drop`, `return`, `queue`, `jump`, `goto`. */
  verdict?: string;
  /** What it does with a packet beyond a verdict: `dnat`, `snat`, `masquerade`, `redirect`, `reject`. */
  target?: string;
  /** The address and port that a translation gives, where the rule states just one: `10.42.1.6:80`. */
  to?: string;
  /** Its place in its chain, from 1, as iptables(8) counts. */
  position?: number;
}

export interface Rules {
  /** By family, table and handle: `ip nat 4`. */
  rules: ReadonlyMap<string, Rule>;
  /** Where each base chain is attached, by family, table and chain: `ip nat PREROUTING` is at `prerouting`. */
  hooks: ReadonlyMap<string, string>;
}

/** The rules and base chains that `nft -a list ruleset` prints; lines that are of neither count for nothing. */
export function rulesOf(ruleset: string): Rules {
  const rules = new Map<string, Rule>();
  const hooks = new Map<string, string>();
  let table = '';
  let chain: string | undefined;
  let begun = '';
  let position = 0;
  for (const line of ruleset.split('\n')) {
    const opened = /^table (\w+ \S+) \{/.exec(line)?.[1];
    const block = /^\t(\w+) (\S+).*\{/.exec(line);
    if (opened) table = opened;
    else if (block) [chain, begun, position] = [block[1] === 'chain' ? block[2] : undefined, '', 0];
    else if (line === '\t}') chain = undefined;
    else if (chain) {
      const hook = begun ? undefined : /^\t\ttype \w+ hook (\w+)/.exec(line)?.[1];
      if (hook) hooks.set(`${table} ${chain}`, hook);
      if (hook || (!begun && unruly.test(line))) continue;
      // A set or a chain within a rule goes on over several lines; the handle is at the end of the last.
      begun += ` ${line.trim()}`;
      const [, text, handle] = /^(.+) # handle (\d+)$/.exec(begun) ?? [];
      if (text === undefined) continue;
      position++;
      rules.set(`${table} ${handle}`, { ...ruleOf(text), position });
      begun = '';
    }
  }
  return { rules, hooks };
}

/** What a chain says of itself. */
const unruly = /^\t\t(comment ".*"|devices = .*|policy \w+;?)$|^\s*$/;

/** Reads a rule's text, be it native, or what nft makes of one of iptables. */
export function ruleOf(printed: string): Rule {
  const text = plain(printed);
  return { text, ...statementOf(text.replace(/"[^"]*"/g, (quoted) => (/^"\w+"$/.test(quoted) ? quoted : '""'))) };
}

const plain = (rule: string) =>
  rule
    .replace(/counter packets \d+ bytes \d+/g, 'counter')
    .replace(/(^| )counter(?= |$)(?! name)/g, ' ')
    .replace(/ used \d+ \w+/g, '')
    .replace(/ expires \w+/g, '')
    .replace(/\blast (used \w+|never)/g, 'last')
    .replace(/\s*(xt match "?comment"?|# xt_comment|comment "[^"]*"|\/\*.*?\*\/)\s*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const ADDRESS = String.raw`(?:\d+(?:\.\d+){3}|\[[\da-f:.]+\]|[\da-f]*:[\da-f:.]*:[\da-f:.]*)`;
const FLAGS = '(?: (?:random|fully-random|persistent|,)+)*';
const one = new RegExp(`^(${ADDRESS}(?::\\d+)?|:\\d+)${FLAGS}$`);

const stated = /(?:^| )(accept|drop|return)$/;
const branches = /(?:^| )(jump|goto) (?:\S+|\{.*\})$/;
const translates = /(?:^| )(dnat|snat)(?: ip6?)?(?: addr \. port| prefix| interval)* to (.+)$/;
const translatesItself = new RegExp(`(?:^| )(masquerade|redirect)(?: to (:\\d+(?:-\\d+)?))?${FLAGS}$`);
const refuses = /(?:^| )reject(?: with .+)?$/;
const queues = /(?:^| )queue(?: (?:num|to|flags|bypass|fanout)\b.*)?$/;
const ofIptables = /(?:xt target "?|# xt_)(\w+)"?$/;

const targets = new Map(
  [...['MASQUERADE', 'DNAT', 'SNAT', 'REDIRECT', 'REJECT']].map((name) => [name, name.toLowerCase()] as const),
);

/** The statement that ends a rule whose quotations are blanked. */
function statementOf(text: string): Omit<Rule, 'text'> {
  const verdict = (stated.exec(text) ?? branches.exec(text))?.[1];
  if (verdict) return { verdict };
  if (queues.test(text)) return { verdict: 'queue' };
  if (refuses.test(text)) return { target: 'reject' };
  const [, target, where = ''] = translatesItself.exec(text) ?? translates.exec(text) ?? [];
  if (target) return { target, ...toOf(where) };
  const named = targets.get(ofIptables.exec(text)?.[1] ?? '');
  return named ? { target: named } : {};
}

/** A map that gives the same whatever is asked: `numgen random mod 1 map { 0 : 10.42.1.6 . 80 }`. */
const onlyOne = new RegExp(` mod 1 map \\{ 0 : (${ADDRESS})(?: \\. (\\d+))? \\}${FLAGS}$`);

const toOf = (where: string) => {
  const [, address, port] = onlyOne.exec(where) ?? [];
  if (address) return { to: port ? `${address}:${port}` : address };
  const to = one.exec(where)?.[1];
  return to === undefined ? {} : { to };
};
