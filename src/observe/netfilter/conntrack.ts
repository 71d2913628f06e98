import type { IpHeader } from './message.ts';

/** How connection tracking knows a packet: its addresses, and its port or the id of an echo. */
export type Tracked = Pick<IpHeader, 'src' | 'dst' | 'protocol'> & { port?: number };

/** What a line of conntrack(8) says of one direction of a connection. */
type Tuple = Record<string, string>;

const ICMP = 1;
const ICMP6 = 58;

/** A packet as connection tracking knows it, from its IP header and the first bytes of what that carries. */
export const trackedAs = ({ src, dst, protocol }: IpHeader, transport: Buffer): Tracked => {
  const at = protocol === ICMP || protocol === ICMP6 ? 4 : 0;
  return { src, dst, protocol, ...(transport.length >= at + 2 && { port: transport.readUInt16BE(at) }) };
};

const tuplesOf = (line: string): [Tuple, Tuple] => {
  const [, original = '', reply = ''] = line.split(/(?=\bsrc=)/);
  return [tupleOf(original), tupleOf(reply)];
};
const tupleOf = (text: string): Tuple =>
  Object.fromEntries([...text.matchAll(/(\w+)=(\S+)/g)].map(([, k, v]) => [k, v]));

/** Whether a connection is the one that a packet began, before or after its destination was translated. */
function began(line: string, { src, dst, protocol, port }: Tracked): boolean {
  // Of thousands of connections few begin at its source: only those are taken apart.
  if (!line.includes(`src=${src} `) || Number(/^\S+\s+(\d+)/.exec(line)?.[1]) !== protocol) return false;
  const [original, reply] = tuplesOf(line);
  const from = original.sport ?? original.id;
  return (
    original.src === src &&
    (original.dst === dst || reply.src === dst) &&
    (from === undefined || port === undefined || Number(from) === port)
  );
}

/** The line of `conntrack -L` of the connection that a packet began, with one blank between its words. */
export const translation = (tracked: Tracked, connections: readonly string[]): string | undefined =>
  connections
    .find((line) => began(line, tracked))
    ?.replace(/\s+/g, ' ')
    .trim();

/** What a translation gave, by a connection's line: address and port where it has one; of `redirect` the port alone. */
export function givenBy(target: string, line: string): string | undefined {
  const [, reply] = tuplesOf(line);
  const [address, port] =
    target === 'dnat' || target === 'redirect' ? [reply.src, reply.sport] : [reply.dst, reply.dport];
  if (address === undefined) return undefined;
  if (target === 'redirect') return port && `:${port}`;
  return port ? `${address.includes(':') ? `[${address}]` : address}:${port}` : address;
}
