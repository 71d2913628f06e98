import { createHash } from 'node:crypto';

/** RFC 4648, section 6. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first letters of a text's SHA-256 in base 32, by which kube-proxy names a chain. */
function hash(text: string, letters = 16): string {
  const bits = [...createHash('sha256').update(text).digest()].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length: letters }, (_, i) => BASE32[Number.parseInt(bits.slice(5 * i, 5 * i + 5), 2)]).join('');
}

/** `KUBE-SVC-7CWUT4JBGBRVUN2L` for `default/nginx-test:80-80` and `tcp`: SVC of all endpoints, SVL of the node's own, EXT from outside, FW of a load balancer. */
export const chainOf = (kind: 'SVC' | 'SVL' | 'EXT' | 'FW', service: string, protocol: string): string =>
  `KUBE-${kind}-${hash(`${service}${protocol}`)}`;

/** `KUBE-SEP-U2YYZT2C3O6VM4EV`, of the same service and its endpoint `10.42.1.6:80`. */
export const endpointChain = (service: string, protocol: string, endpoint: string): string => `KUBE-SEP-${hash(`${service}${protocol}${endpoint}`)}`;

/** `T2SAD64M-default/nginx-test/tcp/80-80`, by which nftables mode names what is a service’s, and `…__10.42.1.6/80`, what is an endpoint’s. */
export function nftName(service: string, protocol: string, endpoint?: string): string {
  const [path, port = ''] = service.split(':');
  const name = `${path}/${protocol}/${port}${endpoint ? `__${endpoint.replace(':', '/')}` : ''}`;
  return `${hash(name, 8)}-${name}`;
}
