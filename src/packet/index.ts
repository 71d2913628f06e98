export { compatible } from './compatible.ts';
export { decode, type Link, type Packet } from './decode.ts';
export { describe, paired, shown } from './describe.ts';
export { type Difference, differences } from './differences.ts';
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
export type { ExpectedHeader, Header, MacOf, Protocol, Value } from './protocol.ts';
export * from './protocols/index.ts';
export { quotedTrail, trail } from './trail.ts';
