import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { changeOf, routeText } from '../since.ts';
import { routeFor } from '../state/fib.ts';
import type { CauseKind } from './kind.ts';
import { holds, undoing } from './routes.ts';

interface Sources {
  place: string;
  wanted: string;
  is: string;
  dst: string;
  /** How ip(8) is called for its version of IP. */
  ip: 'ip' | 'ip -6';
}

/** The source that a packet was to have as it left its sender, and the one that it has. */
function sourcesOf({ site }: Facts): Sources | undefined {
  const { hop, now, before } = site.changed ?? {};
  const [listed, own] = [hop?.expected.filter(isIp) ?? [], now?.headers.filter(isIp) ?? []];
  // With a tunnel's header on one side only, two headers are compared of which neither is the other's.
  if (!now || before || now.direction !== 'out' || listed.length !== own.length) return undefined;
  const [wanted, seen] = [listed[0]?.fields.src, own[0]?.fields];
  if (typeof wanted !== 'string' || !seen || seen.src === wanted) return undefined;
  const ip = own[0]?.protocol === 'ip6' ? 'ip -6' : 'ip';
  return { place: now.place, wanted, is: String(seen.src), dst: String(seen.dst), ip };
}

/** The sender takes another of its addresses than is listed (RFC 6724 is of IPv6; of IPv4 the route says it, or the interface). */
const wrongSource: CauseKind = {
  name: 'wrong source',
  read: ['ip-route(8), src', 'ip-address(8)', 'RFC 6724'],
  tell(facts) {
    const sources = sourcesOf(facts);
    const state = sources && facts.now.get(sources.place);
    if (!sources || !state) return [];
    const { place, wanted, is, dst, ip } = sources;
    const route = routeFor(state, { dst })?.route;
    const changed = changeOf(
      facts,
      place,
      'route',
      (each) => `${each.after} `.includes(` src ${is} `) && holds(routeText(each, each.after), dst),
    );
    const why = route?.words.src === is ? `its route says so: ${route.text}` : `it has ${is} where the way begins`;
    return [
      {
        sentence: `${place} sends from ${is} and not from ${wanted}: ${why}`,
        confidence: 'certain',
        place,
        supports: changed ? [changed.sentence] : [],
        show: [{ place, command: `${ip} route get ${dst}` }],
        ...(changed && { fix: undoing(place, changed, ip) }),
      },
    ];
  },
};

export const wrongSources: CauseKind[] = [wrongSource];
