import { BadUsage } from './usage.ts';

/** Ports of TCP and UDP. */
const LAST_PORT = 65_535;

/** A port as it was typed. */
export function portOf(word: string): number {
  const port = /^\d+$/.test(word) ? Number(word) : 0;
  if (port < 1 || port > LAST_PORT) throw new BadUsage(`${word} is no port: that is a number from 1 to ${LAST_PORT}`);
  return port;
}

/** What a datagram says that is sent for its path alone. */
const WORDS = 'packetwalk';

/** How long a connection is tried, in seconds: long enough for the second SYN (RFC 6298). */
const PATIENCE_S = 2;

/** How a packet is sent: as an echo request, as the first of a connection, as a datagram. */
export type Kind = { protocol: 'icmp' } | { protocol: 'tcp' | 'udp'; port: number };

/** The line that sends such a packet, as a person would type it; perl stands in where there is no bash. */
export function sendingLine(kind: Kind, address: string, hasBash: boolean): string {
  if (kind.protocol === 'icmp') return `ping -c 1 ${address}`;
  const { protocol, port } = kind;
  if (hasBash)
    return protocol === 'tcp'
      ? `timeout ${PATIENCE_S} bash -c '</dev/tcp/${address}/${port}'`
      : `bash -c 'echo ${WORDS} >/dev/udp/${address}/${port}'`;
  const socket = `IO::Socket::INET->new(PeerAddr => "${address}:${port}", Proto => "${protocol}", Timeout => ${PATIENCE_S})`;
  const line = `${socket} or die "$@\\n"`;
  return `perl -MIO::Socket::INET -e '${protocol === 'tcp' ? line : `(${line})->send("${WORDS}\\n")`}'`;
}
