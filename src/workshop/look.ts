import { changedParts, editionsOf, stateAfter, statePartsBut } from '../explain/state/editions.ts';
import { macOwners, withMacsNamed } from '../explain/state/mac-names.ts';
import type { PlaceState, StatePart } from '../explain/state/place-state.ts';
import { readStates } from '../explain/state/read.ts';
import type { Plan } from '../plan/plan.ts';
import { interfacesOf, settled } from '../prove/settle.ts';
import type { Edition, EditionPart } from '../runtime/editions.ts';
import type { Runtime } from '../runtime/index.ts';
import { type Extras, readExtras, untoldIn } from './extras.ts';

/** What all places of a lab are like at a moment. A place that has not changed since it was looked at last is the same object. */
export interface Like {
  /** A MAC that the kernel drew reads as the name of its interface. */
  states: Map<string, PlaceState>;
  extras: Extras;
}

/** What was read of a place, and in which edition; without one, all of it is read anew the next time. */
interface Known {
  edition: Edition | undefined;
  state: PlaceState;
  extras: readonly string[];
}

/** Of a lab that is being worked on, an end may be up while the other is not: that is no reason to wait for long. */
const PATIENCE_MS = 300;

/** What the programs of a place may take together. */
const READING_MS = 10_000;

/** Of its sockets, those that listen are read besides. */
const READ_BESIDES: StatePart[] = ['sockets'];

/**
 * Looks what places are like, once what was typed there has taken effect. Only that is read of which something is set otherwise than
 * at the look before; `stated` are MACs that are nobody's by lot.
 */
export function looks(runtime: Runtime, plan: Plan, places: string[], stated: readonly string[]): () => Promise<Like> {
  const known = new Map<string, Known>();
  const interfaces = interfacesOf(runtime, plan);
  const named = naming(stated);
  const isUntold = untoldIn(plan);
  let isUnsettled = false;

  const dueAt = (place: string, editions: Map<string, Edition> | undefined): EditionPart[] => {
    const { edition, extras = [] } = known.get(place) ?? {};
    const changed = changedParts(edition, editions?.get(place));
    return changed.includes('sockets') || !isUntold(extras) ? changed : [...changed, 'sockets'];
  };
  const readAt = async (place: string, parts: EditionPart[], edition: Edition | undefined) => {
    const before = known.get(place);
    const leaveOut = [...new Set([...READ_BESIDES, ...statePartsBut(parts)])];
    const isState = parts.some((part) => part !== 'sockets');
    const [states, extras] = await Promise.all([
      isState ? readStates(runtime, plan, [place], { timeoutMs: READING_MS, leaveOut }) : undefined,
      parts.includes('sockets') ? readExtras(runtime, plan, [place]) : undefined,
    ]);
    const now = states?.get(place) ?? before!.state;
    known.set(place, {
      // What could not be read is read anew the next time.
      edition: now.unasked.length ? undefined : edition,
      state: before?.edition && now !== before.state ? stateAfter(before.state, now, leaveOut) : now,
      extras: extras?.get(place) ?? before?.extras ?? [],
    });
  };
  /** What was set otherwise while a place was read, and is as before once it is asked again, would stay in its state: it is read anew. */
  const forgetMoved = async (read: string[]) => {
    const editions = await editionsOf(runtime, plan, read);
    for (const place of read) {
      const one = known.get(place)!;
      if (changedParts(one.edition, editions?.get(place)).length) known.set(place, { ...one, edition: undefined });
    }
  };
  const isDue = (editions: Map<string, Edition> | undefined) => places.some((place) => dueAt(place, editions).length);

  const look = async (): Promise<Like> => {
    let editions = isUnsettled ? await editionsOf(runtime, plan, places) : undefined;
    // Where nothing has changed, what was waited for in vain is not waited for again.
    if (!editions || isDue(editions)) {
      isUnsettled = (await settled(runtime, interfaces, places, { patienceMs: PATIENCE_MS })).length > 0;
      editions = await editionsOf(runtime, plan, places);
    }
    const due = places.map((place) => ({ place, parts: dueAt(place, editions) })).filter(({ parts }) => parts.length);
    await Promise.all(due.map(({ place, parts }) => readAt(place, parts, editions?.get(place))));
    if (due.length) await forgetMoved(due.map(({ place }) => place));
    return {
      states: named(new Map(places.map((place) => [place, known.get(place)!.state]))),
      extras: new Map(places.map((place) => [place, known.get(place)!.extras])),
    };
  };

  let last: Promise<unknown> = Promise.resolve();
  let underWay = 0;
  return () => {
    // Something was typed while places were looked at: what was read then may be of a moment between two editions that are the same.
    const isMoved = underWay > 0;
    underWay++;
    const next = last.then(() => {
      if (isMoved) for (const [place, one] of known) known.set(place, { ...one, edition: undefined });
      return look();
    });
    last = next.catch(() => {}).finally(() => underWay--);
    return next;
  };
}

/** Gives MACs their names, in a state that is known already only when one of them is another's. */
function naming(stated: readonly string[]): (states: Map<string, PlaceState>) => Map<string, PlaceState> {
  let done = new WeakMap<PlaceState, PlaceState>();
  let ownersThen = '';
  return (states) => {
    const owners = macOwners(states, stated);
    const ownersNow = JSON.stringify([...owners]);
    if (ownersNow !== ownersThen) done = new WeakMap();
    ownersThen = ownersNow;
    return new Map(
      [...states].map(([place, state]) => {
        const one = done.get(state) ?? withMacsNamed(state, owners);
        done.set(state, one);
        return [place, one];
      }),
    );
  };
}
