import type { Facts } from './facts.ts';
import type { Lookup } from './lookup.ts';
import { packetThere } from './packet-there.ts';
import { largerSetting, linkOf, settingOf } from './place.ts';

/** What is for certain not the reason, in sentences: said where no cause is told, so that nobody need look there again. */
export function ruledOut(facts: Facts): string[] {
  const { site, now, lookups, passages, moved } = facts;
  const { place } = site;
  const state = now.get(place);
  if (!state) return [];
  const packet = packetThere(facts);
  const iif = packet?.iif;
  const answered = lookups.find((each) => each.place === place && each.ok && isItsWay(facts, each));
  const traced = [...new Set(passages.map((each) => each.place))];
  const dropped = passages.some(({ ending }) => ending?.verdict === 'drop' || ending?.verdict === 'reject');
  const devices = [site.last?.device, site.next?.place === place ? site.next.device : undefined];
  const up = [...new Set(devices)].flatMap((device) => {
    const link = linkOf(facts, place, device);
    return link?.flags.includes('UP') && link.operstate !== 'DOWN' ? [`${place}:${link.name}`] : [];
  });
  return [
    ...(answered ? [`${place} has a route for it: ${answered.output}`] : []),
    ...(iif && state.sysctls[settingOf(iif, 'forwarding')] === '1' ? [`${place} forwards what comes by ${iif}`] : []),
    ...(iif && !largerSetting(state, iif, 'rp_filter') ? [`${place} has no reverse path filter on ${iif}`] : []),
    ...(traced.length && !dropped
      ? [`netfilter let it pass at ${traced.join(', ')}: it was sent again and traced`]
      : []),
    ...(up.length ? [`${up.join(' and ')} ${up.length > 1 ? 'are' : 'is'} up`] : []),
    ...(moved.length || !facts.isSentAgain ? [] : ['no counter of a loss moved when it was sent again']),
  ];
}

/** Whether a lookup may be of the packet's own way: what has left went by its device, or beneath it; else it asked another table. */
function isItsWay(facts: Facts, { place, device }: Lookup): boolean {
  const { last } = facts.site;
  if (last?.direction !== 'out' || last.place !== place || device === undefined) return true;
  const [left, told] = [linkOf(facts, place, last.device), linkOf(facts, place, device)];
  return device === last.device || left?.master === device || told?.link === last.device;
}
