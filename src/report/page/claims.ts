import type { MacPoints } from '../../compare/chance.ts';
import type { Plan } from '../../plan/plan.ts';
import type { ClaimResult } from '../../prove/events.ts';
import { planned } from '../../record/claims.ts';
import type { Document } from '../../record/document.ts';
import { escaped } from '../markup.ts';
import { checkBlock } from './checks.ts';
import { folded, html, tableRow } from './parts.ts';

/** What the documents say of this lab: first where they are imprecise, and what really happens, then what is as they say. */
export function claimsPart(plan: Plan, document: Document, macs: MacPoints): string {
  const { claims } = document;
  if (!claims.length) return '';
  const corrected = claims.filter(({ verdict }) => verdict === 'corrected');
  const confirmed = claims.filter(({ verdict }) => verdict === 'confirmed');
  const sources = [...new Set(confirmed.map(({ id }) => plan.claims[id]!.document))];
  return [
    '## What the documents say',
    ...(corrected.length ? ['### Corrected'] : []),
    ...corrected.map((each) => correction(each, plan, document, macs)),
    ...(confirmed.length ? ['### Confirmed'] : []),
    ...sources.map((source) =>
      table(
        source,
        plan,
        confirmed.filter(({ id }) => plan.claims[id]!.document === source),
      ),
    ),
  ].join('\n\n');
}

function correction({ id, note }: ClaimResult, plan: Plan, document: Document, macs: MacPoints): string {
  const { document: source, says } = plan.claims[id]!;
  const correcting = planned(plan).flatMap((each) => (each.id === id && each.corrects ? [each.title] : []));
  const titles = [...new Set(correcting)];
  const isCheck = (title: string) => document.checks.some((each) => each.title === title);
  const others = titles.filter((title) => !isCheck(title)).map((title) => `‘${escaped(title)}’`);
  return [
    `**${id}** *${escaped(source)}* says: ${escaped(says)}.`,
    `**What really happens:** ${escaped(note)}${others.length ? ` See ${others.join(', ')}.` : ''}`,
    ...titles.filter(isCheck).map((title) => folded(html(title), checkBlock(title, plan, document, macs))),
  ].join('\n\n');
}

const table = (source: string, plan: Plan, claims: ClaimResult[]): string =>
  [
    `*${escaped(source)}*`,
    '',
    '| Claim | It says | Shown by |',
    '| --- | --- | --- |',
    ...claims.map(({ id, note }) => tableRow([id, plan.claims[id]!.says, note])),
  ].join('\n');
