import type { Runtime } from '../runtime/runtime.ts';

/** Sockets of IPv6 may send IPv4 as well (ipv6(7), IPV6_V6ONLY). */
const FILES = ['tcp', 'tcp6', 'udp', 'udp6'].map((file) => `/proc/net/${file}`);

/**
 * The sockets that are open at some places, as `udp 53`: what is sent from one of them is not sent by a command that has yet to
 * begin. From /proc/net/tcp, udp and those of IPv6, proc(5).
 */
export async function openSockets(runtime: Pick<Runtime, 'read'>, places: readonly string[]): Promise<Set<string>> {
  if (!places.length) return new Set();
  const read = await runtime.read([...new Set(places)], FILES);
  const lists = [...read.values()].flatMap((files) => [...files]);
  return new Set(
    lists.flatMap(([path, text]) =>
      [...text.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /gm)].map(
        ([, port]) => `${path.includes('tcp') ? 'tcp' : 'udp'} ${Number.parseInt(port!, 16)}`,
      ),
    ),
  );
}
