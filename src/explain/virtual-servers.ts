import type { Ask } from './ask.ts';
import type { Site } from './site.ts';

/** A virtual server of IPVS, and the real ones that it has, as `address:port`. */
export interface VirtualServer {
  protocol: 'tcp' | 'udp';
  address: string;
  port: number;
  real: string[];
}

const address = (hex: string) => (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.');
const port = (hex: string) => Number.parseInt(hex, 16);

/** The virtual servers of IPv4 that /proc/net/ip_vs lists: numbers in it are hexadecimal. */
export function virtualServersIn(text: string): VirtualServer[] {
  const servers: VirtualServer[] = [];
  for (const line of text.split('\n')) {
    const [, protocol, own = '', at = ''] = /^(TCP|UDP) +([0-9A-F]{8}):([0-9A-F]{4})\b/.exec(line) ?? [];
    if (protocol)
      servers.push({ protocol: protocol === 'TCP' ? 'tcp' : 'udp', address: address(own), port: port(at), real: [] });
    const [, real = '', to = ''] = /^ *-> +([0-9A-F]{8}):([0-9A-F]{4})\b/.exec(line) ?? [];
    if (real) servers.at(-1)?.real.push(`${address(real)}:${port(to)}`);
  }
  return servers;
}

/** The virtual servers of the places that may have translated a call. */
export async function virtualServersOf(ask: Ask, site: Site): Promise<Map<string, VirtualServer[]>> {
  if (!site.headers.some(({ protocol }) => protocol === 'tcp' || protocol === 'udp')) return new Map();
  const places = [site.place, site.changed?.before?.place, site.turn?.place].flatMap((place) => place ?? []);
  const asked = [...new Set(places)].map(async (place) => {
    const ran = await ask(place, 'cat /proc/net/ip_vs 2>/dev/null || true');
    return [place, virtualServersIn(ran?.stdout ?? '')] as const;
  });
  return new Map(await Promise.all(asked));
}
