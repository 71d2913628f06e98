import { sctp as sctpProtocol } from '../../src/packet/index.ts';
import { datagram, echo, ephemeral, ipHeader, type Message, packet, ports, segment, text, u16 } from './compose.ts';
import { dns } from './messages.ts';
import type { Random } from './random.ts';

const u8 = (...values: number[]) => Buffer.from(values);
const u32 = (value: number) => Buffer.from([value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const mac = (random: Random) => u8(2, ...random.bytes(5));

/** An address of IPv6 with some zeros in it, so that it is shortened in all ways. */
const address6 = (random: Random) => {
  const words = times(6, () => random.one(u16(0), u16(0), random.bytes(2), u16(random.below(16))));
  return Buffer.concat([Buffer.from('fd00', 'hex'), ...words, random.bytes(2)]);
};

/** Options of an extension header that fill it up: one of 8 bytes more or none, and padding (RFC 8200, section 4.2). */
const options6 = (random: Random, next: number) => {
  const more = random.below(2);
  return Buffer.concat([u8(next, more, 1, 4 + 8 * more), Buffer.alloc(4 + 8 * more)]);
};

/** An IPv6 packet, now and then with extension headers; only a first fragment may have one of those. */
export const ip6Header = (random: Random, protocol: number, payload: Buffer): Buffer => {
  const chain: [number, Buffer][] = [[protocol, payload]];
  const add = (number: number, header: (next: number) => Buffer) => chain.unshift([number, header(chain[0]![0])]);
  if (random.below(4) === 0) add(44, (next) => Buffer.concat([u8(next, 0), u16(random.one(0, 1)), random.bytes(4)]));
  if (random.below(4) === 0) add(60, (next) => options6(random, next));
  if (random.below(4) === 0) add(0, (next) => options6(random, next));
  const content = Buffer.concat(chain.map(([, header]) => header));
  return Buffer.concat([
    // An address and control field of PPP would be taken for that.
    u8(0x60 + random.below(16), random.below(255), ...random.bytes(2)),
    u16(content.length),
    u8(chain[0]![0], 1 + random.below(255)),
    address6(random),
    address6(random),
    content,
  ]);
};

const linkOption = (random: Random, type: number) => Buffer.concat([u8(type, 1), mac(random)]);
const prefixOption = (random: Random) =>
  Buffer.concat([u8(3, 4, 64, 0xc0), random.bytes(8), Buffer.alloc(4), address6(random).fill(0, 8)]);

const quotable = (random: Random) => {
  const whole = Buffer.concat([u8(128, 0, 0, 0), random.bytes(4), text(random)]);
  return Buffer.concat([u32(0x60000000), u16(whole.length), u8(58, 64), address6(random), address6(random), whole]);
};

const record6 = (random: Random) => {
  const sources = random.below(3);
  return Buffer.concat([
    u8(1 + random.below(6), 0),
    u16(sources),
    address6(random),
    ...times(sources, () => address6(random)),
  ]);
};

const icmp6 = (random: Random): Buffer => {
  const message = (type: number, ...parts: Buffer[]) => Buffer.concat([u8(type, 0, 0, 0), ...parts]);
  const compose = random.one(
    () => message(random.one(128, 129), random.bytes(4), text(random)),
    () => message(135, u32(0), address6(random), random.below(2) ? linkOption(random, 1) : Buffer.alloc(0)),
    () => message(136, u8(random.below(8) << 5, 0, 0, 0), address6(random), linkOption(random, 2)),
    () => message(133, u32(0), linkOption(random, 1)),
    () =>
      message(134, u8(64, 0), random.bytes(2), u32(0), u32(0), ...times(random.below(3), () => prefixOption(random))),
    () => message(random.one(131, 132), u32(0), address6(random)),
  );
  return compose();
};

const report6 = (random: Random): Buffer => {
  const records = 1 + random.below(3);
  return Buffer.concat([u8(143, 0, 0, 0), u16(0), u16(records), ...times(records, () => record6(random))]);
};

/** Errors, which quote a packet. */
const errors6 = (random: Random): Buffer =>
  random.one(
    () => Buffer.concat([u8(random.one(1, 3), 0, 0, 0), u32(0), quotable(random)]),
    () => Buffer.concat([u8(2, 0, 0, 0), u32(1280 + random.below(8000)), quotable(random)]),
  )();

const igmp = (random: Random): Buffer => {
  const group = () => u8(224, ...random.bytes(3));
  if (random.below(2)) return Buffer.concat([u8(random.one(0x11, 0x16, 0x17), 0, 0, 0), group()]);
  const records = 1 + random.below(3);
  const record = () => {
    const sources = random.below(3);
    return Buffer.concat([u8(1 + random.below(6), 0), u16(sources), group(), random.bytes(4 * sources)]);
  };
  return Buffer.concat([u8(0x22, 0, 0, 0), u16(0), u16(records), ...times(records, record)]);
};

const chunk = (type: number, flags: number, value: Buffer) =>
  Buffer.concat([u8(type, flags), u16(4 + value.length), value, Buffer.alloc((4 - (value.length % 4)) % 4)]);

const sctp = (random: Random): Buffer => {
  const chunks = random.one(
    () => [chunk(random.one(1, 2), 0, Buffer.concat([random.bytes(4), u32(65536), u16(1), u16(1), random.bytes(4)]))],
    () => [
      chunk(10, 0, random.bytes(8)),
      chunk(0, 3, Buffer.concat([random.bytes(4), u16(0), u16(0), u32(0), u32(1)])),
    ],
    () => [chunk(3, 0, Buffer.concat([random.bytes(4), u32(65536), u16(0), u16(0)]))],
    () => [chunk(7, 0, random.bytes(4))],
    () => [chunk(11, 0, Buffer.alloc(0))],
  );
  return Buffer.concat([u16(ephemeral(random)), u16(9999), random.bytes(4), u32(0), ...chunks()]);
};

/** RFC 9260, section 6.10: an INIT comes alone. */
const hasInitFirst = (message: Buffer): boolean => {
  const read = sctpProtocol.decode(message);
  const [, ...more] = 'fields' in read ? `${read.fields.chunks}`.split(', ') : [];
  return !more.some((name) => name.startsWith('INIT'));
};

const l2tp2 = (random: Random): Buffer => {
  const sequence = random.below(2);
  const flags = 0x4002 | (sequence ? 0x0800 : 0);
  const rest = Buffer.concat([random.bytes(4), sequence ? random.bytes(4) : Buffer.alloc(0)]);
  return Buffer.concat([u16(flags), u16(4 + rest.length), rest]);
};

const wireguard = (random: Random): Buffer =>
  random.one(
    () => Buffer.concat([u8(1, 0, 0, 0), random.bytes(144)]),
    () => Buffer.concat([u8(2, 0, 0, 0), random.bytes(88)]),
    () => Buffer.concat([u8(3, 0, 0, 0), random.bytes(60)]),
    () => Buffer.concat([u8(4, 0, 0, 0), random.bytes(6), Buffer.alloc(6), random.bytes(16 + 16 * random.below(4))]),
  )();

const identifier = (random: Random) => Buffer.concat([u16(random.below(16) << 12), mac(random)]);

const stp = (random: Random): Buffer => {
  if (random.below(4) === 0) return Buffer.from('00000080', 'hex');
  const rapid = random.below(2) ? 2 : 0;
  const seconds = (value: number) => u16(value * 256);
  return Buffer.concat([
    ...[u16(0), u8(rapid, rapid, random.below(2)), identifier(random), random.bytes(4), identifier(random)],
    ...[random.bytes(2), seconds(0), seconds(20), seconds(2), seconds(15), Buffer.alloc(rapid ? 1 : 0)],
  ]);
};

const tlv = (type: number, value: Buffer) => Buffer.concat([u16((type << 9) | value.length), value]);

const lldp = (random: Random): Buffer =>
  Buffer.concat([
    tlv(1, random.one(Buffer.concat([u8(4), mac(random)]), Buffer.from('\x07chassis-1', 'latin1'))),
    tlv(2, random.one(Buffer.concat([u8(3), mac(random)]), Buffer.from('\x05eth0', 'latin1'))),
    tlv(3, random.bytes(2)),
    ...times(random.below(2), () => tlv(4, Buffer.from('uplink'))),
    ...times(random.below(2), () => tlv(5, Buffer.from('leaf-1'))),
    u16(0),
  ]);

/** tshark takes a time to live for two bytes, whatever length its TLV states. */
const hasShortTtl = (message: Buffer): boolean => {
  const lengthAt = (at: number) => (at + 2 <= message.length ? message.readUInt16BE(at) & 0x1ff : 0);
  const port = 2 + lengthAt(0);
  return lengthAt(port + 2 + lengthAt(port)) <= 2;
};

const option = (code: number, value: Buffer) => Buffer.concat([u8(code, value.length), value]);

const dhcp = (random: Random): Buffer => {
  const options = [
    () => option(50, u8(10, ...random.bytes(3))),
    () => option(54, u8(10, ...random.bytes(3))),
    () => option(51, u32(3600)),
    () => option(3, u8(10, ...random.bytes(7))),
    () => option(1, u8(255, 255, 255, 0)),
  ].filter(() => random.below(2));
  return Buffer.concat([
    ...[u8(random.one(1, 2), 1, 6, 0), random.bytes(4), u32(0), u8(10, ...random.bytes(3)), u8(10, ...random.bytes(3))],
    ...[u8(10, ...random.bytes(3)), u8(10, ...random.bytes(3)), mac(random), Buffer.alloc(10 + 64 + 128)],
    ...[u32(0x63825363), option(53, u8(1 + random.below(8))), ...options.map((make) => make()), u8(255)],
  ]);
};

const http = (random: Random): Buffer =>
  Buffer.from(
    random.one(
      `${random.one('GET', 'POST', 'HEAD')} /${random.one('', 'index.html', 'a?b=c')} HTTP/1.1\r\nHost: web.example\r\nAccept: */*\r\n\r\n`,
      `HTTP/1.1 ${random.one('200 OK', '404 Not Found', '503 Service Unavailable')}\r\nContent-Length: 0\r\n\r\n`,
    ),
    'latin1',
  );

const vector = (width: 1 | 2 | 3, ...parts: Buffer[]) => {
  const content = Buffer.concat(parts);
  const length = Buffer.alloc(width);
  length.writeUIntBE(content.length, 0, width);
  return Buffer.concat([length, content]);
};

const tls = (random: Random): Buffer => {
  if (random.below(4) === 0) return Buffer.concat([u8(23, 3, 3), vector(2, random.bytes(20))]);
  const extensions = [
    () =>
      Buffer.concat([
        u16(0),
        vector(2, vector(2, u8(0), vector(2, Buffer.from(random.one('a.example', 'web.example.org'))))),
      ]),
    () =>
      Buffer.concat([u16(16), vector(2, vector(2, vector(1, Buffer.from('h2')), vector(1, Buffer.from('http/1.1'))))]),
  ].filter(() => random.below(4));
  const body = [u16(0x0303), random.bytes(32), vector(1, random.bytes(32)), vector(2, Buffer.from('13011302', 'hex'))];
  body.push(vector(1, u8(0)), vector(2, ...extensions.map((make) => make())));
  return Buffer.concat([u8(22, 3, 1), vector(2, u8(1), vector(3, ...body))]);
};

/** A label stack, the bottom one last. */
const mpls = (random: Random): Buffer => {
  const labels = times(1 + random.below(3), () => random.bytes(4));
  for (const [i, label] of labels.entries()) {
    label[0] = 1 + random.below(255);
    label[2] = (label[2]! & 0xfe) | (i === labels.length - 1 ? 1 : 0);
  }
  return Buffer.concat(labels);
};

const frame = (random: Random, to: string, type: number, payload: Buffer) =>
  Buffer.concat([Buffer.from(to, 'hex'), mac(random), u16(type), payload]);

const inTcp = (service: number) => (random: Random, message: Buffer) => {
  const carried = segment(random, ...ports(random, service), 0x18, message);
  return random.one(ipHeader, ip6Header)(random, 6, carried);
};

const inUdp = (from: number, to: number) => (random: Random, message: Buffer) =>
  random.one(ipHeader, ip6Header)(random, 17, datagram(from, to, message));

/** More protocols, each with what carries it. */
export const moreMessages: Record<string, Message> = {
  icmp6: { compose: icmp6, carry: (random, message) => ip6Header(random, 58, message), kept: [0, 1] },
  igmp: { compose: igmp, carry: (random, message) => ipHeader(random, 2, message), kept: [0, 1] },
  // With 8 bytes it is what an error quotes.
  sctp: {
    compose: sctp,
    isJudged: hasInitFirst,
    carry: (random, message) =>
      random.one(ipHeader, ip6Header)(random, 132, message.length === 8 ? message.subarray(1) : message),
    kept: [0, 16],
  },
  wireguard: { compose: wireguard, carry: inUdp(51820, 51820), kept: [0, 4] },
  stp: {
    compose: stp,
    carry: (random, message) =>
      frame(random, '0180c2000000', 3 + message.length, Buffer.concat([u8(0x42, 0x42, 3), message])),
    kept: [0, 4],
    link: 'ethernet',
  },
  lldp: {
    compose: lldp,
    carry: (random, message) => frame(random, '0180c200000e', 0x88cc, message),
    isJudged: hasShortTtl,
    link: 'ethernet',
  },
  mdns: { compose: dns, carry: inUdp(5353, 5353) },
  http: { compose: http, carry: inTcp(80), kept: [0, 5] },
  tls: { compose: tls, carry: inTcp(443), kept: [0, 6] },
};

/** What is compared only as it is sent: of what is spoilt, tshark guesses more than is told. */
export const soundMessages: Record<string, Message> = {
  mpls: {
    compose: mpls,
    carry: (random, message) => frame(random, '0e0000000002', 0x8847, Buffer.concat([message, packet(random, 0)])),
    link: 'ethernet',
  },
  'listener reports': { compose: report6, carry: (random, message) => ip6Header(random, 58, message) },
  esp: {
    compose: (random) => Buffer.concat([u32(256 + random.below(1 << 20)), random.bytes(4 + 32)]),
    carry: (random, message) => random.one(ipHeader, ip6Header)(random, 50, message),
  },
  ip6: {
    compose: (random) => ip6Header(random, 17, datagram(ephemeral(random), 50_000, text(random))),
    carry: (_, message) => message,
  },
  l2tp: { compose: l2tp2, carry: inUdp(1701, 1701) },
  dhcp: { compose: dhcp, carry: inUdp(68, 67) },
  errors6: { compose: errors6, carry: (random, message) => ip6Header(random, 58, message) },
  'echoes in IPv6': {
    compose: echo,
    carry: (random, message) => ip6Header(random, 41, ip6Header(random, 4, ipHeader(random, 1, message))),
  },
};
