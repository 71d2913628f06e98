import { isIPv4, isIPv6 } from 'node:net';
import type { Flow } from '../runtime.ts';

/** A flow as an agent reads it: its protocol in one byte, then both addresses; throws where one is no address. */
export const flowBytes = ({ protocol, src, dst }: Flow): Buffer =>
  Buffer.from([protocol, ...addressBytes(src), ...addressBytes(dst)]);

/** The bytes of an address, of either version; throws where it is none. */
export function addressBytes(address: string): number[] {
  if (isIPv4(address)) return address.split('.').map(Number);
  if (!isIPv6(address) || address.includes('%')) throw new Error(`${address} is no address`);
  const [before, after] = canonical(address).split('::').map(groupBytes);
  if (!after) return before!;
  return [...before!, ...Array<number>(16 - before!.length - after.length).fill(0), ...after];
}

/** An IPv6 address in hexadecimal groups alone, as the URL Standard writes it: `::ffff:102:304` for `::ffff:1.2.3.4`. */
const canonical = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1);

const groupBytes = (groups: string) =>
  groups
    .split(':')
    .flatMap((group) => (group ? [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255] : []));
