import type { PlaceState } from './place-state.ts';

/**
 * States in which the MAC of an interface reads as the interface's name, wherever it stands: the kernel draws MACs by lot, and
 * what two stand-ups of a lab have in common is whose they are. Those that are `stated` are nobody's by lot, and stay.
 */
export function withNamedMacs(
  states: ReadonlyMap<string, PlaceState>,
  stated: readonly string[] = [],
): Map<string, PlaceState> {
  const owners = macOwners(states, stated);
  return new Map([...states].map(([place, state]) => [place, withMacsNamed(state, owners)]));
}

/** The names of the interfaces that have the MACs which nobody has stated, by MAC: `PLACE:DEVICE`. */
export function macOwners(states: ReadonlyMap<string, PlaceState>, stated: readonly string[]): Map<string, string> {
  const owners = new Map<string, string>();
  const links = [...states].flatMap(([place, { links }]) => links.map((link) => ({ place, ...link })));
  const bridgesLast = [...links].sort((a, b) => Number(a.kind === 'bridge') - Number(b.kind === 'bridge'));
  for (const { place, name, mac } of bridgesLast)
    if (mac !== NO_MAC && !stated.includes(mac) && !owners.has(mac)) owners.set(mac, `${place}:${name}`);
  return owners;
}

/** A state in which each MAC reads as its owner. */
export const withMacsNamed = (state: PlaceState, owners: ReadonlyMap<string, string>): PlaceState =>
  withLeastMacs(JSON.parse(JSON.stringify(state).replace(MAC, (mac) => owners.get(mac) ?? mac)) as PlaceState);

/** A bridge without a MAC of its own has the least of its ports' (br_stp_recalculate_bridge_id, net/bridge/br_stp_if.c). */
const withLeastMacs = (state: PlaceState): PlaceState => ({
  ...state,
  links: state.links.map((link) => {
    const isOfPort = state.links.some(({ master, mac }) => master === link.name && mac === link.mac);
    return link.kind === 'bridge' && isOfPort ? { ...link, mac: 'a port’s' } : link;
  }),
});

/** The MACs that some text states. */
export const macsIn = (text: string): string[] => text.toLowerCase().match(MAC) ?? [];

const NO_MAC = '00:00:00:00:00:00';
const MAC = /\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g;
