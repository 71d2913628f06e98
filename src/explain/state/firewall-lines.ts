import { OWN_TABLE } from '../../observe/netfilter/switch.ts';

/** What a table of netfilter consists of: chains with their rules, sets and maps with their elements. */
export interface Block {
  /** `chain ip filter FORWARD`, `set inet wall peers`; a table is `table ip filter`. */
  path: string;
  lines: string[];
}

/** Sets to which packets add elements, and blocks that hold nothing but counts. */
const isChanging = (line: string) => /^(flags .*\b(dynamic|timeout)\b|timeout \d)/.test(line);
const isCount = (path: string) => /^(counter|quota) /.test(path);

/** The blocks of a rule set, as `nft -s list ruleset` prints it, but for the tables by which packets are traced. */
export function blocksIn(ruleset: string): Block[] {
  const blocks: Block[] = [];
  let [table, block]: [string | undefined, Block | undefined] = [undefined, undefined];
  for (const line of wholeLines(ruleset)) {
    const [, header] = /^(.*\S)\s*\{$/.exec(line) ?? [];
    if (header) {
      const [kind, ...name] = header.split(' ');
      if (kind === 'table') table = name.join(' ');
      block = { path: [kind, ...(kind === 'table' ? [] : [table]), ...name].join(' '), lines: [] };
      blocks.push(block);
    } else if (line !== '}') block?.lines.push(line);
  }
  return blocks
    .filter(({ path }) => path.split(' ')[2] !== OWN_TABLE && !isCount(path))
    .map(({ path, lines }) => ({ path, lines: path.startsWith('chain') ? lines : membersIn(lines) }));
}

/** Lines without those that only comment, each with the lines on which its braces are closed. */
function wholeLines(ruleset: string): string[] {
  const lines: string[] = [];
  let open = 0;
  for (const raw of ruleset.split('\n')) {
    const line = raw.trim();
    if (!line || line.startsWith('#')) continue;
    const bare = line.replace(/"[^"]*"/g, '');
    const balance = bare.split('{').length - bare.split('}').length;
    if (open > 0) lines.push(`${lines.pop()} ${line}`);
    else lines.push(line);
    // A block is opened by a line that ends with its brace, and closed by one of its own.
    if (open > 0 || (balance > 0 && !line.endsWith('{'))) open += balance;
  }
  return lines;
}

/** The lines of a set or map, each of its elements on one; none of the elements that packets add. */
function membersIn(lines: string[]): string[] {
  const changing = lines.some(isChanging);
  return lines.flatMap((line) => {
    const [, elements] = /^elements = \{(.*)\}$/.exec(line) ?? [];
    if (elements === undefined) return [line];
    return changing ? [] : elements.split(',').map((element) => `element ${element.trim()}`);
  });
}
