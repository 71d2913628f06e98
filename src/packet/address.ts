const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hexAt = (bytes: Buffer, at: number) => hex[bytes[at] ?? 0];

/** The MAC address at an offset; its 6 bytes must be there. */
export const macAt = (bytes: Buffer, at: number): string =>
  `${hexAt(bytes, at)}:${hexAt(bytes, at + 1)}:${hexAt(bytes, at + 2)}:${hexAt(bytes, at + 3)}:${hexAt(bytes, at + 4)}:${hexAt(bytes, at + 5)}`;

/** The IPv4 address at an offset; its 4 bytes must be there. */
export const ipAt = (bytes: Buffer, at: number): string =>
  `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;

/** The IPv6 address at an offset, as RFC 5952 writes it; its 16 bytes must be there. */
export const ip6At = (bytes: Buffer, at: number): string => {
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(at + 2 * i));
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) return `::ffff:${ipAt(bytes, at + 12)}`;
  const text = (some: number[]) => some.map((word) => word.toString(16)).join(':');
  const { from, length } = longestZeros(words);
  return length < 2 ? text(words) : `${text(words.slice(0, from))}::${text(words.slice(from + length))}`;
};

/** The first of the longest runs of zeros. */
const longestZeros = (words: number[]): { from: number; length: number } => {
  let best = { from: 0, length: 0 };
  for (let from = 0; from < words.length; from++) {
    const end = words.findIndex((word, i) => i >= from && word !== 0);
    const length = (end < 0 ? words.length : end) - from;
    if (length > best.length) best = { from, length };
  }
  return best;
};
