import type { Sighting } from '../../judge/observation.ts';
import { isIp, ttlOf } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { isOwn, packetThere } from '../packet-there.ts';
import { linkOf } from '../place.ts';
import { devicesOf, routeFor } from '../state/fib.ts';
import type { LinkState } from '../state/place-state.ts';
import { tunnelOf, wrapper, wrappingOf } from '../tunnel.ts';
import type { CauseKind } from './kind.ts';
import { handed, showDevice } from './tunnel-begin.ts';

/** What a tunnel puts around an IP packet, in bytes: RFC 7348, 8926, 2784, 2003. */
const overheads: Record<string, number> = { vxlan: 50, geneve: 50, gretap: 38, gre: 24, ipip: 20 };
const KEY = 4;

const overheadOf = (link: LinkState) =>
  (overheads[link.kind ?? ''] ?? 0) + (tunnelOf(link).key === undefined ? 0 : KEY);

/** Whether what a tunnel wraps must not be fragmented, and by which of its settings. */
function dfOf({ kind, data }: LinkState, innerDf: boolean): string | undefined {
  if (kind === 'vxlan' || kind === 'geneve')
    return data.df === 'set' ? 'df set' : data.df === 'inherit' && innerDf ? 'df inherit' : undefined;
  return data.pmtudisc === false || !innerDf ? undefined : 'pmtudisc';
}

const tunnelMtu: CauseKind = {
  name: 'tunnel MTU too big',
  read: ['ip-link(8), VXLAN, df', 'ip-tunnel(8), nopmtudisc', 'RFC 4459'],
  tell(facts) {
    const here = handed(facts);
    const packet = packetThere(facts);
    if (!here?.vtep || !packet) return [];
    const { place, state, link, vtep } = here;
    const route = routeFor(state, { dst: vtep.address })?.route;
    const out = linkOf(facts, place, route && devicesOf(route)[0]);
    const df = dfOf(link, packet.df);
    const wrapped = packet.length + overheadOf(link);
    if (!out || !df || wrapped <= out.mtu) return [];
    return [
      {
        sentence: `${place}’s ${link.name} (mtu ${link.mtu}) wraps the packet of ${packet.length} bytes into one of ${wrapped} that must not be fragmented (${df}), and ${out.name}, by which that goes, has mtu ${out.mtu}`,
        confidence: 'certain',
        place,
        show: [...showDevice(here), { place, command: `ip link show dev ${out.name}` }],
        fix: { place, command: `ip link set ${link.name} mtu ${out.mtu - overheadOf(link)}` },
        entails: ['MTU too small', 'path MTU remembered'],
      },
    ];
  },
};

/** The TTLs of what a place first sent wrapped: that of the outer packet, and that of the one inside. */
function ttlsGiven(way: readonly Sighting[], place: string): { outer: number; inner: number | undefined } | undefined {
  const first = way.find(
    ({ direction, headers, ...each }) => each.place === place && direction === 'out' && wrappingOf(headers),
  );
  const wrapping = first && wrappingOf(first.headers);
  const inner = wrapping?.inner.find(isIp)?.fields;
  return wrapping && { outer: wrapping.ttl, inner: inner && ttlOf(inner) };
}

/** Which tunnel gave the outer packet a TTL that does not last to the other end, its own or the inner one's, and by which setting. */
export function spentByTunnel(facts: Facts) {
  const { place, last, headers, way } = facts.site;
  const wrapping = wrappingOf(headers);
  const by = wrapper(facts);
  if (!wrapping || !by || last?.direction !== 'in' || wrapping.ttl > 1 || isOwn(facts, place, wrapping.dst))
    return undefined;
  const { ttl } = by.link.data;
  const isFixed = typeof ttl === 'number' && ttl > 0;
  const given = ttlsGiven(way, by.place);
  if (given && given.outer !== (isFixed ? ttl : given.inner)) return undefined;
  return { ...by, wrapping, isFixed, setting: isFixed ? `ttl ${ttl}` : 'ttl inherit' };
}

const tunnelTtl: CauseKind = {
  name: 'tunnel TTL too small',
  read: ['ip-link(8), VXLAN, ttl', 'ip-tunnel(8), ttl'],
  tell(facts) {
    const by = spentByTunnel(facts);
    if (!by) return [];
    const { place, link, wrapping, isFixed, setting } = by;
    return [
      {
        sentence: `the outer packet’s TTL is spent at ${facts.site.place}, on the way to ${wrapping.dst}: ${place}’s ${link.name} wraps with ${setting}`,
        confidence: 'certain',
        place,
        supports: [`it came to ${facts.site.place} with TTL ${wrapping.ttl}`],
        show: [{ place, command: `ip -d link show dev ${link.name}` }],
        ...(isFixed && { fix: { place, command: `ip link set ${link.name} type ${link.kind} ttl 64` } }),
      },
    ];
  },
};

export const tunnelLimits: CauseKind[] = [tunnelMtu, tunnelTtl];
