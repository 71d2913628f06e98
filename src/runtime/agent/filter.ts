import type { Ignored, WrappedFlow } from '../runtime.ts';
import { addressBytes } from './flow.ts';

/** An instruction of classic BPF (struct sock_filter, linux/filter.h): what to do, how far to jump if so and if not, and with what. */
type Instruction = [code: number, ifSo: number, ifNot: number, operand: number];

// linux/bpf_common.h: loads of a word, half a word or a byte at so many bytes from where the index register points, or of the length.
const [WORD, HALF, BYTE, LENGTH] = [0x40, 0x48, 0x50, 0x80];
const [SUBTRACT, AND, TO_INDEX, SET_INDEX, RETURN] = [0x14, 0x54, 0x07, 0x01, 0x06];
const [JUMP, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST] = [0x05, 0x15, 0x35];

// linux/filter.h: what the kernel says of a frame: its EtherType, and what its device calls its link layer (linux/if_arp.h).
const [SAID, ETHERTYPE, HARDWARE_TYPE] = [0x20, -0x1000, -0x1000 + 28];
const [ARPHRD_ETHER, ARPHRD_LOOPBACK, ETHERNET_BYTES] = [1, 772, 14];

const [LEAVE_OUT, TAKE] = [0, 0xffffffff];

/** What must be equal to what, or at least so much: a load, perhaps of some bits alone, and a value. */
interface Condition {
  load: number;
  at: number;
  bits?: number;
  isLeast?: true;
  value: number;
}

/** Has the index register point at the network header: behind an Ethernet header, or where the frame begins. */
const toNetworkHeader: Instruction[] = [
  [SAID, 0, 0, HARDWARE_TYPE],
  [JUMP_IF_EQUAL, 3, 0, ARPHRD_ETHER],
  [JUMP_IF_EQUAL, 2, 0, ARPHRD_LOOPBACK],
  [SET_INDEX, 0, 0, 0],
  [JUMP, 0, 0, 1],
  [SET_INDEX, 0, 0, ETHERNET_BYTES],
];

/** A program of classic BPF that leaves out what is to be ignored, and takes everything else: also fragments of it. */
export function filterOf(ignored: Ignored | 'all'): Buffer {
  if (ignored === 'all') return assembled([[RETURN, 0, 0, LEAVE_OUT]]);
  const { flows, unlessEnding } = ignored;
  const tests = flows.map(conditionsOf).map(inTurn);
  const ends: Instruction[] = [
    [LENGTH, 0, 0, 0],
    [SUBTRACT, 0, 0, 4],
    [TO_INDEX, 0, 0, 0],
    [WORD, 0, 0, 0],
    ...unlessEnding.flatMap((word): Instruction[] => [
      [JUMP_IF_EQUAL, 0, 1, word],
      [RETURN, 0, 0, TAKE],
    ]),
    [RETURN, 0, 0, LEAVE_OUT],
  ];
  const jumped = tests.map((test, i): Instruction[] => {
    const after = tests.slice(i + 1).reduce((sum, { length }) => sum + length + 1, 1);
    return [...test, [JUMP, 0, 0, after]];
  });
  return assembled([...toNetworkHeader, ...jumped.flat(), [RETURN, 0, 0, TAKE], ...ends]);
}

/**
 * What is true of a flow's frames: RFC 791 without options and not of a fragment, or RFC 8200 without extension headers. A load from
 * behind a frame's end would leave it out, so its length is looked at first.
 */
function conditionsOf(wrapped: WrappedFlow): Condition[] {
  const isOf4 = !wrapped[0]!.src.includes(':');
  const headers = wrapped.flatMap(conditionsOfHeader);
  const end = ETHERNET_BYTES + 4 + Math.max(...headers.map(({ at }) => at));
  return [
    { load: SAID, at: ETHERTYPE, value: isOf4 ? 0x0800 : 0x86dd },
    { load: LENGTH, at: 0, isLeast: true, value: end },
    ...headers,
  ];
}

function conditionsOfHeader({ protocol, src, dst, ports, offset }: WrappedFlow[number]): Condition[] {
  const addresses = Buffer.from([...addressBytes(src), ...addressBytes(dst)]);
  const is4 = addresses.length === 8;
  const [addressesAt, portsAt] = is4 ? [12, 20] : [8, 40];
  const words = Array.from({ length: addresses.length / 4 }, (_, i) => addresses.readUInt32BE(4 * i));
  return [
    ...(is4
      ? [
          { load: BYTE, at: offset, value: 0x45 },
          { load: HALF, at: offset + 6, bits: 0x3fff, value: 0 },
          { load: BYTE, at: offset + 9, value: protocol },
        ]
      : [
          { load: BYTE, at: offset, bits: 0xf0, value: 0x60 },
          { load: BYTE, at: offset + 6, value: protocol },
        ]),
    ...words.map((value, i) => ({ load: WORD, at: offset + addressesAt + 4 * i, value })),
    ...(ports ? [{ load: WORD, at: offset + portsAt, value: ports[0] * 0x10000 + ports[1] }] : []),
  ];
}

/** Conditions one after another; where one does not hold, the instruction after the next one that follows them all is next. */
function inTurn(conditions: Condition[]): Instruction[] {
  const lengths = conditions.map(({ bits }) => (bits ? 3 : 2));
  return conditions.flatMap(({ load, at, bits, isLeast, value }, i): Instruction[] => [
    [load, 0, 0, at],
    ...(bits ? [[AND, 0, 0, bits] as Instruction] : []),
    [
      isLeast ? JUMP_IF_AT_LEAST : JUMP_IF_EQUAL,
      0,
      lengths.slice(i + 1).reduce((sum, length) => sum + length, 1),
      value,
    ],
  ]);
}

/** As the kernel reads them, on machines that put the least byte first: the agent knows no others. */
function assembled(instructions: Instruction[]): Buffer {
  const bytes = Buffer.alloc(8 * instructions.length);
  for (const [i, [code, ifSo, ifNot, operand]] of instructions.entries()) {
    bytes.writeUInt16LE(code, 8 * i);
    bytes.writeUInt8(ifSo, 8 * i + 2);
    bytes.writeUInt8(ifNot, 8 * i + 3);
    bytes.writeUInt32LE(operand >>> 0, 8 * i + 4);
  }
  return bytes;
}
