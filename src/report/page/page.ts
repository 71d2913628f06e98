import { macPoints } from '../../compare/chance.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Document } from '../../record/document.ts';
import { digest } from '../../record/ledger.ts';
import { mermaid } from '../graph.ts';
import { escaped, fenced } from '../markup.ts';
import { checksPart } from './checks.ts';
import { claimsPart } from './claims.ts';
import { drillsPart } from './drills.ts';
import { count } from './parts.ts';
import { type OwnCommands, stepsPart } from './steps.ts';
import { walksPart } from './walks.ts';

export { pictureOf } from './walks.ts';

/** A lab's page, in Markdown, from a run that passed; `home` links to where all labs like it are. */
export function page(plan: Plan, document: Document, own: OwnCommands, home: string): string {
  const macs = macPoints(document);
  const parts = [
    top(plan),
    stepsPart(plan, own),
    walksPart(plan, document, macs),
    checksPart(plan, document, macs),
    drillsPart(plan),
    claimsPart(plan, document, macs),
    `---\nSeen on ${document.runtime}. What differs from run to run is left out, or written as \`…\`. ${home}`,
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function top(plan: Plan): string {
  const { name, title, about, nodes, pods, walks, checks, matrices, faults } = plan;
  const counts = [
    count(nodes.filter(({ kind }) => kind !== 'switch').length, 'node'),
    ...(pods.length ? [count(pods.length, 'pod')] : []),
    count(walks.length, 'walk'),
    count(checks.length + matrices.length, 'check'),
    count(faults.length, 'drill'),
  ];
  return [
    `<!-- ${written(name)}, of plan ${digest(plan)} -->`,
    `# ${name}`,
    `**${escaped(title)}.**${about ? ` ${escaped(about)}` : ''}`,
    `\`npm run lab ${name}\` stands it up and proves it: ${counts.join(', ')}.`,
    fenced('mermaid', mermaid(plan)),
  ].join('\n\n');
}

/** The command that writes a lab's page. */
export const written = (name: string): string => `Written by: node scripts/pages.js ${name}`;

/** Whether a page is not what a run of this plan would write, as far as can be told without a run. */
export function isStale(plan: Plan, text: string | undefined, own: OwnCommands): boolean {
  const parts = [top(plan), stepsPart(plan, own), drillsPart(plan)];
  return text === undefined || parts.some((part) => !text.includes(part));
}
