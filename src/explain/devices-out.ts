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
