import { isIp } from '../packet/index.ts';
import { routeText } from './since.ts';
import type { Site } from './site.ts';
import type { Difference } from './state/compare.ts';
import { prefixOf } from './state/fib.ts';

/** A route that a routing daemon had made and that is another one now, and the neighbour by which it led. */
export interface Withdrawn {
  place: string;
  device: string;
  via: string;
  change: Difference;
}

/** Who makes routes of what its neighbours tell it, as ip-route(8) names it. */
const DAEMONS = /\bproto (bird|zebra|bgp|ospf|rip|isis|babel|eigrp)\b/;

/** The routes to a packet's ends that a routing daemon has taken back, or made unreachable, since the lab was proven. */
export function withdrawn(changes: readonly Difference[], { headers }: Pick<Site, 'headers'>): Withdrawn[] {
  const ends = headers.filter(isIp).flatMap(({ fields }) => [String(fields.dst), String(fields.src)]);
  return changes.flatMap((change): Withdrawn[] => {
    const { what, place, subject, after = '' } = change;
    const text = what === 'route' ? (routeText(change, change.before) ?? '') : '';
    const isTaken = change.change === 'gone' || /^unreachable\b/.test(after);
    if (!isTaken || !DAEMONS.test(text) || !ends.some((each) => prefixOf(subject).holds(each))) return [];
    return [...text.matchAll(/ via (?:inet6? )?(\S+) dev (\S+)/g)].map(([, via = '', device = '']) => ({
      ...{ place, device, via },
      change,
    }));
  });
}
