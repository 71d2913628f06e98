import type { Runtime } from '../runtime/runtime.ts';

const FILES = ['tcp', 'udp'] as const;

/**
 * The sockets that are open at some places, as `udp 53`: what is sent from one of them is not sent by a command that has yet to
 * begin. From /proc/net/tcp and udp, proc(5).
 */
export async function openSockets(runtime: Pick<Runtime, 'script'>, places: readonly string[]): Promise<Set<string>> {
  const lists = [...new Set(places)].flatMap((place) =>
    FILES.map(async (protocol) => {
      const { stdout } = await runtime.script(place, `cat /proc/net/${protocol}`);
      return [...stdout.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /gm)].map(
        ([, port]) => `${protocol} ${Number.parseInt(port!, 16)}`,
      );
    }),
  );
  return new Set((await Promise.all(lists)).flat());
}
