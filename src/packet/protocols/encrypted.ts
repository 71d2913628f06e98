// What ESP (RFC 4303) and WireGuard's transport data carry, which only the ends of the tunnel can read
import { protocol } from '../protocol.ts';

type Fields = {
  /** With padding and the proof of integrity behind it, in bytes. */
  length: number;
};

/** The end of a stack: a packet of which nobody between the tunnel's ends can read more. */
export const encrypted = protocol<Fields>('encrypted', {
  carriedBy: { esp: 'always', wireguard: [4] },
  brief: [],
  decode: (bytes) => ({ fields: { length: bytes.length }, payload: bytes }),
});
