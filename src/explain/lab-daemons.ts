import { AT_ONCE } from '../observe/at-most.ts';
import type { Live } from '../observe/sent.ts';
import type { Ask } from './ask.ts';
import type { Facts } from './facts.ts';
import { daemonsIn, daemonsLine, daemonsOfPlace } from './state/daemons.ts';
import type { States } from './state/place-state.ts';

/** The daemons of places whose states are known. */
export const daemonsAt = (states: States): Facts['daemons'] =>
  [...states].flatMap(([place, { daemons }]) => daemons.map((daemon) => ({ place, ...daemon })));

/** The daemons of other places than some, which may program what is missing there; of the first places that have any. */
export async function daemonsBeside(
  { plan, runtime }: Pick<Live, 'plan' | 'runtime'>,
  places: readonly string[],
  ask: Ask,
): Promise<Facts['daemons']> {
  const others = new Set(plan.daemons.map(({ place }) => place).filter((place) => !places.includes(place)));
  const asked = [...others].filter((place) => runtime.has(place)).slice(0, AT_ONCE);
  const answers = asked.map(async (place) => {
    const own = daemonsOfPlace(plan.daemons, place);
    const ran = await ask(place, daemonsLine(own));
    return ran?.code === 0 ? daemonsIn(own, ran.stdout).map((daemon) => ({ place, ...daemon })) : [];
  });
  return (await Promise.all(answers)).flat();
}
