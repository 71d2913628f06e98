// The IETF draft "PCAP Next Generation (pcapng) Capture File Format", little-endian, as src/packet/pcapng.ts writes it in Node
import type { PointResult, WalkResult } from '../judge/result.ts';
import { bytesOf } from './bytes.tsx';

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const PACKET = 6;
const LITTLE_ENDIAN = 0x1a2b3c4d;
const [IF_NAME, IF_TSRESOL, EPB_FLAGS] = [2, 9, 2];
const linktypes = { ethernet: 1, raw: 101 };
const NANOSECONDS = 9;

type Captured = PointResult & { frame: string; time: string };

const joined = (...parts: Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const u16 = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const padded = (bytes: Uint8Array) => joined(bytes, new Uint8Array(-bytes.length & 3));
const option = (code: number, value: Uint8Array) => joined(u16(code, value.length), padded(value));
const END = u32(0);

const block = (type: number, ...parts: Uint8Array[]) => {
  const body = joined(...parts);
  return joined(u32(type, body.length + 12), body, u32(body.length + 12));
};

/** The frames of some walks as a capture file, in the order in which they were captured. */
export function pcapngOf(walks: readonly WalkResult[]): Uint8Array<ArrayBuffer> {
  const captured = walks
    .flatMap(({ hops }) => hops)
    .filter((hop): hop is Captured => hop.kind === 'point' && hop.frame !== null && hop.time !== null)
    .sort((a, b) => Number(BigInt(a.time) - BigInt(b.time)));
  const names = [...new Set(captured.map(nameOf))];
  const interfaces = names.map((name) => {
    const link =
      linktypes[captured.find((hop) => nameOf(hop) === name)?.seen?.[0]?.protocol === 'ether' ? 'ethernet' : 'raw'];
    const resolution = option(IF_TSRESOL, Uint8Array.of(NANOSECONDS));
    return block(INTERFACE, u16(link, 0), u32(0), option(IF_NAME, new TextEncoder().encode(name)), resolution, END);
  });
  const section = block(SECTION, u32(LITTLE_ENDIAN), u16(1, 0), u32(0xffff_ffff, 0xffff_ffff));
  return joined(section, ...interfaces, ...captured.map((hop) => packet(hop, names)));
}

const nameOf = ({ place, device }: PointResult) => `${place}:${device}`;

function packet(hop: Captured, names: string[]): Uint8Array {
  const [time, bytes] = [BigInt(hop.time), bytesOf(hop.frame)];
  const flags = hop.direction ? [option(EPB_FLAGS, u32(hop.direction === 'in' ? 1 : 2)), END] : [];
  const head = u32(
    names.indexOf(nameOf(hop)),
    Number(time >> 32n),
    Number(time & 0xffff_ffffn),
    bytes.length,
    bytes.length,
  );
  return block(PACKET, head, padded(bytes), ...flags);
}
