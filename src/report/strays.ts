import type { Loop } from '../judge/loop.ts';
import type { Stray, WalkResult } from '../judge/result.ts';
import { briefText } from './brief.ts';
import { strayText, throughText } from './notation.ts';

/** A loop in a line: `it goes round m1:flan → m1:eth1 → m2:eth1, 63 times`; an interface that is come in by and left by, once. */
export function loopText({ part, ring, times }: Loop): string {
  const points = ring.map(({ place, device }) => `${place}:${device}`);
  const apart = points.filter((point, i) => point !== points[i - 1]);
  const once = apart.length > 1 && apart.at(-1) === apart[0] ? apart.slice(0, -1) : apart;
  return `${part === 'request' ? 'it' : `the ${part}`} goes round ${once.join(' → ')}, ${times} times`;
}

/** More places that are not listed help nobody. */
const MOST = 6;

/** Where a packet was that it should not be, in a line each: the loops that it went round in, and other places. */
export function wrongPlaces(walk: WalkResult): string[] {
  const { strays, loops = [] } = walk;
  const apart = strays.filter((stray) => !loops.some((loop) => isInLoop(stray, loop)));
  const shown = apart.slice(0, apart.length > MOST + 1 ? MOST : apart.length);
  const others = apart.length - shown.length;
  return [
    ...loops.map(loopText),
    ...shown.map((stray) => `${strayText(stray, walk)}: ${briefOf(stray)}`),
    ...(others ? [`seen at ${others} more points, where it should not be`] : []),
  ];
}

const briefOf = (stray: Stray): string =>
  stray.kind === 'point' ? briefText(stray.seen) : throughText(stray, stray.seen);

const isInLoop = (stray: Stray, { part, ring }: Loop): boolean =>
  stray.kind === 'point' &&
  stray.part === part &&
  ring.some(({ place, device }) => place === stray.place && device === stray.device);
