import type { Fate, HopResult, WalkResult } from '../judge/result.ts';
import type { Part } from '../lab/part.ts';
import { layers } from '../report/layers.ts';
import type { Picture } from './data.ts';

type Point = [x: number, y: number];

/** A hop in the picture. */
export interface Stop {
  index: number;
  part: Part;
  fate: Fate;
  at: Point;
  /** In how many packets one another the packet is; 0 where it was not seen. */
  skins: number;
}

/** From one stop to the next. */
export interface Stretch {
  to: number;
  part: Part;
  /** `gap`: it was lost on this stretch; `unreached`: it never came here. */
  kind: 'walked' | 'gap' | 'unreached';
  path: string;
}

export interface Way {
  stops: Stop[];
  stretches: Stretch[];
}

/** How far apart the hops at an interface are, and how far above its lower edge. */
const BADGE = 18;
const BELOW = 14;

/** A walk's way in the picture of its lab: several hops at one interface stand side by side. */
export function wayOf(picture: Picture, { hops }: WalkResult): Way {
  const stops = hops.flatMap((hop, index): Stop[] => {
    const chip = chipOf(picture, hop);
    if (!chip) return [];
    const same = hops.filter((other) => other.part === hop.part && chipOf(picture, other) === chip);
    const shift = (same.indexOf(hop) - (same.length - 1) / 2) * BADGE;
    const at: Point = [chip.x + shift, chip.y + chip.height / 2 - BELOW];
    return [{ index, part: hop.part, fate: hop.fate, at, skins: skinsOf(hop, hops, index) }];
  });
  return { stops, stretches: stops.flatMap((stop, i) => stretch(picture, hops, stops[i - 1], stop)) };
}

const chipOf = ({ chips }: Picture, hop: { kind: string; place: string; device?: string }) =>
  chips.find(({ place, device }) => place === hop.place && device === (hop.kind === 'point' ? hop.device : '')) ??
  chips.find(({ place, device }) => place === hop.place && device === '');

/** A hook sees the packet as it was at the hop before. */
function skinsOf(hop: HopResult, hops: readonly HopResult[], index: number): number {
  const last = hop.kind === 'point' ? hop : hops.slice(0, index).findLast((each) => each.kind === 'point');
  return last?.kind === 'point' && last.seen && hop.seen ? layers(last.seen.filter(isNoLink)).length : 0;
}

const isNoLink = ({ protocol }: { protocol: string }) => protocol !== 'ether';

function stretch(picture: Picture, hops: readonly HopResult[], from: Stop | undefined, to: Stop): Stretch[] {
  if (!from || from.part !== to.part) return [];
  const [a, b] = [hops[from.index]!, hops[to.index]!];
  const kind = to.fate === 'lost' || to.fate === 'missing' ? 'gap' : to.fate === 'not reached' ? 'unreached' : 'walked';
  const between = a.place === b.place ? undefined : cablesBetween(picture, a.place, b.place);
  const [start, end] = [pointText(from.at), pointText(to.at)];
  if (!between) return [{ to: to.index, part: to.part, kind, path: `M${start} L${end}` }];
  const pieces = between.map((points) => {
    const [first, ...rest] = points.map(pointText);
    return `L${first} C${rest.join(' ')}`;
  });
  return [{ to: to.index, part: to.part, kind, path: `M${start} ${pieces.join(' ')} L${end}` }];
}

const pointText = ([x, y]: Point) => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;

/** The curves of the cables from a place to another, through switches alone. */
function cablesBetween({ cables, places }: Picture, from: string, to: string): Point[][] | undefined {
  const placeOf = (end: string) => end.slice(0, end.lastIndexOf(':'));
  const switches = new Set(places.flatMap(({ name, kind }) => (kind === 'switch' ? [name] : [])));
  const queue: { at: string; points: Point[][] }[] = [{ at: from, points: [] }];
  const visited = new Set([from]);
  for (let here = queue.shift(); here; here = queue.shift())
    for (const { ends, points } of cables) {
      const side = ends.findIndex((end) => placeOf(end) === here!.at);
      if (side < 0 || points.length < 4) continue;
      const next = placeOf(ends[1 - side]!);
      const found = [...here.points, side === 0 ? points : points.toReversed()];
      if (next === to) return found;
      if (switches.has(next) && !visited.has(next)) queue.push({ at: next, points: found });
      visited.add(next);
    }
  return undefined;
}
