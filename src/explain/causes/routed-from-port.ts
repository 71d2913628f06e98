import type { Facts } from '../facts.ts';
import { takenOff } from './bridges-without-carrier.ts';
import type { CauseKind, Told } from './kind.ts';

/** Interfaces by which the packet came to a place that sent it on, at which its walk lists another way than it took. */
function cameBy({ site }: Facts): { place: string; device: string }[] {
  const { way, changed, turn } = site;
  const places = [changed?.before?.place, turn?.place];
  return way.flatMap(({ place, device, direction }, i) => {
    const isSentOn = way.slice(i + 1).some((each) => each.place === place && each.direction === 'out');
    return direction === 'in' && isSentOn && places.includes(place) ? [{ place, device }] : [];
  });
}

/** What was a bridge's port is an interface of its own: what comes by it is routed, and not bridged. */
const routedFromPort: CauseKind = {
  name: 'port off the bridge',
  read: ['ip-link(8), master', 'bridge(8)'],
  tell: (facts) =>
    cameBy(facts).flatMap(({ place, device }): Told[] =>
      takenOff(facts, place)
        .filter(({ port }) => port === device)
        .map(({ bridge, show, what, fix }) => ({
          sentence: `${place} routes what comes by ${device}, where ${bridge} would bridge it: ${what}`,
          confidence: 'certain',
          place,
          show: show.map((command) => ({ place, command })),
          ...(fix && { fix: { place, command: fix } }),
        })),
    ),
};

export const routedFromPorts: CauseKind[] = [routedFromPort];
