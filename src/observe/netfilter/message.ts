import { SocketAddress } from 'node:net';
import { ipAt } from '../../packet/address.ts';
import type { Family } from '../../plan/hops.ts';

/** The IP header that a packet bears; of IPv6, `ttl` is the hop limit, `protocol` the next header, and `id` 0. */
export interface IpHeader {
  src: string;
  dst: string;
  ttl: number;
  id: number;
  protocol: number;
  /** Header and payload, in bytes. */
  length: number;
  /** Whether it is a fragment that does not begin with what IP carries. */
  later?: true;
}

/** What the kernel told of a packet at one rule or policy: NFT_MSG_TRACE (linux/netfilter/nf_tables.h). */
export interface Message {
  family: Family;
  /** The same for all that is told of a packet while it passes a base chain; others may bear it later. */
  id: number;
  table: string;
  chain: string;
  /** What it tells of: a rule that matched, a chain that ended without a verdict, or a base chain's policy. */
  type: 'rule' | 'return' | 'policy' | 'unknown';
  handle?: bigint;
  /** `accept`, `drop`, `stolen`, `queue`, `repeat`, `stop`, `continue`, `break`, `jump`, `goto`, `return`. */
  verdict?: string;
  /** The chain to which it jumps or goes. */
  jump?: string;
  policy?: 'accept' | 'drop';
  /** The mark that the packet bears then; absent where that is 0. */
  mark?: number;
  /** Interfaces by index, where the hook knows them. */
  iif?: number;
  oif?: number;
  /** Up to 40 bytes from the network header on; only in the first message of a base chain. */
  network?: Buffer;
  /** Up to 20 bytes from the transport header on. */
  transport?: Buffer;
  /** Up to 20 bytes of the link layer's header. */
  link?: Buffer;
}

// linux/netfilter/nf_tables.h: nft_trace_attributes.
const TABLE = 1;
const CHAIN = 2;
const HANDLE = 3;
const TYPE = 4;
const VERDICT = 5;
const ID = 6;
const LINK = 7;
const NETWORK = 8;
const TRANSPORT = 9;
const IIF = 10;
const OIF = 12;
const MARK = 14;
const POLICY = 16;

// nft_verdict_attributes.
const VERDICT_CODE = 1;
const VERDICT_CHAIN = 2;

/** linux/netfilter.h: NFPROTO_*. */
const families = new Map<number, Family>([
  [1, 'inet'],
  [2, 'ip'],
  [3, 'arp'],
  [5, 'netdev'],
  [7, 'bridge'],
  [10, 'ip6'],
]);

/** nft_trace_types. */
const types = ['unknown', 'policy', 'return', 'rule'] as const;

/** linux/netfilter.h: NF_*; below zero, nft_verdicts. Of a queue, the upper 16 bits are its number. */
const verdicts = ['drop', 'accept', 'stolen', 'queue', 'repeat', 'stop'];
const negative = ['continue', 'break', 'jump', 'goto', 'return'];
const verdictOf = (code: number) => (code < 0 ? negative[-1 - code] : verdicts[code & 0xff]);

/** nlmsghdr (netlink(7)), and nfgenmsg (linux/netfilter/nfnetlink.h), of which the first byte is the family. */
const NLMSGHDR = 16;
const HEADERS = NLMSGHDR + 4;

/** Reads one message; undefined where its bytes are of no family that is known. */
export function messageOf(bytes: Buffer): Message | undefined {
  const family = families.get(bytes[NLMSGHDR] ?? 0);
  if (!family || bytes.length < HEADERS) return undefined;
  const message: Message = { family, id: 0, table: '', chain: '', type: 'unknown' };
  eachAttribute(bytes, HEADERS, bytes.length, (type, at, end) => readers[type]?.(message, bytes, at, end));
  return message;
}

/** Keeps what an attribute of a message says, whose bytes are those from `at` to `end`. */
type Reader = (message: Message, bytes: Buffer, at: number, end: number) => void;

/** Of what a packet bears some first bytes. */
const part =
  (name: 'network' | 'transport' | 'link'): Reader =>
  (message, bytes, at, end) => {
    message[name] = bytes.subarray(at, end);
  };

const number =
  (keep: (message: Message, value: number) => void): Reader =>
  (message, bytes, at, end) => {
    if (end - at >= 4) keep(message, bytes.readUInt32BE(at));
  };

const readers: Record<number, Reader> = {
  [TABLE]: (message, ...where) => {
    message.table = text(...where);
  },
  [CHAIN]: (message, ...where) => {
    message.chain = text(...where);
  },
  [HANDLE]: (message, bytes, at, end) => {
    if (end - at >= 8) message.handle = bytes.readBigUInt64BE(at);
  },
  [TYPE]: number((message, type) => {
    message.type = types[type] ?? 'unknown';
  }),
  [VERDICT]: (message, bytes, at, end) =>
    eachAttribute(bytes, at, end, (type, from, to) => {
      if (type === VERDICT_CHAIN) message.jump = text(bytes, from, to);
      const verdict = type === VERDICT_CODE && to - from >= 4 ? verdictOf(bytes.readInt32BE(from)) : undefined;
      if (verdict) message.verdict = verdict;
    }),
  [ID]: number((message, id) => {
    message.id = id;
  }),
  [LINK]: part('link'),
  [NETWORK]: part('network'),
  [TRANSPORT]: part('transport'),
  [IIF]: number((message, index) => {
    message.iif = index;
  }),
  [OIF]: number((message, index) => {
    message.oif = index;
  }),
  [MARK]: number((message, mark) => {
    message.mark = mark;
  }),
  [POLICY]: number((message, code) => {
    message.policy = code === 0 ? 'drop' : 'accept';
  }),
};

function text(bytes: Buffer, at: number, end: number): string {
  const nul = bytes.indexOf(0, at);
  return bytes.toString('latin1', at, nul < 0 ? end : Math.min(nul, end));
}

/** The attributes of a netlink message (netlink(7)): 16 bits each of length and type, padded to four bytes. */
function eachAttribute(
  bytes: Buffer,
  from: number,
  to: number,
  tell: (type: number, at: number, end: number) => void,
): void {
  for (let at = from; at + 4 <= to; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4) return;
    tell(bytes.readUInt16LE(at + 2) & 0x3fff, at + 4, Math.min(at + length, to));
    at += (length + 3) & ~3;
  }
}

const [IPV4, IPV6] = [0x0800, 0x86dd];
const ETHERNET = 14;
const OFFSET = 0x1fff;

/** The IP header that a message holds; undefined for what is no IP, as ARP at a bridge. */
export function ipOf({ family, network, link }: Pick<Message, 'family' | 'network' | 'link'>): IpHeader | undefined {
  if (!network || family === 'arp') return undefined;
  const type = family === 'bridge' || family === 'netdev' ? etherTypeOf(link) : undefined;
  const version = (network[0] ?? 0) >> 4;
  if (version === 4 && network.length >= 20 && (type === undefined || type === IPV4)) return ip4(network);
  if (version === 6 && network.length >= 40 && (type === undefined || type === IPV6)) return ip6(network);
  return undefined;
}

/** The type of what is carried, behind a VLAN tag, too: the header's last two bytes. A tunnel's outer packet has its inner one's. */
const etherTypeOf = (link: Buffer | undefined) =>
  link && link.length >= ETHERNET ? link.readUInt16BE(link.length - 2) : undefined;

export const ip4 = (bytes: Buffer): IpHeader => ({
  src: ipAt(bytes, 12),
  dst: ipAt(bytes, 16),
  ttl: bytes.readUInt8(8),
  id: bytes.readUInt16BE(4),
  protocol: bytes.readUInt8(9),
  length: bytes.readUInt16BE(2),
  ...((bytes.readUInt16BE(6) & OFFSET) !== 0 && { later: true as const }),
});

const ip6 = (bytes: Buffer): IpHeader => ({
  src: ip6At(bytes, 8),
  dst: ip6At(bytes, 24),
  ttl: bytes.readUInt8(7),
  id: 0,
  protocol: bytes.readUInt8(6),
  length: 40 + bytes.readUInt16BE(4),
});

/** As RFC 5952 writes it. */
function ip6At(bytes: Buffer, at: number): string {
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(at + 2 * i).toString(16));
  return new SocketAddress({ family: 'ipv6', address: words.join(':') }).address;
}
