import type { Facts } from '../facts.ts';
import { linkOf, ownersOf, whoseText } from '../place.ts';
import { changeOf } from '../since.ts';
import { devicesOf, routeFor } from '../state/fib.ts';
import { isTunnel } from '../tunnel.ts';
import type { CauseKind } from './kind.ts';
import { undoing } from './routes.ts';

interface Neighbour {
  place: string;
  device: string;
}

/** The interface whose MAC the walk lists for a frame's destination, where it names one. */
function listedNeighbour({ site }: Facts): Neighbour | undefined {
  const ether = site.changed?.hop.expected.find(({ protocol }) => protocol === 'ether')?.fields;
  const mac = ether?.dst;
  if (!mac || typeof mac !== 'object' || !('macOf' in mac)) return undefined;
  const [place = '', device = ''] = String(mac.macOf).split(':');
  return { place, device };
}

const hasAddress = (facts: Facts, { place, device }: Neighbour, address: string): boolean =>
  linkOf(facts, place, device)?.addresses.some((each) => each.address === address) ??
  facts.plan.links.some(({ ends }) =>
    ends.some((end) => end.place === place && end.interface === device && end.address?.startsWith(`${address}/`)),
  );

/** A route leads by the listed interface, to another neighbour than is listed. */
const otherNextHop: CauseKind = {
  name: 'wrong route',
  read: ['ip-route(8)'],
  tell(facts) {
    const now = facts.site.changed?.now;
    const listed = listedNeighbour(facts);
    const state = now && facts.now.get(now.place);
    if (!now || !state || !listed || now.direction !== 'out' || listed.place === now.place) return [];
    const { place, device } = now;
    const dst = String(now.headers.find(({ protocol }) => protocol === 'ip')?.fields.dst);
    const route = routeFor(state, { dst })?.route;
    const via = route?.words.via;
    const entry = state.neighbours.find((each) => each.address === via && each.device === device);
    if (!route || !via || entry?.mac !== now.headers[0]?.fields.dst || hasAddress(facts, listed, via)) return [];
    const whose = whoseText(ownersOf(facts, via));
    const changed = changeOf(
      facts,
      place,
      'route',
      ({ after, before }) => after === route.text || before === route.text || after?.includes(`via ${via} `) === true,
    );
    return [
      {
        sentence: `${place} routes ${dst} via ${via}${whose ? `, which is ${whose},` : ''} and not to ${listed.place}: ${route.text}${changed ? `; ${changed.sentence}` : ''}`,
        confidence: 'certain',
        place,
        show: [{ place, command: `ip route show match ${dst}` }],
        ...(changed && { fix: undoing(place, changed) }),
      },
    ];
  },
};

const isIp = ({ protocol }: { protocol: string }) => protocol === 'ip';

/** A route leads into a tunnel, where the walk lists the packet as it is. */
const intoTunnel: CauseKind = {
  name: 'wrong route',
  read: ['ip-route(8)'],
  tell(facts) {
    const { hop, now, before } = facts.site.changed ?? {};
    const state = now && facts.now.get(now.place);
    if (!hop || !now || !before || !state || before.place !== now.place) return [];
    if (now.headers.filter(isIp).length <= hop.expected.filter(isIp).length) return [];
    const { place, device } = now;
    const inner = before.headers.find(isIp)?.fields;
    const route = inner && routeFor(state, { dst: String(inner.dst), src: String(inner.src) })?.route;
    const tunnel = route && devicesOf(route).find((each) => isTunnel(linkOf(facts, place, each)));
    if (!tunnel || tunnel === device) return [];
    return [
      {
        sentence: `${place} routes ${inner.dst} by ${tunnel}, which wraps it, and not by ${device}: ${route.text}`,
        confidence: 'certain',
        place,
        show: [{ place, command: `ip route show match ${inner.dst}` }],
      },
    ];
  },
};

export const nextHops: CauseKind[] = [otherNextHop, intoTunnel];
