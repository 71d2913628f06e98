/** Lines of a table, a chain, a set or a map, by what is in a rule set: `ip kube-proxy chain services`. */
export type Blocks = ReadonlyMap<string, string[]>;

/**
 * What `nft list ruleset` prints, block by block: a chain's rules in their order, a set's elements in the order of their text, each
 * on a line of its own, however the listing breaks its lines.
 */
export function blocksOf(lines: readonly string[]): Blocks {
  const blocks = new Map<string, string[]>();
  let table = '';
  let own: string[] = [];
  let begun = '';
  const open = (name: string) => {
    own = [];
    blocks.set(name, own);
  };
  for (const line of lines.map((each) => each.trim()).filter(Boolean)) {
    begun = begun ? `${begun} ${line}` : line;
    const [, opened] = /^table (\w+ \S+) \{$/.exec(begun) ?? [];
    const [, block] = /^((?:chain|set|map|flowtable|counter|quota|limit|ct \w+) \S+) \{$/.exec(begun) ?? [];
    if (opened) table = opened;
    if (opened) open(opened);
    else if (block) open(`${table} ${block}`);
    else if (begun === '}') own = blocks.get(table) ?? [];
    else if (isOpen(begun)) continue;
    else own.push(...statements(begun));
    begun = '';
  }
  return blocks;
}

/** Whether a statement goes on in the next line. */
function isOpen(statement: string): boolean {
  const text = statement.replace(/"[^"]*"/g, '');
  return text.split('{').length > text.split('}').length;
}

/** A statement's lines; of elements, a line each. */
function statements(statement: string): string[] {
  const [, elements] = /^elements = \{(.*)\}$/.exec(statement) ?? [];
  if (elements === undefined) return [statement];
  const each = elements.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((element) => element.trim());
  return each
    .filter(Boolean)
    .sort()
    .map((element) => `element ${element}`);
}
