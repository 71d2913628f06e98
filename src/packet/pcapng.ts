// The IETF draft "PCAP Next Generation (pcapng) Capture File Format", little-endian
import type { Link } from './decode.ts';

/** An interface whose packets are recorded. */
export interface CapturePoint {
  name: string;
  link: Link;
}

export interface CapturedPacket {
  /** Index of its point. */
  interface: number;
  /** Since 1970-01-01 UTC. */
  timeNs: bigint;
  /** Absent if it is not known. */
  direction?: 'in' | 'out';
  frame: Buffer;
  /** Bytes on the wire, when the capture kept fewer of them in `frame`. */
  length?: number;
}

/** What a capture missed on a point, and when it was counted. */
export interface CaptureLoss {
  interface: number;
  timeNs: bigint;
  dropped: bigint;
}

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const STATISTICS = 5;
const PACKET = 6;
const LITTLE_ENDIAN = 0x1a2b3c4d;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const EPB_FLAGS = 2;
const ISB_IFDROP = 5;

const NANOSECONDS = 9;
const UNSTATED_LENGTH = 0xffff_ffff_ffff_ffffn;

const linktypes = { ethernet: 1, raw: 101 };
const directions = { in: 1, out: 2 };

const u16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};

const u32 = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32LE(value, 4 * at);
  return bytes;
};

const u64 = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

/** Times are written with their upper half first, whatever the byte order. */
const time = (ns: bigint) => u32(Number(ns >> 32n), Number(ns & 0xffff_ffffn));

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

const option = (code: number, value: Buffer) => Buffer.concat([u16(code), u16(value.length), padded(value)]);

const NOTHING = Buffer.alloc(0);
const END = Buffer.alloc(4);

const block = (type: number, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  const length = u32(body.length + 12);
  return Buffer.concat([u32(type), length, body, length]);
};

const section = block(SECTION, u32(LITTLE_ENDIAN), u16(1), u16(0), u64(UNSTATED_LENGTH));

const description = ({ name, link }: CapturePoint) =>
  block(
    INTERFACE,
    u16(linktypes[link]),
    u16(0),
    u32(0),
    option(IF_NAME, Buffer.from(name)),
    option(IF_TSRESOL, Buffer.from([NANOSECONDS])),
    END,
  );

/** The blocks of a capture file, to be written one after the other: `header` first, then packets as they come. */
export const pcapng = (points: readonly CapturePoint[]) => ({
  header: Buffer.concat([section, ...points.map(description)]),

  packet: ({ interface: point, timeNs, direction, frame, length = frame.length }: CapturedPacket): Buffer =>
    block(
      PACKET,
      u32(point),
      time(timeNs),
      u32(frame.length, length),
      padded(frame),
      direction ? Buffer.concat([option(EPB_FLAGS, u32(directions[direction])), END]) : NOTHING,
    ),

  loss: ({ interface: point, timeNs, dropped }: CaptureLoss): Buffer =>
    block(STATISTICS, u32(point), time(timeNs), option(ISB_IFDROP, u64(dropped)), END),
});

/** A packet read back, with the point at which it was captured. */
export interface RecordedPacket extends CapturedPacket {
  point: CapturePoint;
}

function* blocks(file: Buffer) {
  for (let at = 0, length = 0; at + 12 <= file.length; at += length) {
    length = file.readUInt32LE(at + 4);
    if (length < 12 || length % 4 !== 0 || at + length > file.length) return;
    yield { type: file.readUInt32LE(at), body: file.subarray(at + 8, at + length - 4) };
  }
}

const options = (bytes: Buffer): Map<number, Buffer> => {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at + 2);
    found.set(bytes.readUInt16LE(at), bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length + (-length & 3);
  }
  return found;
};

const pointOf = (body: Buffer): CapturePoint => ({
  name: options(body.subarray(8)).get(IF_NAME)?.toString() ?? '',
  link: body.readUInt16LE(0) === linktypes.raw ? 'raw' : 'ethernet',
});

const directionOf = (flags: number | undefined) => {
  if (flags === directions.in) return 'in';
  return flags === directions.out ? 'out' : undefined;
};

const packetOf = (body: Buffer): CapturedPacket => {
  const [kept, length] = [body.readUInt32LE(12), body.readUInt32LE(16)];
  const stated = options(body.subarray(20 + kept + (-kept & 3)));
  const direction = directionOf(stated.get(EPB_FLAGS)?.readUInt32LE());
  return {
    interface: body.readUInt32LE(0),
    timeNs: (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8)),
    frame: body.subarray(20, 20 + kept),
    ...(direction && { direction }),
    ...(length !== kept && { length }),
  };
};

/** Reads the packets of a file that `pcapng` wrote, up to where it was cut off. */
export function* pcapngPackets(file: Buffer): Generator<RecordedPacket> {
  const points: CapturePoint[] = [];
  for (const { type, body } of blocks(file)) {
    if (type === INTERFACE) points.push(pointOf(body));
    if (type !== PACKET) continue;
    const packet = packetOf(body);
    const point = points[packet.interface];
    if (point) yield { ...packet, point };
  }
}
