import type { Frame, KernelDrop, Trace } from '../runtime.ts';

/** Bytes with their number before them, as an agent reads them. */
export function counted(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A message to an agent: a list of byte strings, as agent.pl reads it. */
export const message = (words: (string | Buffer)[]): Buffer =>
  counted(Buffer.concat(words.map((word) => counted(typeof word === 'string' ? Buffer.from(word) : word))));

/** The byte strings of a message from an agent, its own length left out. */
export function words(bytes: Buffer): Buffer[] {
  const list: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    list.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return list;
}

/** Files as an agent tells of them: path and contents in turn. */
export function files(bytes: Buffer): Map<string, string> {
  const list = words(bytes).map(String);
  return new Map(list.flatMap((path, i) => (i % 2 ? [] : [[path, list[i + 1]!] as const])));
}

/** The packets that a kernel dropped, of each of which an agent tells in eight words. */
export function dropsOf(words: Buffer[]): KernelDrop[] {
  return Array.from({ length: words.length / 8 }, (_, i) => {
    const [place, ifindex, s, ns, etherType, reason, location] = words.slice(8 * i, 8 * i + 7).map(String);
    return {
      place: place!,
      ifindex: Number(ifindex),
      time: BigInt(s!) * 1_000_000_000n + BigInt(ns!),
      etherType: Number(etherType),
      reason: reason!,
      location: location!,
      packet: words[8 * i + 7]!,
    };
  });
}

/** What packet(7) calls the ways of a frame, by their numbers; 255 is a message of netfilter's trace. */
const directions = ['in', 'in', 'in', 'overheard', 'out'] as const;
const TRACE = 255;

/** What an agent captured in some places, listed in the order in which it was told of them. */
export function* framesOf(records: Buffer, places: string[]): Generator<Frame | Trace> {
  for (let at = 0; at < records.length; ) {
    const length = records.readUInt32BE(at + 17);
    const place = places[records.readUInt16BE(at)]!;
    if (records[at + 6] === TRACE) yield { place, message: records.subarray(at + 21, at + 21 + length) };
    else
      yield {
        place,
        ifindex: records.readUInt32BE(at + 2),
        direction: directions[records[at + 6]!] ?? 'in',
        hardwareType: records.readUInt16BE(at + 7),
        time: BigInt(records.readUInt32BE(at + 9)) * 1_000_000_000n + BigInt(records.readUInt32BE(at + 13)),
        bytes: records.subarray(at + 21, at + 21 + length),
      };
    at += 21 + length;
  }
}
