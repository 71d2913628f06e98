import type { Facts } from '../facts.ts';
import type { Ring } from '../ring.ts';
import { ringOf } from '../ring.ts';
import { changeOf } from '../since.ts';
import type { Difference } from '../state/compare.ts';
import { prefixOf, routeFor } from '../state/fib.ts';
import type { RouteState } from '../state/place-state.ts';
import type { CauseKind } from './kind.ts';

/** A place of a ring, and the route by which it sends the packet on. */
interface Turn {
  place: string;
  route: RouteState | undefined;
}

/** The places of a ring that route the packet: it comes there, and leaves with a TTL less. */
function turnsOf({ now }: Pick<Facts, 'now'>, { round }: Ring, dst: string): Turn[] {
  const places = [...new Set(round.map(({ place }) => place))];
  return places.map((place) => {
    const state = now.get(place);
    return { place, route: state && routeFor(state, { dst })?.route };
  });
}

const forwardingLoop: CauseKind = {
  name: 'routing loop',
  read: ['ip-route(8)', 'RFC 1812, section 5.3.1'],
  tell(facts) {
    const ring = ringOf(facts.site);
    const inner = facts.site.headers.findLast(({ protocol }) => protocol === 'ip')?.fields;
    if (!ring || !inner) return [];
    const dst = String(inner.dst);
    const turns = turnsOf(facts, ring, dst);
    // A place that only hands it to itself does so by a tunnel to itself.
    if (turns.length < 2) return [];
    const changed = turns.flatMap(({ place }) => {
      const change = changeOf(facts, place, 'route', ({ subject }) => prefixOf(subject).holds(dst));
      return change ? [{ place, change }] : [];
    })[0];
    const place = changed?.place ?? blamed(facts, turns);
    const first = turns.findIndex((each) => each.place === place);
    const ordered = [...turns.slice(first), ...turns.slice(0, first)];
    const names = ordered.map((each) => each.place);
    const by = ordered.flatMap((each) => (each.route ? [`${each.place} by ${each.route.text}`] : []));
    return [
      {
        sentence: `it goes round ${[...names, names[0]].join(' → ')}, ${ring.times} times, until its TTL is spent: ${by.join(', ')}${changed ? `; ${changed.change.sentence}` : ''}`,
        confidence: 'certain',
        place,
        supports: [`it came ${ring.times + 1} times to ${ring.round.at(-1)!.at}`],
        show: turns.map((each) => ({ place: each.place, command: `ip route get ${dst}` })),
        entails: ['wrong route', 'TTL spent'],
        ...(changed && { fix: undoing(changed.place, changed.change) }),
      },
    ];
  },
};

const undoing = (place: string, { change, subject, before, after }: Difference) => ({
  place,
  command:
    change === 'new'
      ? `ip route del ${after}`
      : `ip route replace ${change === 'gone' ? before : `${subject} ${before}`}`,
});

/** Where it was first sent back: the last place of the way as listed, or one that has a route of its own to the destination. */
function blamed({ site, walk, now }: Facts, turns: Turn[]): string {
  const next = walk && site.next?.place;
  if (next && turns.some(({ place }) => place === next)) return next;
  const specific = turns.find(({ route }) => route && route.dst !== 'default' && now.size);
  return specific?.place ?? turns[0]!.place;
}

export const loops: CauseKind[] = [forwardingLoop];
