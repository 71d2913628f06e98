import type { Facts } from './facts.ts';
import { linkOf } from './place.ts';
import type { LinkState } from './state/place-state.ts';
import { holdersOf } from './tunnel.ts';

interface End {
  place: string;
  link: LinkState;
}

/**
 * The interfaces on the other side of the wire by which the packet left its last place: the one that the cable leads to and, behind
 * a switch, the switch's other port and the interface whose MAC the frame is for. None where it was seen to arrive.
 */
export function receivers(facts: Pick<Facts, 'site' | 'now' | 'plan'>): End[] {
  const { peer, last, place } = facts.site;
  if (last?.direction !== 'out') return [];
  const mac = last.headers[0]?.protocol === 'ether' ? String(last.headers[0].fields.dst) : '';
  const behind = holdersOf(facts, mac).filter((each) => each.place !== place);
  const points = [
    ...(peer ? [peer] : []),
    ...behind.flatMap((end) => farEnd(facts, { place: end.place, device: end.link.name }) ?? []),
    ...behind.map((end) => ({ place: end.place, device: end.link.name })),
  ].filter((each) => each.place !== place);
  const apart = points.filter(
    (each, i) => points.findIndex((other) => other.place === each.place && other.device === each.device) === i,
  );
  return apart.flatMap((each) => {
    const link = linkOf(facts, each.place, each.device);
    return link ? [{ place: each.place, link }] : [];
  });
}

/** The other end of a cable of the lab's, or of a pair of interfaces that its commands made. */
export function farEnd(
  { plan, wires }: Pick<Facts, 'plan'> & Partial<Pick<Facts, 'wires'>>,
  { place, device }: { place: string; device: string },
): { place: string; device: string } | undefined {
  const cable = plan.links.find(({ ends }) => ends.some((end) => end.place === place && end.interface === device));
  const far = cable?.ends.find((end) => end.place !== place || end.interface !== device);
  if (far) return { place: far.place, device: far.interface };
  const [before, ...more] = wires?.before(`${place}:${device}`, 'in') ?? [];
  const [other, name] = before?.direction === 'out' && !more.length ? before.at.split(/:(.*)/s) : [];
  return other && name ? { place: other, device: name } : undefined;
}
