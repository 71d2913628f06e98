import { listingOf } from '../../../src/observe/netfilter/switch.ts';
import type { Trace } from '../../../src/runtime/runtime.ts';

const padded = (type: number, value: Buffer) => {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(4 + value.length, 0);
  head.writeUInt16LE(type, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
};
const text = (type: number, value: string) => padded(type, Buffer.from(`${value}\0`));
const number = (type: number, value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return padded(type, bytes);
};
const handleOf = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return padded(3, bytes);
};

export const ACCEPT = 1;
export const DROP = 0;
export const CONTINUE = -1;
export const JUMP = -3;
export const GOTO = -4;
export const RETURN = -5;

/** nf_tables.h: NFT_TRACETYPE_POLICY and NFT_TRACETYPE_RULE. */
const [POLICY, RULE] = [1, 3];

export const rule = (handle: number, code: number, chain?: string) =>
  Buffer.concat([
    number(4, RULE),
    handleOf(handle),
    padded(5, Buffer.concat([number(1, code), ...(chain ? [text(2, chain)] : [])])),
  ]);
/** nf_tables.h: NFTA_TRACE_MARK. */
export const mark = (value: number) => number(14, value);

export const policy = (code: number) => Buffer.concat([number(4, POLICY), number(16, code)]);

/** The headers that the first message of a base chain has, in hexadecimal, and its interfaces. */
export const packet = (network: string, transport: string, { iif = 0, oif = 0, link = '' } = {}) =>
  Buffer.concat([
    ...(iif ? [number(10, iif)] : []),
    ...(oif ? [number(12, oif)] : []),
    ...(link ? [padded(7, Buffer.from(link, 'hex'))] : []),
    padded(8, Buffer.from(network, 'hex')),
    padded(9, Buffer.from(transport, 'hex')),
  ]);

/** One message, at place `r`: nlmsghdr, then nfgenmsg with its family (2 is IPv4), then attributes. */
export const told = (id: number, chain: string, ...rest: Buffer[]): Trace => toldOf(2, 'nat', id, chain, ...rest);
export const toldOf = (family: number, table: string, id: number, chain: string, ...rest: Buffer[]): Trace => ({
  place: 'r',
  message: Buffer.concat([
    Buffer.alloc(16),
    Buffer.from([family, 0, 0, 0]),
    number(6, id),
    text(1, table),
    text(2, chain),
    ...rest,
  ]),
});

const word = (value: number) => value.toString(16).padStart(4, '0');
const address = (text: string) =>
  text
    .split('.')
    .map((byte) => Number(byte).toString(16).padStart(2, '0'))
    .join('');

/** An IPv4 header, in hexadecimal. */
export const ipv4 = ({
  src = '10.0.0.1',
  dst = '10.9.9.9',
  id = 0,
  ttl = 64,
  protocol = 1,
  length = 84,
  fragment = 0,
}) => `4500${word(length)}${word(id)}${word(fragment)}${word(ttl * 256 + protocol)}0000${address(src)}${address(dst)}`;

/** An ICMP echo request, or a reply with type 0, of id 7 and sequence 1, in hexadecimal. */
export const echo = (type = 8) => `${word(type * 256)}000000070001`;

/** What a place lists, by place: some rules, and some connections. */
export const listings = (ruleset: string, ...connections: string[]) =>
  new Map([['r', { ...listingOf(ruleset), connections }]]);
