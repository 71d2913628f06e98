import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode, matches, pcapng, protocol, registryOf } from '../../../src/packet/index.ts';
import { datagram, echo, geneve as geneveBytes, ipHeader } from '../compose.ts';
import { geneveEcho } from '../frames.ts';
import { random, seed } from '../random.ts';
import { printed, skip } from '../wireshark.ts';
import { geneve } from './geneve.ts';

const macOf = () => undefined;

describe('A protocol that is defined outside src/', () => {
  const directory = mkdtempSync(join(tmpdir(), 'packetwalk-own-'));
  after(() => rmSync(directory, { recursive: true }));
  const registry = registryOf([geneve]);
  const read = (bytes: Buffer) => decode(bytes, 'ethernet', registry).headers;

  it('takes the place of one that has its name, and goes on with what it carries', () => {
    const headers = read(geneveEcho);
    expect(headers.map(({ protocol }) => protocol)).to.deep.equal([
      ...['ether', 'ip', 'udp', 'geneve', 'ether', 'ip', 'icmp'],
    ]);
    expect(headers[3]).to.deep.equal({ protocol: 'geneve', fields: { vni: 7, options: 8, inside: 0x6558 } });
    expect(matches([geneve({ vni: 7 })], headers.slice(3, 4), macOf)).to.equal(true);
  });

  it(`reads what tshark reads (SEED=${seed})`, function () {
    this.timeout(60_000);
    const source = random(seed);
    const samples = Array.from({ length: 500 }, () =>
      ipHeader(source, 17, datagram(40_000, 6081, geneveBytes(source, 0x0800, ipHeader(source, 1, echo(source))))),
    );
    const { header, packet: recorded } = pcapng([{ name: 'raw', link: 'raw' }]);
    const path = join(directory, 'own.pcapng');
    const blocks = samples.map((frame, at) => recorded({ interface: 0, timeNs: BigInt(at), direction: 'in', frame }));
    writeFileSync(path, Buffer.concat([header, ...blocks]));
    const fields = ['geneve.vni', 'geneve.proto_type', 'icmp.type'].flatMap((field) => ['-e', field]);
    const lines = printed('tshark', '-r', path, '-o', 'ip.defragment:FALSE', '-T', 'fields', ...fields)?.split('\n');
    if (!lines) return skip(this, 'tshark');
    for (const [at, frame] of samples.entries()) {
      const own = decode(frame, 'raw', registry).headers;
      const { vni, inside } = own.find((each) => each.protocol === 'geneve')?.fields ?? {};
      const type = own.findLast((each) => each.protocol === 'icmp')?.fields.type === 'echo request' ? 8 : 0;
      const [theirVni, theirType, theirIcmp] = (lines[at] ?? '').split('\t').map(Number);
      expect([vni, inside, type], frame.toString('hex')).to.deep.equal([theirVni, theirType, theirIcmp]);
    }
  });

  it('is found by the table, which has the last word', () => {
    const table = registryOf([], { udp: { 4789: geneve } });
    const frame = Buffer.from(geneveEcho);
    frame.writeUInt16BE(4789, 36);
    expect(decode(frame, 'ethernet', table).headers[3]?.protocol).to.equal('geneve');
    expect(decode(frame, 'ethernet').headers[3]?.protocol).to.equal('malformed');
  });

  const faults: [what: string, decode: () => unknown, says: RegExp][] = [
    ['returns nothing', () => null, /^x: its decode returned null, not \{ fields, payload \}/],
    ['returns no payload', () => ({ fields: {} }), /^x: its decode returned a payload that is no Buffer/],
    [
      'has a field of a kind that is none',
      () => ({ fields: { a: [] }, payload: Buffer.alloc(0) }),
      /a field a that is no text/,
    ],
    [
      'returns bytes of its own',
      () => ({ fields: {}, payload: Buffer.alloc(4096) }),
      /a payload that is no part of the bytes it was given/,
    ],
  ];
  for (const [what, returns, says] of faults)
    it(`is not trusted where it ${what}`, () => {
      const x = Object.assign(protocol('x', { carriedBy: { udp: [6081] }, brief: [], decode: geneve.decode }), {
        decode: returns as typeof geneve.decode,
      });
      const { fault, headers } = decode(geneveEcho, 'ethernet', registryOf([x], { udp: { 6081: x } }));
      expect(fault).to.match(says);
      expect(headers.at(-1)?.protocol).to.equal('malformed');
    });

  it('is not trusted where it throws, and the line is told', () => {
    const x = protocol<Record<string, number>>('x', {
      carriedBy: { udp: [6081] },
      brief: [],
      decode() {
        throw new RangeError('too far');
      },
    });
    const { fault } = decode(geneveEcho, 'ethernet', registryOf([x], { udp: { 6081: x } }));
    expect(fault).to.match(/^x: its decode threw too far \(\/.*own\.test\.ts:\d+:\d+\)$/);
  });

  it('leaves other labs as they are', () => {
    expect(decode(geneveEcho, 'ethernet').headers[3]?.fields).to.have.property('optionsLength', 8);
  });
});
