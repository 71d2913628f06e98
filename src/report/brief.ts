import type { Header } from '../packet/index.ts';
import { layers } from './layers.ts';

type Fields = Header['fields'];

/**
 * A packet in a line, as a person says it, what a tunnel carries in brackets:
 * `192.168.205.4 → 192.168.205.3, VXLAN id 1 [10.42.0.65 → 10.42.1.9, ICMP echo request, TTL 63]`.
 */
export function briefText(headers: readonly Header[]): string {
  const parts = layers(headers.filter(({ protocol }) => !['ether', 'raw'].includes(protocol)));
  return parts.reduceRight((inner, layer) => {
    const text = [...layerTexts(layer, inner !== ''), ...(inner ? [] : ttlText(layer))].join(', ');
    return inner ? `${text} [${inner}]` : text;
  }, '');
}

const ttlText = (layer: readonly Header[]) =>
  layer.flatMap(({ protocol, fields }) =>
    protocol === 'ip6' && fields.hopLimit !== undefined
      ? [`hop limit ${fields.hopLimit}`]
      : protocol === 'ip' && fields.ttl !== undefined
        ? [`TTL ${fields.ttl}`]
        : [],
  );

const layerTexts = (layer: readonly Header[], wraps: boolean): string[] =>
  layer.flatMap((header) => {
    if (wraps && header.protocol === 'udp' && layer.at(-1) !== header) return [];
    return headerBrief(header);
  });

const headerTexts: Record<string, (fields: Fields) => string> = {
  ip: ({ src, dst }) => (src === undefined ? 'IP' : `${src} → ${dst}`),
  ip6: ({ src, dst }) => (src === undefined ? 'IPv6' : `${src} → ${dst}`),
  icmp: ({ type, code, mtu }) => icmpText(type, code, mtu),
  icmp6: ({ type, code, mtu, target, groups }) =>
    [icmp6Text(type, code, mtu), ...(target ? [`of ${target}`] : []), ...(groups ? [`of ${groups}`] : [])].join(' '),
  arp: ({ op, spa, tpa }) => (op === 'reply' ? `ARP reply, ${spa} tells ${tpa}` : `ARP ${op}, ${spa} asks for ${tpa}`),
  tcp: ({ src, dst, flags }) => `TCP port ${src} → ${dst}${flags ? ` (${flagText(String(flags))})` : ''}`,
  udp: ({ src, dst }) => `UDP port ${src} → ${dst}`,
  vxlan: ({ vni }) => `VXLAN id ${vni}`,
  geneve: ({ vni }) => `Geneve id ${vni}`,
  mpls: ({ label }) => `MPLS label ${label}`,
  esp: ({ spi }) => `ESP spi ${spi}`,
  wireguard: ({ type }) => `WireGuard ${type}`,
  encrypted: () => 'encrypted',
  gre: ({ key }) => (key === undefined ? 'GRE' : `GRE key ${key}`),
};

/** A header in a few words: `VXLAN id 1`. */
export const headerBrief = ({ protocol, fields }: Header): string =>
  headerTexts[protocol]?.(fields) ?? protocol.toUpperCase();

const names: Record<string, string> = { S: 'SYN', A: 'ACK', F: 'FIN', R: 'RST', P: 'PSH' };

const flagText = (flags: string) => [...flags].flatMap((letter) => names[letter] ?? []).join('-');

/** Codes of `unreachable` (RFC 792, RFC 1122, RFC 1812). */
const unreachable: Record<number, string> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'fragmentation needed',
  9: 'network prohibited',
  10: 'host prohibited',
  13: 'administratively prohibited',
};

/** Codes of ICMPv6’s `unreachable` (RFC 4443, section 3.1). */
const unreachable6: Record<number, string> = {
  0: 'no route',
  1: 'administratively prohibited',
  2: 'beyond scope',
  3: 'address unreachable',
  4: 'port unreachable',
  5: 'source address prohibited',
  6: 'route rejected',
};

const icmp6Text = (
  type: Fields[string] | undefined,
  code: Fields[string] | undefined,
  mtu: Fields[string] | undefined,
) => {
  const words = type === 'unreachable' ? (unreachable6[Number(code)] ?? `unreachable, code ${code}`) : String(type);
  return `ICMPv6 ${words}${mtu ? `, MTU ${mtu}` : ''}`;
};

/** An ICMP message in words: `ICMP fragmentation needed, MTU 1400`. */
export function icmpText(type: Fields[string] | undefined, code?: Fields[string], mtu?: Fields[string]): string {
  const words = type === 'unreachable' ? (unreachable[Number(code)] ?? `unreachable, code ${code}`) : String(type);
  return `ICMP ${words}${mtu ? `, MTU ${mtu}` : ''}`;
}
