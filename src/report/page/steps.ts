import type { Link, Plan, Typed } from '../../plan/plan.ts';
import { together, WIDE } from '../../plan/script.ts';
import { block, count, folded, html, typedLines } from './parts.ts';

/** What a runtime types itself where nodes are namespaces. */
export interface OwnCommands {
  addNodes(plan: Plan): string[];
  layCables(plan: Plan, cables: Link[]): Typed[];
}

/** More lines than this, or wider ones, are shown on demand. */
const SHORT = 6;

/** The steps of setting up, with the same commands that `show` prints. */
export function stepsPart(plan: Plan, own: OwnCommands): string {
  const start = { title: 'Start the nodes', commands: [{ place: '', lines: own.addNodes(plan) }] };
  const steps = plan.steps.map(({ title, cables, commands = [] }) => ({
    title,
    commands: [...(cables ? own.layCables(plan, cables) : []), ...commands],
  }));
  return ['## Set up', ...[start, ...steps].map(({ title, commands }, i) => step(i + 1, title, commands))].join('\n\n');
}

function step(number: number, title: string, commands: Typed[]): string {
  const lines = together(commands).flatMap(typedLines);
  const shown = block(lines, Number.POSITIVE_INFINITY);
  const rows = shown.split('\n').slice(1, -1);
  if (rows.length <= SHORT && rows.every((row) => row.length <= WIDE)) return `**${number}. ${title}**\n\n${shown}`;
  return folded(`<b>${number}. ${html(title)}</b> (${count(lines.length, 'command')})`, shown);
}
