import type { WalkResult } from '../judge/result.ts';
import type { Document } from '../record/document.ts';
import { causeTexts, whyTexts } from '../report/causes.ts';
import { escaped, fenced } from '../report/markup.ts';
import { wrongPlaces } from '../report/strays.ts';
import { hopText, outcomeText, seenBrief, signOf } from './words.ts';

/** A walk as Markdown, to be pasted where it is talked about. */
export function walkMarkdown({ lab, runtime }: Document, walk: WalkResult): string {
  const lines = walk.hops.map((hop, i) => {
    const seen = seenBrief(hop) || signOf(hop.fate).word;
    return `${String(i + 1).padStart(3)} ${signOf(hop.fate).sign} ${hopText(hop, walk)}  ${seen}`;
  });
  const told = [
    `${walk.send.from}# ${walk.send.command}`,
    ...lines,
    ...wrongPlaces(walk).map((text) => `    ✗ ${text}`),
  ];
  return [
    `#### ${escaped(walk.name)}: ${escaped(outcomeText(walk))}`,
    `Lab ${escaped(lab)} on ${escaped(runtime)}.`,
    ...causeTexts(walk).map(({ word, text }) => `**${word}:** ${word === 'Mend it' ? `\`${text}\`` : escaped(text)}`),
    fenced('', told.join('\n')),
    ...(walk.verdict !== 'passed' && whyTexts(walk).length ? [fenced('', whyTexts(walk).join('\n'))] : []),
  ].join('\n\n');
}
