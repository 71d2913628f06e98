/** What a page shows: a list, or one of its items, by the hash of its address. */
export interface Route {
  /** Which of several runs, from 0. */
  run: number;
  view: View;
  /** Which walk or drill, from 0. */
  item?: number;
  /** Which hop of it, from 0. */
  hop?: number;
  /** Of a drill, whether its walk is shown as it was before. */
  before?: true;
  /** Of two walks side by side, which. */
  sides?: [Side, Side];
}

/** A walk that is shown beside another one: of a run, or of a drill while something was broken. */
export interface Side {
  run: number;
  view: 'walk' | 'drill';
  item: number;
}

export const views = ['summary', 'walk', 'checks', 'drill', 'claims', 'setup', 'beside', 'compare', 'lab'] as const;
export type View = (typeof views)[number];

/** Reads `#walk/1/hop/6`, `#run/2/drill/3/before/hop/1`, `#beside/walk/1/with/drill/2`; what cannot be read is `home`. */
export function routeOf(hash: string, home: View): Route {
  const [, left, right] = /^#?beside\/(.*)\/with\/(.*)$/.exec(hash) ?? [];
  const sides = [left, right].flatMap((text) => (text ? sideOf(routeOf(text, home)) : []));
  if (sides[0] && sides[1]) return { run: sides[0].run, view: 'beside', sides: [sides[0], sides[1]] };
  const [, run, view, item, before, hop] =
    /^#?(?:run\/(\d+)\/?)?([a-z]+)?(?:\/(\d+))?(\/before)?(?:\/hop\/(\d+))?$/.exec(hash) ?? [];
  const known = views.find((each) => each === view);
  if (!known) return { run: run ? Number(run) - 1 : 0, view: home };
  return {
    run: run ? Number(run) - 1 : 0,
    view: known,
    ...(item && { item: Number(item) - 1 }),
    ...(hop && { hop: Number(hop) - 1 }),
    ...(before && { before: true as const }),
  };
}

const sideOf = ({ run, view, item }: Route): Side[] =>
  (view === 'walk' || view === 'drill') && item !== undefined ? [{ run, view, item }] : [];

/** A route as the hash of an address; people count from 1. */
export function hashOf({ run = 0, view, item, hop, before, sides }: Omit<Route, 'run'> & { run?: number }): string {
  if (sides) return `#beside/${sides.map((side) => hashOf(side).slice(1)).join('/with/')}`;
  return [
    `#${run ? `run/${run + 1}/` : ''}${view}`,
    ...(item === undefined ? [] : [String(item + 1)]),
    ...(before ? ['before'] : []),
    ...(hop === undefined ? [] : [`hop/${hop + 1}`]),
  ].join('/');
}
