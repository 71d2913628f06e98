import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Where a page is served, as browsers name it in the headers Host and Origin. */
export interface Site {
  protocol: 'http' | 'https';
  /** All names with their ports, of which a browser leaves out 80 of http and 443 of https. */
  hosts: ReadonlySet<string>;
}

/** Whether an address is of the loopback network: no other machine can send to it (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3). */
export const isLoopback = (address: string): boolean => address === '::1' || /^127\./.test(address);

/** Whether an address is none in particular, but all that a machine has. */
export const isUnspecified = (address: string): boolean => address === '0.0.0.0' || /^[0:]+$/.test(address);

/** An address as it is written in a link. */
export const inUrl = (address: string): string => (isIP(address) === 6 ? `[${address}]` : address);

/** The site of an address and a port. */
export function siteOf(protocol: Site['protocol'], address: string, port: number): Site {
  const names = isLoopback(address) ? [inUrl(address), 'localhost'] : [inUrl(address)];
  return { protocol, hosts: new Set(names.map((name) => new URL(`${protocol}://${name}:${port}`).host)) };
}

/** Why a request is refused, by its status; undefined where it may go on. A name of another's that leads here is none of ours. */
export function refusal({ protocol, hosts }: Site, { headers }: Pick<IncomingMessage, 'headers'>, isSocket: boolean) {
  const { host, origin } = headers;
  if (!host || !hosts.has(host)) return 421;
  if (isSocket ? origin !== `${protocol}://${host}` : origin !== undefined && origin !== `${protocol}://${host}`)
    return 403;
  return undefined;
}

/** A secret of 256 bits, as it is written in a link. */
export const newToken = (): string => randomBytes(32).toString('base64url');

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Whether two tokens are the same; how long that takes tells nothing of them. */
export const isSameToken = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
