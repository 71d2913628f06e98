import type { HopResult, WalkResult } from '../judge/result.ts';
import { nested } from './layers.ts';
import { type Content, commandText, expectedOf, hopText, seenOf, waysText } from './notation.ts';
import { wrongPlaces } from './strays.ts';

/** A walk's hops as plain lines of a diff: what was expected behind `-`, what was seen behind `+`. */
export function journey(walk: WalkResult): string[] {
  return [
    ...waysText(walk).map((line) => `    ${line}`),
    ...walk.hops.flatMap((hop) => hopLines(hop, walk)),
    ...wrongPlaces(walk).map((text) => `  ✗ ${text}`),
    ...[...commandText(walk.command), ...walk.notes].map((note) => `    ${note}`),
  ];
}

function hopLines(hop: HopResult, walk: WalkResult): string[] {
  const { because, part, fate, difference } = hop;
  const place = `${part === 'request' ? '' : `${part} `}${hopText(hop, walk)}`;
  switch (fate) {
    case 'passed':
      return [`  ✓ ${place}  ${because}`];
    case 'not reached':
      return [`  · ${place}  not reached`];
    case 'unknown':
      return [`  ? ${place}  it cannot be told`];
    default: {
      const seen = seenOf(hop);
      return [
        `  ✗ ${place}  ${because}`,
        ...marked('-', expectedOf(hop)),
        ...(seen ? marked('+', seen) : ['+     nothing']),
        ...(difference ? [`      ${difference}`] : []),
      ];
    }
  }
}

const marked = (mark: string, content: Content) => contentLines(content).map((line) => `${mark}     ${line}`);

const contentLines = (content: Content): string[] =>
  'headers' in content ? nested(content.headers) : [content.way, ...(content.rule ? [`  ${content.rule}`] : [])];
