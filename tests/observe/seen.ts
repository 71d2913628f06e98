import type { Seen } from '../../src/observe/watch.ts';
import { decode } from '../../src/packet/index.ts';

const u16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const u32 = (value: number) => Buffer.from([value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const address = (text: string) => Buffer.from(text.split('.').map(Number));
const MACS = Buffer.from('0e00000000020e0000000001', 'hex');

interface Ip {
  src: string;
  dst: string;
  id?: number;
  ttl?: number;
  offset?: number;
  mf?: boolean;
}

const ethernet = (type: number, payload: Buffer) => Buffer.concat([MACS, u16(type), payload]);

/** An IPv4 packet of a protocol, by its number. */
export const ipv4 = (protocol: number, { src, dst, id = 1, ttl = 64, offset = 0, mf = false }: Ip, payload: Buffer) =>
  Buffer.concat([
    Buffer.from([0x45, 0]),
    u16(20 + payload.length),
    u16(id),
    u16(offset / 8 + (mf ? 0x2000 : 0)),
    Buffer.from([ttl, protocol, 0, 0]),
    address(src),
    address(dst),
    payload,
  ]);

export const udpBytes = (src: number, dst: number, data: string | Buffer) =>
  Buffer.concat([u16(src), u16(dst), u16(8 + data.length), u16(0), Buffer.from(data)]);

export const tcpBytes = (
  { src, dst, seq, ack = 0, flags }: { src: number; dst: number; seq: number; ack?: number; flags: number },
  data = '',
) =>
  Buffer.concat([
    u16(src),
    u16(dst),
    u32(seq),
    u32(ack),
    Buffer.from([0x50, flags]),
    u16(1024),
    u32(0),
    Buffer.from(data),
  ]);

export const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];

/** An ICMP echo, request (8) or reply (0), or one of ICMPv6 (128, 129). */
export const echoBytes = (type: 0 | 8 | 128 | 129, id: number, sequence: number, data: string | Buffer) =>
  Buffer.concat([Buffer.from([type, 0, 0, 0]), u16(id), u16(sequence), Buffer.from(data)]);

/** An ICMP error, destination unreachable, port, that quotes a packet. */
export const unreachable = (quoted: Buffer) => Buffer.concat([Buffer.from([3, 3, 0, 0, 0, 0, 0, 0]), quoted]);

export const datagram = (ip: Ip, src: number, dst: number, data: string | Buffer) =>
  ethernet(0x0800, ipv4(17, ip, udpBytes(src, dst, data)));
export const segment = (ip: Ip, ...tcp: Parameters<typeof tcpBytes>) => ethernet(0x0800, ipv4(6, ip, tcpBytes(...tcp)));
export const echo = (ip: Ip, ...icmp: Parameters<typeof echoBytes>) =>
  ethernet(0x0800, ipv4(1, ip, echoBytes(...icmp)));
export const packet = (protocol: number, ip: Ip, payload: Buffer) => ethernet(0x0800, ipv4(protocol, ip, payload));
/** An IPv6 packet from fd00::1 to fd00::2, of ICMPv6 or another protocol, by its number. */
export const ipv6 = (payload: Buffer, protocol = 58) => {
  const fixed = Buffer.concat([Buffer.from('60000000', 'hex'), u16(payload.length), Buffer.from([protocol, 64])]);
  const addresses = Buffer.from('fd000000000000000000000000000001fd000000000000000000000000000002', 'hex');
  return ethernet(0x86dd, Buffer.concat([fixed, addresses, payload]));
};

/** A SYN that bears a timestamp (RFC 7323). */
export const stampedSyn = (timestamp: number) => {
  const options = Buffer.concat([Buffer.from([1, 1, 8, 10]), u32(timestamp), u32(0)]);
  const fixed = tcpBytes({ src: 5000, dst: 80, seq: 99, flags: SYN });
  fixed[12] = 0x80;
  return Buffer.concat([fixed, options]);
};

export const arp = (op: 'request' | 'reply', spa: string, tpa: string) =>
  ethernet(
    0x0806,
    Buffer.concat([
      Buffer.from('000108000604', 'hex'),
      u16(op === 'request' ? 1 : 2),
      Buffer.alloc(6, 2),
      address(spa),
      Buffer.alloc(6),
      address(tpa),
    ]),
  );

/** A frame as it is seen at a point. */
export function seenAt(at: string, direction: Seen['direction'], bytes: Buffer, order = 0): Seen {
  const [place = '', device = ''] = at.split(':');
  const decoded = decode(bytes, 'ethernet');
  return {
    place,
    device,
    at,
    direction,
    bytes,
    order,
    ifindex: 1,
    hardwareType: 1,
    time: BigInt(order),
    packet: () => decoded,
  };
}

/** Frames in the order in which they were seen. */
export const capture = (...frames: [at: string, direction: Seen['direction'], bytes: Buffer][]): Seen[] =>
  frames.map(([at, direction, bytes], i) => seenAt(at, direction, bytes, i));
