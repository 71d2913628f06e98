import type { ExpectedHeader, Header } from './protocol.ts';

/** Whether a header is one of IP, of either version. */
export const isIp = ({ protocol }: Pick<Header, 'protocol'>): boolean => protocol === 'ip' || protocol === 'ip6';

/** Whether a header is one of IPv4. */
export const isIp4 = ({ protocol }: Pick<Header, 'protocol'>): boolean => protocol === 'ip';

/** How many routers a packet may still pass: the TTL of IPv4, the hop limit of IPv6 (RFC 8200, section 3). */
export const ttlOf = (fields: Readonly<Record<string, unknown>> | undefined): number =>
  Number(fields?.ttl ?? fields?.hopLimit);

/** The name of the field that a header of IP counts routers down in. */
export const ttlField = ({ protocol }: Pick<Header, 'protocol'>): string => (protocol === 'ip6' ? 'hopLimit' : 'ttl');

/** Whether a header is one of ICMP, of either version. */
export const isIcmp = ({ protocol }: Pick<Header, 'protocol'>): boolean => protocol === 'icmp' || protocol === 'icmp6';

/** Whether a packet is an ICMP error (RFC 792, RFC 4443): of ICMP, only echoes are not. */
export function isIcmpError(headers: readonly Pick<ExpectedHeader, 'protocol' | 'fields'>[]): boolean {
  const type = headers.findLast(isIcmp)?.fields.type;
  return type !== undefined && type !== 'echo request' && type !== 'echo reply';
}

/** Whether a packet tells its sender that nobody is at a port (RFC 792, RFC 4443): whoever it was for says so, and nobody on the way. */
export const isPortUnreachable = (headers: readonly Header[]): boolean =>
  headers.some(
    ({ protocol, fields }) =>
      fields.type === 'unreachable' &&
      ((protocol === 'icmp' && fields.code === 3) || (protocol === 'icmp6' && fields.code === 4)),
  );
