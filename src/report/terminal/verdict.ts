import { bold, dim } from 'yoctocolors';
import type { Verdict } from '../../judge/result.ts';
import type { Durations } from '../../prove/events.ts';
import type { Document } from '../../record/document.ts';
import { duration } from '../duration.ts';
import { sign, styleOf } from './sign.ts';
import { indented, wrapped } from './text.ts';

/** The end of a run: its verdict and why, how much of it passed, and how long it took. */
export function verdictLines(document: Document, columns: number): string[] {
  const { verdict, reason, lab } = document;
  const beneath = (text: string) => (text ? indented(wrapped(text, columns - 2), 2) : []);
  return [
    `${sign(verdict)} ${bold(styleOf(verdict)(`${lab}: ${verdict}`))}`,
    ...beneath(reason),
    ...beneath(counts(document)),
    ...beneath(times(document.durations)).map((line) => dim(line)),
  ];
}

function counts({ walks, checks, drills, claims }: Document): string {
  const ended = (['confirmed', 'corrected', 'refuted', 'unknown'] as const).flatMap((verdict) => {
    const count = claims.filter((claim) => claim.verdict === verdict).length;
    return count ? `${count} ${verdict}` : [];
  });
  return [
    share(walks, 'walk', 'as listed'),
    share(checks, 'check', 'passed'),
    share(drills, 'drill', 'as predicted'),
    ended.length ? `claims: ${ended.join(', ')}` : '',
  ]
    .filter(Boolean)
    .join('; ');
}

function share(results: { verdict: Verdict }[], name: string, well: string): string {
  if (!results.length) return '';
  const passed = results.filter(({ verdict }) => verdict === 'passed').length;
  return `${passed} of ${results.length} ${name}${results.length === 1 ? '' : 's'} ${well}`;
}

function times({ setUpMs, firstVerifiedPacketMs, totalMs, downMs }: Durations): string {
  return [
    setUpMs ? `set up in ${duration(setUpMs)}` : '',
    firstVerifiedPacketMs === null ? '' : `first packet verified after ${duration(firstVerifiedPacketMs)}`,
    downMs === null ? '' : `taken down in ${duration(downMs)}`,
    `${duration(totalMs)} in all`,
  ]
    .filter(Boolean)
    .join(', ');
}
