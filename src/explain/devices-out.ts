import type { Facts } from './facts.ts';
import { linkOf } from './place.ts';

/** The interfaces by which the place where it was lost was to send it: as the walk lists it, as its routes say, and beneath those. */
export function devicesOut(facts: Pick<Facts, 'site' | 'lookups' | 'now'>): string[] {
  const { place, next, last } = facts.site;
  const device = facts.lookups.find((each) => each.place === place && each.device)?.device;
  const listed = next?.place === place ? next.device : undefined;
  const first = [...new Set([listed, device, last?.direction === 'out' ? last.device : undefined])];
  const own = first.flatMap((each) => (each && each !== 'lo' ? [each] : []));
  const beneath = own.flatMap((each) => linkOf(facts, place, each)?.link ?? []);
  return [...new Set([...own, ...beneath.filter((each) => linkOf(facts, place, each))])];
}

/** What the place where it was lost is asked of the filters that the packet comes by: a command of tc(8) each. */
export function filterCommands(facts: Pick<Facts, 'site' | 'lookups' | 'now'>): { place: string; command: string }[] {
  const { place, last, peer } = facts.site;
  const holds = (at: string, device: string, kinds: string[]) =>
    facts.now.get(at)?.qdiscs.some((each) => each.device === device && kinds.includes(each.kind)) ?? false;
  const comes = [
    ...(last?.direction === 'in' ? [{ place, device: last.device }] : []),
    ...(peer ? [{ place: peer.place, device: peer.device }] : []),
  ].filter((each) => holds(each.place, each.device, ['ingress', 'clsact']));
  const goes = devicesOut(facts).filter((device) => holds(place, device, ['clsact']));
  return [
    ...comes.map((each) => ({ place: each.place, command: `tc -s filter show dev ${each.device} ingress` })),
    ...goes.map((device) => ({ place, command: `tc -s filter show dev ${device} egress` })),
  ];
}
