/** Where the checksum lies in the header of TCP and UDP, by protocol number. */
const offsets: Record<number, number> = { 6: 16, 17: 6 };

/** The Internet checksum (RFC 1071). */
export function internetChecksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** An unfragmented IPv4 packet with the checksum of its TCP or UDP header, which a captured one may leave to the network card. */
export function withChecksum(packet: Buffer): Buffer {
  const header = (packet[0]! & 0x0f) * 4;
  const protocol = packet[9]!;
  const at = offsets[protocol];
  const segment = packet.subarray(header, packet.readUInt16BE(2));
  if (at === undefined || segment.length < at + 2) return packet;
  const copy = Buffer.from(packet);
  copy.writeUInt16BE(0, header + at);
  // RFC 9293, section 3.1: addresses, protocol and length stand before the segment.
  const pseudo = Buffer.concat([
    packet.subarray(12, 20),
    Buffer.from([0, protocol, segment.length >> 8, segment.length & 0xff]),
  ]);
  const sum = internetChecksum(Buffer.concat([pseudo, copy.subarray(header, header + segment.length)]));
  // RFC 768: a UDP checksum that comes to 0 is sent as all ones.
  copy.writeUInt16BE(sum || (protocol === 17 ? 0xffff : 0), header + at);
  return copy;
}
