import type { Link } from '../../src/packet/index.ts';
import { bgp, dns, greHeader, vrrp } from './messages.ts';
import type { Random } from './random.ts';

export const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);

export const ipHeader = (random: Random, protocol: number, payload: Buffer) => {
  const options = Buffer.alloc(4 * random.one(0, 0, 0, 1, 3), 1);
  const fragment = random.one(0x0000, 0x4000, 0x4000, 0x2000);
  const total = 20 + options.length + payload.length;
  return Buffer.concat([
    Buffer.from([0x45 + options.length / 4, random.below(256)]),
    u16(total),
    random.bytes(2),
    u16(fragment),
    Buffer.from([1 + random.below(255), protocol, 0, 0]),
    Buffer.from([10, ...random.bytes(3)]),
    Buffer.from([172, 16, ...random.bytes(2)]),
    options,
    payload,
  ]);
};

export const text = (random: Random) => Buffer.alloc(random.below(60), 'z');

export const echo = (random: Random) =>
  Buffer.concat([Buffer.from([random.one(0, 8), 0, 0, 0]), random.bytes(4), text(random)]);

const failure = (random: Random) => {
  const [type, code] = random.one([3, 0], [3, 1], [3, 3], [3, 4], [11, 0], [11, 1]);
  const unused = Buffer.concat([u16(0), type === 3 && code === 4 ? random.bytes(2) : u16(0)]);
  return Buffer.concat([Buffer.from([type, code, 0, 0]), unused, ipHeader(random, 1, echo(random))]);
};

export const ephemeral = (random: Random) => 40_000 + random.below(5_000);

export const datagram = (src: number, dst: number, payload: Buffer) =>
  Buffer.concat([u16(src), u16(dst), u16(8 + payload.length), u16(0), payload]);

export const segment = (random: Random, src: number, dst: number, flags: number, payload: Buffer) =>
  Buffer.concat([
    u16(src),
    u16(dst),
    random.bytes(8),
    Buffer.from([0x50, flags]),
    random.bytes(2),
    u16(0),
    u16(0),
    payload,
  ]);

/** The ports of a client and a server, whichever of them sends. */
export const ports = (random: Random, service: number) =>
  random.one<[number, number]>([ephemeral(random), service], [service, ephemeral(random)]);

const arp = (random: Random) =>
  Buffer.concat([
    Buffer.from('0001080006040000', 'hex').fill(random.one(1, 2), 7),
    Buffer.from([2, ...random.bytes(9)]),
    Buffer.from([2, ...random.bytes(9)]),
  ]);

const vxlan = (random: Random, depth: number) =>
  Buffer.concat([Buffer.from([8, 0, 0, 0]), random.bytes(3), Buffer.alloc(1), frame(random, depth - 1)]);

export const geneve = (random: Random, type: number, payload: Buffer) => {
  const options = Array.from({ length: random.below(3) }, () => {
    const words = random.below(3);
    return Buffer.concat([random.bytes(2), Buffer.from([random.below(128), words]), random.bytes(4 * words)]);
  });
  const length = options.reduce((sum, option) => sum + option.length, 0);
  const flags = random.one(0, 0, 0x80, 0x40, 0xc0);
  const fixed = Buffer.concat([Buffer.from([length / 4, flags]), u16(type), random.bytes(3), Buffer.alloc(1)]);
  return Buffer.concat([fixed, ...options, payload]);
};

export interface Message {
  compose(random: Random): Buffer;
  /** Puts it into a packet, or a frame of `link`. */
  carry(random: Random, message: Buffer): Buffer;
  /** The bytes without which nothing more would be read. */
  kept?: [from: number, to: number];
  /** Whether tshark reads a spoilt one by its standard. */
  isJudged?(message: Buffer): boolean;
  link?: Link;
}

export const messages: Record<'bgp' | 'dns' | 'gre' | 'vrrp', Message> = {
  bgp: {
    compose: bgp,
    carry: (random, message) =>
      ipHeader(random, 6, segment(random, ...ports(random, 179), random.one(0x10, 0x18, 0x19), message)),
    kept: [0, 16],
  },
  dns: {
    compose: dns,
    carry: (random, message) => ipHeader(random, 17, datagram(...ports(random, 53), message)),
  },
  gre: {
    compose: (random) => Buffer.concat([greHeader(random, 0x88b5), text(random)]),
    carry: (random, message) => ipHeader(random, 47, message),
    kept: [2, 4],
  },
  vrrp: { compose: vrrp, carry: (random, message) => ipHeader(random, 112, message) },
};

/** A random IPv4 packet whose lengths are right. */
export const packet = (random: Random, depth = 2): Buffer => {
  const tunnels = [
    () => ipHeader(random, 17, datagram(ephemeral(random), random.one(4789, 8472), vxlan(random, depth))),
    () => ipHeader(random, 17, datagram(ephemeral(random), 6081, geneve(random, 0x6558, frame(random, depth - 1)))),
    () => ipHeader(random, 17, datagram(ephemeral(random), 6081, geneve(random, 0x0800, packet(random, depth - 1)))),
    () => ipHeader(random, 4, packet(random, depth - 1)),
    () => ipHeader(random, 47, Buffer.concat([greHeader(random, 0x0800), packet(random, depth - 1)])),
    () => ipHeader(random, 47, Buffer.concat([greHeader(random, 0x6558), frame(random, depth - 1)])),
    () => ipHeader(random, 17, datagram(ephemeral(random), 8285, packet(random, depth - 1))),
  ];
  const compose = random.one(
    () => ipHeader(random, 1, echo(random)),
    () => ipHeader(random, 1, failure(random)),
    () => ipHeader(random, 17, datagram(ephemeral(random), 50_000 + random.below(1_000), text(random))),
    () =>
      ipHeader(
        random,
        6,
        segment(random, ephemeral(random), 50_000 + random.below(1_000), random.below(256), text(random)),
      ),
    ...Object.values(messages).map(
      ({ compose, carry }) =>
        () =>
          carry(random, compose(random)),
    ),
    ...(depth > 0 ? tunnels : []),
  );
  return compose();
};

/** A random Ethernet frame, tagged or not, that carries IPv4 or ARP. */
export const frame = (random: Random, depth = 2): Buffer => {
  const addresses = Buffer.from([2, ...random.bytes(5), 2, ...random.bytes(5)]);
  const tag = random.one('', '', '', `8100${random.one('0064', '7fff', '0001')}`);
  const [ethertype, payload] = random.one(true, true, true, false)
    ? ['0800', packet(random, depth)]
    : ['0806', arp(random)];
  return Buffer.concat([addresses, Buffer.from(tag + ethertype, 'hex'), payload]);
};
