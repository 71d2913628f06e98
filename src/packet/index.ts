export { compatible } from './compatible.ts';
export { decode, type Link, type Packet } from './decode.ts';
export { describe, paired, shown } from './describe.ts';
export { type Difference, differences } from './differences.ts';
export { isIcmp, isIcmpError, isIp, isIp4, isPortUnreachable, ttlField, ttlOf } from './ip.ts';
export { builtIn, builtInProtocols, type DecodeTable, type Known, type Registry, registryOf } from './known.ts';
export { mac } from './mac.ts';
export { type MacLookup, matches } from './match.ts';
export { mirror } from './mirror.ts';
export { onWire } from './on-wire.ts';
export {
  type CapturedPacket,
  type CaptureLoss,
  type CapturePoint,
  pcapng,
  pcapngPackets,
  type RecordedPacket,
} from './pcapng.ts';
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
} from './protocol.ts';
export * from './protocols/index.ts';
export { lineOf, readBy, tellStacksBy } from './read.ts';
export { quotedTrail, trail } from './trail.ts';
