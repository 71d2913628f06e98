import { expect } from 'chai';
import { isOwnDrop } from '../../src/explain/own-drops.ts';
import { decode } from '../../src/packet/index.ts';
import type { KernelDrop } from '../../src/runtime/runtime.ts';

const [ICMP, TCP, UDP, IPIP] = [1, 6, 17, 4];

interface Ip {
  src?: string;
  dst?: string;
  id?: number;
  protocol: number;
}

/** RFC 791: a header without options, and what it carries. */
function ip({ src = '10.0.0.1', dst = '10.0.0.2', id = 7, protocol }: Ip, payload: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(id, 4);
  header[6] = 0x40;
  header[8] = 64;
  header[9] = protocol;
  for (const [i, end] of [src, dst].entries()) Buffer.from(end.split('.').map(Number)).copy(header, 12 + 4 * i);
  return Buffer.concat([header, payload]);
}

/** RFC 768. */
function udp(src: number, dst: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  for (const [i, word] of [src, dst, 8 + text.length].entries()) header.writeUInt16BE(word, 2 * i);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** RFC 9293: a SYN without options. */
function syn(src: number, dst: number, seq: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(src, 0);
  header.writeUInt16BE(dst, 2);
  header.writeUInt32BE(seq, 4);
  header[12] = 0x50;
  header[13] = 0x02;
  return header;
}

/** RFC 792. */
function echo(id: number, sequence = 1): Buffer {
  const header = Buffer.alloc(16);
  header[0] = 8;
  header.writeUInt16BE(id, 4);
  header.writeUInt16BE(sequence, 6);
  return header;
}

const IPV4 = 0x0800;
const drop = (packet: Buffer, etherType = IPV4) => ({ etherType, packet }) as KernelDrop;
const seen = (packet: Buffer) => ({ headers: decode(packet, 'raw').headers, bytes: packet });
const isOwn = (dropped: Buffer, ...own: Buffer[]) => isOwnDrop(own.map(seen))(drop(dropped));

describe('A packet that the kernel drops is the one that was sent', () => {
  const call = ip({ protocol: UDP }, udp(4001, 53, 'a question'));

  it('where it is the same, byte by byte, and where it spent a TTL', () => {
    const routed = Buffer.from(call);
    routed[8] = 62;
    expect([isOwn(call, call), isOwn(routed, call)]).to.deep.equal([true, true]);
  });

  it('not where it is another between the same ends: another protocol, other ports, another identification', () => {
    expect(isOwn(ip({ protocol: ICMP, id: 8 }, echo(1)), call)).to.equal(false);
    expect(isOwn(ip({ protocol: UDP, id: 8 }, udp(4001, 54, 'something else')), call)).to.equal(false);
    expect(isOwn(ip({ protocol: UDP, id: 8 }, udp(4001, 53, 'a question')), call)).to.equal(false);
    const [first, second] = [echo(1), echo(2)].map((each, i) => ip({ protocol: ICMP, id: 20 + i }, each));
    expect(isOwn(second!, first!)).to.equal(false);
  });

  it('not where it has no identification, and other ports', () => {
    const syns = [4001, 4002].map((port) => ip({ protocol: TCP, id: 0 }, syn(port, 80, port)));
    expect(isOwn(syns[0]!, syns[0]!)).to.equal(true);
    expect(isOwn(syns[1]!, syns[0]!)).to.equal(false);
    const datagrams = [4001, 4002].map((port) => ip({ protocol: UDP, id: 0 }, udp(port, 53, 'the same')));
    expect(isOwn(datagrams[1]!, datagrams[0]!)).to.equal(false);
  });

  it('where one of its ends was translated', () => {
    const translated = ip({ protocol: UDP, dst: '10.1.0.9' }, udp(4001, 5353, 'a question'));
    expect(isOwn(translated, call)).to.equal(true);
    const elsewhere = ip({ protocol: UDP, src: '10.7.0.1', dst: '10.7.0.2' }, udp(4001, 5353, 'a question'));
    expect(isOwn(elsewhere, call)).to.equal(false);
  });

  it('where it was wrapped for a tunnel that nobody saw, and not where another was', () => {
    const wrapped = (inner: Buffer) => ip({ src: '192.0.2.1', dst: '192.0.2.2', id: 99, protocol: IPIP }, inner);
    expect(isOwn(wrapped(call), call)).to.equal(true);
    expect(isOwn(wrapped(ip({ protocol: ICMP, id: 8 }, echo(1))), call)).to.equal(false);
  });

  it('by its ends and its protocol, where nothing more is read', () => {
    const [SCTP, OTHER] = [132, 133];
    const bare = (protocol: number) => ip({ protocol, id: 0 }, Buffer.alloc(4));
    expect(isOwn(bare(OTHER), bare(OTHER))).to.equal(true);
    expect(isOwn(bare(SCTP), bare(OTHER))).to.equal(false);
  });

  it('where it asks for a neighbour, and of no other kind', () => {
    const [ARP, LLDP] = [0x0806, 0x88cc];
    expect([ARP, LLDP].map((etherType) => isOwnDrop([seen(call)])(drop(Buffer.alloc(28), etherType)))).to.deep.equal([
      true,
      false,
    ]);
  });
});
