import type { HopResult, WalkResult } from '../judge/result.ts';
import { type Fate, fates } from '../judge/outcome.ts';
import { pointOf } from '../lab/part.ts';
import { nested } from './layers.ts';

/** A walk's hops as plain lines of a diff: what was expected behind `-`, what was seen behind `+`. */
export function journey(walk: WalkResult): string[] {
  const fate = fates(walk);
  return [
    ...walk.hops.flatMap((hop, i) => hopLines(hop, fate[i]!)),
    ...walk.unexpected.flatMap((each) => [`  ✗ ${pointOf(each)}  it should not be here`, ...marked('+', each.seen)]),
  ];
}

function hopLines(hop: HopResult, fate: Fate): string[] {
  const { because, expected, seen, difference } = hop;
  const place = pointOf(hop);
  switch (fate) {
    case 'passed':
      return [`  ✓ ${place}  ${because}`];
    case 'not reached':
      return [`  · ${place}  not reached`];
    case 'unknown':
      return [`  ? ${place}  nothing was seen, and that proves nothing`];
    default:
      return [
        `  ✗ ${place}  ${because}`,
        ...marked('-', expected),
        ...(seen.length ? marked('+', seen) : ['+     nothing']),
        ...(difference ? [`      ${difference}`] : []),
      ];
  }
}

const marked = (mark: string, headers: string[]) => nested(headers).map((line) => `${mark}     ${line}`);
