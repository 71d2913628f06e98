import type { Plan } from '../../plan/plan.ts';
import { type Edition, type EditionPart, editionParts } from '../../runtime/editions.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { daemonsOfPlace } from './daemons.ts';
import type { PlaceState, StatePart } from './place-state.ts';
import { commonSettingsFiles } from './sysctls.ts';

/** What of a state is in each part of an edition. */
const statePartsOf: Record<EditionPart, StatePart[]> = {
  links: ['links'],
  routes: ['routes', 'rules', 'neighbours', 'xfrm'],
  rules6: ['rules6'],
  sysctls: ['sysctls'],
  fdb: ['fdb', 'vlans'],
  daemons: ['daemons'],
  ruleset: ['ruleset'],
  qdiscs: ['qdiscs'],
  sockets: ['sockets'],
};

/** What else of a state is read together with a part of it. */
const besides: Partial<Record<StatePart, (keyof PlaceState)[]>> = {
  routes: ['routes6'],
  neighbours: ['neighbours6'],
  ruleset: ['handles'],
};

/**
 * In which edition some places are; undefined where the runtime cannot tell. What of their states was learned, counted or connected
 * has none.
 */
export async function editionsOf(
  runtime: Pick<Runtime, 'editions'>,
  { daemons }: Pick<Plan, 'daemons'>,
  places: readonly string[],
): Promise<Map<string, Edition> | undefined> {
  const asked = new Map(
    places.map((place) => [place, daemonsOfPlace(daemons, place).map(({ name }) => `/run/${name}.pid`)]),
  );
  return runtime.editions?.(asked, commonSettingsFiles).catch(() => undefined);
}

/** The parts of which an edition is another one than an earlier one; all, where there is none of either. */
export const changedParts = (then: Edition | undefined, now: Edition | undefined): EditionPart[] =>
  editionParts.filter((part) => !then || !now || then[part] !== now[part]);

/** What of a state is in none of some parts of an edition. */
export const statePartsBut = (parts: readonly EditionPart[]): StatePart[] =>
  editionParts.filter((part) => !parts.includes(part)).flatMap((part) => statePartsOf[part]);

/** A state of which some parts were read anew, and others were left out, which are as they were. */
export function stateAfter(then: PlaceState, now: PlaceState, leftOut: readonly StatePart[]): PlaceState {
  const kept = leftOut.flatMap((part) => [part, ...(besides[part] ?? [])]).map((part) => [part, then[part]] as const);
  const isLeftOut = (part: StatePart) => leftOut.includes(part);
  return {
    ...now,
    ...Object.fromEntries(kept),
    unread: [...now.unread.filter((part) => !isLeftOut(part)), ...then.unread.filter(isLeftOut)],
  };
}
