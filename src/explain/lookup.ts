import type { Ask } from './ask.ts';
import { markText } from './marks.ts';
import type { PacketThere } from './packet-there.ts';

/** A question of a place about the way of a packet, and its answer: `ip route get …`. */
export interface Lookup {
  place: string;
  command: string;
  /** What it printed, errors included, on one line. */
  output: string;
  ok: boolean;
  /** The device by which it goes, the next hop where there is one, and its type where that is not unicast. */
  device?: string;
  via?: string;
  type?: string;
}

/** The command that asks a place for the way of just this packet: with the interface by which it came, its protocol and ports. */
export function routeGet({ src, dst, protocol, sport, dport, iif, mark }: PacketThere): string {
  const ports = sport && dport ? ` ipproto ${protocol} sport ${sport} dport ${dport}` : '';
  const from = iif ? ` from ${src} iif ${iif}` : '';
  return `ip route get ${dst}${from}${mark ? ` mark ${markText(mark.value)}` : ''}${ports}`;
}

/** Asks a place for the way of a packet; nothing where it does not answer in time. */
export async function lookUp(ask: Ask, place: string, command: string): Promise<Lookup[]> {
  const ran = await ask(place, command);
  if (!ran) return [];
  const output = `${ran.stdout}${ran.stderr}`.replace(/\s+/g, ' ').trim();
  return [{ place, command, output, ok: ran.code === 0, ...wayIn(output) }];
}

/** What an answer of `ip route get` says of the way. */
export function wayIn(output: string): Pick<Lookup, 'device' | 'via' | 'type'> {
  const [device, via] = ['dev', 'via'].map((word) => new RegExp(`(?:^| )${word} (\\S+)`).exec(output)?.[1]);
  const type = /^(local|broadcast|blackhole|unreachable|prohibit)\b/.exec(output)?.[1];
  return { ...(device && { device }), ...(via && { via }), ...(type && { type }) };
}
