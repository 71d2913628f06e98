import { at, type Hop, icmp, ip, send, tcp, udp, type Walk } from '../../../src/index.ts';

type Headers = Hop['headers'];

/** Where a packet is, with which TTL, and in which outer headers. */
export type Stop = [point: string, ttl: number, outer?: Headers];

const along = (stops: readonly Stop[], inner: (ttl: number) => Headers): Hop[] =>
  stops.map(([point, ttl, outer = []]) => at(point as 'a:eth0', 'It is here', [...outer, ...inner(ttl)]));

/** Where a packet starts, by what command, and between which addresses. */
export interface Ends {
  command: string;
  src: string;
  dst: string;
}

const sender = ([first]: readonly Stop[]) => first![0].split(':')[0]!;

/** A ping by these stops, and its answer by those, where they are listed. */
export const pinging = ({ command, src, dst }: Ends, there: readonly Stop[], back?: readonly Stop[]): Walk => ({
  send: send(sender(there), command),
  request: along(there, (ttl) => [ip({ src, dst, ttl }), icmp({ type: 'echo request' })]),
  ...(back && { reply: along(back, (ttl) => [ip({ src: dst, dst: src, ttl }), icmp({ type: 'echo reply' })]) }),
});

/** Stops whose headers are stated one by one: a packet that is translated on its way. */
export const hops = (...stops: [point: string, ...headers: Headers][]): Hop[] =>
  stops.map(([point, ...headers]) => at(point as 'a:eth0', 'It is here', headers));

export const syn = (src: string, dst: string, port: number, ttl?: number): Headers => [
  ip({ src, dst, ...(ttl && { ttl }) }),
  tcp({ dst: port, flags: 'S' }),
];

export const datagram = (src: string, dst: string, port: number, ttl: number): Headers => [
  ip({ src, dst, ttl }),
  udp({ dst: port }),
];
