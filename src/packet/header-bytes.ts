import { type Link, outermost } from './decode.ts';
import { builtIn, type Known, type Registry } from './known.ts';
import { readBy } from './read.ts';

/** Bytes of a frame: where they begin, and where the first behind them is. */
export type ByteRange = [begin: number, end: number];

/** Where in its frame a header is, and from which bytes each of its fields is read. */
export interface HeaderBytes {
  protocol: string;
  range: ByteRange;
  fields: Record<string, ByteRange[]>;
}

type Fields = Record<string, unknown>;

const DEEPEST = 16;

/** Beyond so many bytes of a header, none is asked which field it belongs to: a message may be long. */
const MOST_ASKED = 256;

/** The headers of a frame, outermost first, up to the first that cannot be read. */
export function headerBytes(frame: Buffer, link: Link, registry: Registry = builtIn): HeaderBytes[] {
  const found: HeaderBytes[] = [];
  let protocol = outermost(frame, link, registry);
  let carrier = link === 'ethernet' ? 'wire' : 'raw';
  let begin = 0;
  let end = frame.length;
  while (protocol && found.length < DEEPEST) {
    const bytes = frame.subarray(begin, end);
    const decoded = readBy(protocol, bytes, carrier);
    if (!('fields' in decoded)) return found;
    const { payload, quotes, next, source } = decoded;
    const isInside = payload.buffer === bytes.buffer;
    const length = isInside ? payload.byteOffset - bytes.byteOffset : bytes.length;
    const fields = fieldsAt(protocol, bytes, carrier, decoded.fields, Math.min(length, MOST_ASKED));
    found.push({ protocol: protocol.id, range: [begin, begin + length], fields: moved(fields, begin) });
    if (quotes || !isInside) return found;
    carrier = protocol.id;
    protocol = registry.carriedBy(protocol.id, next, source);
    end = begin + length + payload.length;
    begin += length;
  }
  return found;
}

/**
 * A field is read from those bytes of which any bit, turned over, changes it: the decoder itself is asked, so that no second
 * description of a header can differ from the first.
 */
function fieldsAt(protocol: Known, bytes: Buffer, carrier: string, fields: Fields, length: number) {
  const copy = Buffer.from(bytes);
  const found: Record<string, ByteRange[]> = {};
  for (let at = 0; at < length; at++)
    for (const name of changedAt(protocol, copy, carrier, fields, at)) {
      found[name] ??= [];
      const last = found[name].at(-1);
      if (last?.[1] === at) last[1] = at + 1;
      else found[name].push([at, at + 1]);
    }
  return found;
}

/** The fields that change with one byte. */
function changedAt(protocol: Known, copy: Buffer, carrier: string, fields: Fields, at: number): Set<string> {
  const changed = new Set<string>();
  for (let bit = 1; bit < 256; bit <<= 1) {
    copy[at]! ^= bit;
    const read = readBy(protocol, copy, carrier);
    copy[at]! ^= bit;
    if (!('fields' in read)) continue;
    const other: Fields = read.fields;
    for (const name of Object.keys(fields))
      if (name in other && fields[name] !== undefined && other[name] !== fields[name]) changed.add(name);
  }
  return changed;
}

const moved = (fields: Record<string, ByteRange[]>, by: number) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, ranges]) => [
      name,
      ranges.map(([begin, end]): ByteRange => [begin + by, end + by]),
    ]),
  );
