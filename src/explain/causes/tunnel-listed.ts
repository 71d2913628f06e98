import { linkOf } from '../place.ts';
import { isTunnel, wrappingOf } from '../tunnel.ts';
import type { CauseKind } from './kind.ts';
import { showing } from './tunnel-end.ts';

/** What tells one tunnel from another between the same ends: the field of its header, and the setting of its device. */
const told = [
  { name: 'tunnel key differs', protocol: 'gre', field: 'key', word: 'key', read: ['ip-tunnel(8)', 'RFC 2890'] },
  {
    name: 'tunnel id differs',
    protocol: 'vxlan',
    field: 'vni',
    word: 'id',
    read: ['ip-link(8), VXLAN', 'RFC 7348, section 4'],
  },
  { name: 'tunnel id differs', protocol: 'geneve', field: 'vni', word: 'id', read: ['ip-link(8), GENEVE', 'RFC 8926'] },
] as const;

/** A tunnel device wraps a packet otherwise than the walk lists it, whatever its far end takes. */
export const tunnelListed: CauseKind[] = told.map(({ name, protocol, field, word, read }) => ({
  name,
  read: [...read],
  tell({ site, now }) {
    const { hop, now: frame, before } = site.changed ?? {};
    const listed = hop?.expected.find((header) => header.protocol === protocol)?.fields[field];
    const borne = frame?.headers.find((header) => header.protocol === protocol)?.fields[field];
    const by = [...site.way, ...(before ? [before] : [])].findLast(
      (each) =>
        each.place === frame?.place && each.direction === 'out' && isTunnel(linkOf({ now }, each.place, each.device)),
    );
    const link = by && linkOf({ now }, by.place, by.device);
    if (!frame || !by || !link || listed === undefined || listed === borne || !wrappingOf(frame.headers)) return [];
    return [
      {
        sentence: `${by.place}’s ${link.name} wraps it with ${borne === undefined ? `no ${word}` : `${word} ${borne}`}, where ${word} ${listed} is listed`,
        confidence: 'certain',
        place: by.place,
        show: [showing(by.place, link)],
      },
    ];
  },
}));
