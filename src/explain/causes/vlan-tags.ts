import type { Sighting } from '../../judge/observation.ts';
import type { Facts } from '../facts.ts';
import { lastEther } from '../layer2/bridged.ts';
import { hasVlan } from '../layer2/silence.ts';
import { linkOf } from '../place.ts';
import { changeOf } from '../since.ts';
import type { CauseKind } from './kind.ts';

/** A frame with a tag is for the VLAN interface of that tag alone (IEEE 802.1Q); a bridge is another matter. */
const unknownTag: CauseKind = {
  name: 'VLAN tag',
  read: ['IEEE 802.1Q', 'ip-link(8), VLAN'],
  tell(facts) {
    const { last, place, way, next } = facts.site;
    const tag = lastEther(facts)?.tag;
    const state = facts.now.get(place);
    const link = linkOf(facts, place, last?.device);
    if (last?.direction !== 'in' || !tag || !state || !link || link.master) return [];
    if (link.kind === 'vlan' || hasVlan(state, link.name, tag)) return [];
    const ids = state.links.flatMap((each) =>
      each.kind === 'vlan' && each.link === link.name ? [`${each.name} id ${each.data.id}`] : [],
    );
    const lacks = next?.place === place && next.device && !linkOf(facts, place, next.device) ? next.device : undefined;
    const [before] = way.slice(0, -1).slice(-1);
    const port = before?.direction === 'out' ? taggedAt(facts, before, tag) : undefined;
    return [
      {
        sentence: `the frame came to ${place}:${link.name} with VLAN tag ${tag}, and no VLAN interface there takes it (${ids.join(', ') || 'there is none'}${lacks ? `; there is no ${lacks}` : ''})${port ? `; ${port.place}’s ${port.device} has VLAN ${tag} tagged, and so leaves the tag on it${port.change ? `: ${port.change.sentence}` : ''}` : ''}`,
        confidence: 'certain',
        place: port?.change?.place ?? place,
        show: [
          ...(port ? [{ place: port.place, command: `bridge vlan show dev ${port.device}` }] : []),
          { place, command: 'ip -d link show type vlan' },
        ],
        ...(port?.change && {
          fix: { place: port.place, command: `bridge vlan add dev ${port.device} vid ${tag} pvid untagged` },
        }),
      },
    ];
  },
};

/** A frame without a tag is for no VLAN interface: a port of a bridge that filters may have taken it off. */
const lostTag: CauseKind = {
  name: 'VLAN tag',
  read: ['bridge(8), vlan', 'IEEE 802.1Q'],
  tell(facts) {
    const { last, place, way, next, headers } = facts.site;
    const to = headers.findLast(({ protocol }) => protocol === 'ip')?.fields.dst;
    const wanted = facts.now
      .get(place)
      ?.links.find(
        ({ kind, link, name, addresses }) =>
          kind === 'vlan' &&
          link === last?.device &&
          ((next?.place === place && next.device === name) || addresses.some(({ address }) => address === to)),
      );
    const vid = Number(wanted?.data.id);
    if (last?.direction !== 'in' || !wanted) return [];
    if (lastEther(facts)?.tag !== undefined) return [];
    const port = way.findLast(({ direction, at }) => direction === 'out' && at !== last.at);
    const vlan = facts.now
      .get(port?.place ?? '')
      ?.vlans.find((each) => each.device === port?.device && each.vid === vid);
    if (!port || !vlan?.untagged) return [];
    const change = changeOf(facts, port.place, 'vlan', (each) => each.device === port.device);
    return [
      {
        sentence: `the frame came to ${last.at} without a tag, and ${wanted.name} takes only those with VLAN tag ${vid}; ${port.place}’s ${port.device} has VLAN ${vid} untagged, and so takes the tag off${change ? `: ${change.sentence}` : ''}`,
        confidence: 'certain',
        place: port.place,
        show: [
          { place: port.place, command: `bridge vlan show dev ${port.device}` },
          { place, command: `ip -d link show ${wanted.name}` },
        ],
        fix: { place: port.place, command: `bridge vlan add dev ${port.device} vid ${vid}` },
      },
    ];
  },
};

/** The port of a bridge that filters by VLAN, by which a frame left with its tag, and what was changed of it. */
function taggedAt(facts: Facts, { place, device }: Sighting, tag: number) {
  const vlan = facts.now.get(place)?.vlans.find((each) => each.device === device && each.vid === tag);
  if (!vlan || vlan.untagged) return undefined;
  return { place, device, change: changeOf(facts, place, 'vlan', (each) => each.device === device) };
}

export const vlanTags: CauseKind[] = [unknownTag, lostTag];
