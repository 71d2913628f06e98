import { ether, icmp, ip, mac } from 'packetwalk';

/** A ping's question and its answer, as IP packets. */
export const request = (src: string, dst: string, ttl = 64) => [ip({ src, dst, ttl }), icmp({ type: 'echo request' })];
export const reply = (src: string, dst: string, ttl = 64) => [ip({ src, dst, ttl }), icmp({ type: 'echo reply' })];

/** An Ethernet header between two points, whichever MACs they turn out to have. */
export const macs = <const Point extends `${string}:${string}`>(src: Point, dst: Point) => ether({ src: mac(src), dst: mac(dst) });
