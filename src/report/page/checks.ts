import type { MacPoints } from '../../compare/chance.ts';
import { proven } from '../../lab/read.ts';
import type { Expectation, Shape } from '../../lab/words.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Document } from '../../record/document.ts';
import { block, folded, html, prompted } from './parts.ts';
import { stable } from './stable.ts';

/** The checks, each on demand. */
export function checksPart(plan: Plan, document: Document, macs: MacPoints): string {
  const checks = [...plan.matrices, ...plan.checks];
  if (!checks.length) return '';
  const shown = checks.map(({ title, claim }) =>
    folded(`${html(title)}${claim ? ` (${proven(claim).id})` : ''}`, checkBlock(title, plan, document, macs)),
  );
  return ['## Checks', ...shown].join('\n\n');
}

/** A check, or a matrix: what was typed where, and what was seen. */
export function checkBlock(title: string, plan: Plan, document: Document, macs: MacPoints): string {
  const results = document.checks.filter((each) => each.title === title);
  const check = plan.checks.find((each) => each.title === title);
  const lines = results.flatMap(({ node, output }) => {
    if (!check) return pairLines(output);
    const seen = seenLines(check.see[node], stable(output, plan, macs));
    return [prompted(node, dedented(check.run)), ...seen.map((line) => `  ${line}`.trimEnd())];
  });
  return block(lines);
}

/** Of what `sender > receiver: …` tells, the receivers together of which a sender is told the same. */
function pairLines(output: string): string[] {
  const groups = new Map<string, string[]>();
  for (const [, from, to, told] of output.matchAll(/^(\S+) > (\S+): (.*)$/gm)) {
    const key = JSON.stringify([from, told]);
    groups.set(key, [...(groups.get(key) ?? []), to!]);
  }
  if (!groups.size) return output.split('\n');
  return [...groups].map(([key, to]) => {
    const [from, told] = JSON.parse(key) as [string, string];
    return `${from} pings ${to.join(', ')}: received ${told}`;
  });
}

/** More lines of output than this are left out, but for those that the check is about. */
const SHORT = 14;

/** Of an output what a check is about: the stated parts of JSON, and the lines of a text. */
function seenLines(expectations: Expectation | Expectation[] | undefined, output: string): string[] {
  const all = [expectations ?? []].flat();
  const texts = all.flatMap((each) => ('lines' in each ? each.lines : 'fails' in each ? each.fails : []));
  const json = all.flatMap((each) => ('json' in each ? rows(each.json) : []));
  const only = all.some((each) => 'exactly' in each) ? ['nothing else'] : [];
  const none = all.flatMap((each) => ('none' in each ? [`nothing like ${notation(each.none)}`] : []));
  const lacks = all.flatMap((each) => ('lacks' in each ? each.lacks.map((text) => `nothing says '${text}'`) : []));
  return [
    ...(json.length ? json : texts.length || !none.length ? outputLines(output, texts) : []),
    ...only,
    ...none,
    ...lacks,
  ];
}

const fold = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

function outputLines(output: string, about: string[]): string[] {
  const lines = output.trimEnd().split('\n');
  if (lines.length <= SHORT) return output.trim() ? lines : [];
  const matters = lines.map((line) => about.some((text) => fold(line).includes(fold(text))));
  return lines.flatMap((line, i) => (matters[i] ? [line] : matters[i - 1] !== false || !i ? ['…'] : []));
}

const rows = (shape: Shape): string[] => (Array.isArray(shape) ? shape.map(notation) : [notation(shape)]);

/** A shape as a lab writes it. */
function notation(shape: Shape): string {
  if (typeof shape === 'string') return `'${shape.replaceAll("'", "\\'")}'`;
  if (Array.isArray(shape)) return `[${shape.map(notation).join(', ')}]`;
  if (typeof shape !== 'object' || !shape) return String(shape);
  const fields = Object.entries(shape).map(
    ([name, inner]) => `${/^\w+$/.test(name) ? name : `'${name}'`}: ${notation(inner)}`,
  );
  return fields.length ? `{ ${fields.join(', ')} }` : '{}';
}

function dedented(command: string): string {
  const lines = command
    .replace(/^\s*\n/, '')
    .trimEnd()
    .split('\n');
  const indents = lines.filter((line) => line.trim()).map((line) => line.search(/\S/));
  return lines.map((line) => line.slice(Math.min(...indents))).join('\n');
}
