const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hexAt = (bytes: Buffer, at: number) => hex[bytes[at] ?? 0];

/** The MAC address at an offset; its 6 bytes must be there. */
export const macAt = (bytes: Buffer, at: number): string =>
  `${hexAt(bytes, at)}:${hexAt(bytes, at + 1)}:${hexAt(bytes, at + 2)}:${hexAt(bytes, at + 3)}:${hexAt(bytes, at + 4)}:${hexAt(bytes, at + 5)}`;

/** The IPv4 address at an offset; its 4 bytes must be there. */
export const ipAt = (bytes: Buffer, at: number): string =>
  `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
