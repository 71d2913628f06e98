import { saying } from '../signs.ts';
import { changeOf } from '../since.ts';
import { prefixOf } from '../state/fib.ts';
import type { CauseKind } from './kind.ts';
import { undoing } from './routes.ts';
import { handed, innerRoute, showDevice } from './tunnel-begin.ts';

/** A tunnel without a remote wraps for the next hop of the route that leads into it; a route without one names nobody but whom the packet is for. */
export const noRemote: CauseKind = {
  name: 'tunnel without remote',
  read: ['ip-tunnel(8)', 'ip-route(8), via and onlink'],
  tell(facts) {
    const here = handed(facts);
    if (!here || here.vtep || here.link.kind === 'vxlan') return [];
    const { place, link } = here;
    const { dst, route } = innerRoute(here.facts, place);
    const changed = dst && changeOf(facts, place, 'route', ({ subject }) => prefixOf(subject).holds(dst));
    const leads = route ? `, and the route that leads into it names no next hop: ${route.text}` : '';
    const itself = dst ? `: it wraps for ${dst}, whom the packet is for` : ': it does not know to whom it wraps';
    return [
      {
        sentence: `${place}’s ${link.name} has no remote end (remote any)${leads}${itself}${changed ? `; ${changed.sentence}` : ''}`,
        confidence: changed ? 'certain' : 'likely',
        place,
        supports: saying([changed, `${changed ? changed.sentence : ''}`]),
        show: [...showDevice(here), ...(dst ? [{ place, command: `ip route show match ${dst}` }] : [])],
        ...(changed && { fix: undoing(place, changed) }),
      },
    ];
  },
};
