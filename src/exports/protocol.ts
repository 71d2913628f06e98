/** `packetwalk/protocol`: what a protocol of one's own is made of, and how frames are read. */
export { type Difference, differences } from '../packet/differences.ts';
export { decode, describe, type Link, type Packet } from '../packet/index.ts';
export {
  cut,
  type Decoded,
  type ExpectedHeader,
  type Header,
  type MacOf,
  type Malformed,
  type Protocol,
  protocol,
  type Stated,
  type Value,
} from '../packet/protocol.ts';
