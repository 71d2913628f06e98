import type { Direction } from '../../lab/part.ts';
import type { Facts } from '../facts.ts';
import { linkOf } from '../place.ts';
import type { LinkState } from '../state/place-state.ts';

export interface Point {
  place: string;
  device: string;
  direction: Direction;
}

/** A frame's passage through a bridge: from a port, or from the bridge's own IP layer, to a port, or to that. */
export interface Crossing {
  place: string;
  bridge: string;
  in?: string;
  out?: string;
  /** An interface on the way that is no port of the bridge, and would have to be. */
  offBridge?: string;
}

/** A way of frames from one interface to another: the points that it passes, and the bridges. */
export interface Way {
  points: Point[];
  crossings: { crossing: Crossing; before: Point; after: Point }[];
}

interface Step {
  to: Point;
  crossing?: Crossing;
}

type Known = Pick<Facts, 'now' | 'wires' | 'plan'>;

const keyOf = ({ place, device, direction }: Point) => `${place}:${device} ${direction}`;

/**
 * The shortest way of a frame by cables, bridges and stacked devices to an interface, be it that ports on it pass nothing; where
 * there is none, the one that there would be if an interface without addresses were a port of a bridge.
 */
export function wayTo(facts: Known, from: Point, to: Pick<Point, 'place' | 'device'>): Way | undefined {
  const across = successors(facts);
  return search(from, to, stepsOf(facts, across, false)) ?? search(from, to, stepsOf(facts, across, true));
}

function search(from: Point, to: Pick<Point, 'place' | 'device'>, steps: (at: Point) => Step[]): Way | undefined {
  const cameBy = new Map<string, { before: Point; step: Step } | undefined>([[keyOf(from), undefined]]);
  const queue = [from];
  for (let at = queue.shift(); at; at = queue.shift()) {
    if (at !== from && at.place === to.place && at.device === to.device) return wayBack(at, cameBy);
    for (const step of steps(at)) {
      if (cameBy.has(keyOf(step.to))) continue;
      cameBy.set(keyOf(step.to), { before: at, step });
      queue.push(step.to);
    }
  }
  return undefined;
}

function wayBack(end: Point, cameBy: ReadonlyMap<string, { before: Point; step: Step } | undefined>): Way {
  const way: Way = { points: [end], crossings: [] };
  for (let came = cameBy.get(keyOf(end)); came; came = cameBy.get(keyOf(came.before))) {
    const { before, step } = came;
    way.points.unshift(before);
    if (step.crossing) way.crossings.unshift({ crossing: step.crossing, before, after: step.to });
  }
  return way;
}

/** Where in other places a frame may be right after a point, by all points that are known. */
function successors({ now, wires, plan }: Known): (at: Point) => Point[] {
  const found = new Map<string, Point[]>();
  const switches = new Set(plan.nodes.flatMap(({ name, kind }) => (kind === 'switch' ? [name] : [])));
  for (const [place, { links }] of now)
    for (const { name: device } of links)
      for (const direction of ['in', 'out'] as const)
        for (const { at, direction: was } of wires.before(`${place}:${device}`, direction)) {
          const key = `${at} ${was}`;
          found.set(key, [...(found.get(key) ?? []), { place, device, direction }]);
        }
  return (at) => {
    const all = found.get(keyOf(at)) ?? [];
    const ports = all.filter(({ place }) => switches.has(place));
    return ports.length ? ports : all;
  };
}

const stacked = new Set(['vlan', 'macvlan', 'macvtap', 'ipvlan', 'ipvtap']);

const isLoose = ({ name, master, addresses, kind }: LinkState) =>
  !master && !addresses.some(({ address }) => address.includes('.')) && name !== 'lo' && kind !== 'bridge';

function stepsOf(facts: Known, across: (at: Point) => Point[], pretends: boolean): (at: Point) => Step[] {
  return (at) => {
    const { place, device, direction } = at;
    const links = facts.now.get(place)?.links ?? [];
    const link = linkOf(facts, place, device);
    const point = (name: string, going: Direction): Step => ({ to: { place, device: name, direction: going } });
    const portsOf = (bridge: string) =>
      links.filter((each) => each.master === bridge || (pretends && isLoose(each) && each.name !== device));
    const through = (bridge: string, came?: LinkState): Step[] => [
      ...portsOf(bridge).map((port): Step => {
        const loose = [came, port].find((each) => each && each.master !== bridge)?.name;
        const crossing = {
          place,
          bridge,
          ...(came && { in: came.name }),
          out: port.name,
          ...(loose && { offBridge: loose }),
        };
        return { ...point(port.name, 'out'), crossing };
      }),
      ...(came
        ? [
            {
              ...point(bridge, 'in'),
              crossing: { place, bridge, in: came.name, ...(came.master !== bridge && { offBridge: came.name }) },
            },
          ]
        : []),
    ];
    const outward = across(at).map((to): Step => ({ to }));
    if (!link) return outward;
    if (direction === 'out') {
      if (link.kind === 'bridge') return through(device);
      const lower = link.link && stacked.has(link.kind ?? '') ? [point(link.link, 'out')] : [];
      const members = links.filter(({ master }) => master === device).map(({ name }) => point(name, 'out'));
      return [...outward, ...lower, ...(link.kind === 'bond' || link.kind === 'team' ? members : [])];
    }
    const upper = links.filter(({ kind, link: lower }) => lower === device && stacked.has(kind ?? ''));
    const ups = upper.map(({ name }) => point(name, 'in'));
    if (link.master && link.masterKind === 'bridge') return [...through(link.master, link), ...outward, ...ups];
    if (link.master) return [point(link.master, 'in'), ...outward, ...ups];
    const bridges = pretends && isLoose(link) ? links.filter(({ kind }) => kind === 'bridge') : [];
    return [...outward, ...ups, ...bridges.flatMap(({ name }) => through(name, link))];
  };
}
