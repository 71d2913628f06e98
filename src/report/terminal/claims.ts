import { dim } from 'yoctocolors';
import type { ClaimResult } from '../../prove/events.ts';
import { sign, styleOf } from './sign.ts';
import { indented, wrapped } from './text.ts';

const WIDEST = 'confirmed'.length;

/** How each claim ended: the confirmed ones together, each other one with its note. */
export function claimLines(claims: ClaimResult[], columns: number): string[] {
  const confirmed = claims.filter(({ verdict }) => verdict === 'confirmed').map(({ id }) => id);
  const left = 4 + WIDEST + 2;
  const head = (verdict: ClaimResult['verdict']) => `  ${sign(verdict)} ${styleOf(verdict)(verdict.padEnd(WIDEST))}  `;
  return [
    ...(confirmed.length ? beside(head('confirmed'), left, wrapped(confirmed.join(' '), columns - left)) : []),
    ...(['corrected', 'unknown', 'refuted'] as const).flatMap((verdict) =>
      claims
        .filter((claim) => claim.verdict === verdict)
        .flatMap(({ id, note }) => {
          const lines = wrapped(note, columns - left - id.length - 2).map((line) => dim(line));
          return beside(`${head(verdict)}${id}  `, left + id.length + 2, lines);
        }),
    ),
  ];
}

const beside = (head: string, left: number, [first = '', ...rest]: string[]): string[] => [
  head + first,
  ...indented(rest, left),
];
