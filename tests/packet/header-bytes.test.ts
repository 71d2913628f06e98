import { expect } from 'chai';
import fc from 'fast-check';
import { headerBytes } from '../../src/packet/header-bytes.ts';
import { decode } from '../../src/packet/index.ts';

// Ethernet, IP, UDP to 8472, VXLAN 1, Ethernet, IP, ICMP echo request
const frame = Buffer.from(
  [
    '0a0000000002 0a0000000001 0800',
    '4500 005c 1234 4000 40 11 0000 c0a8cd04 c0a8cd03',
    'c001 2118 0048 0000',
    '08000000 000001 00',
    '0e0000000002 0e0000000001 0800',
    '4500 0026 0001 0000 3f 01 0000 0a2a0041 0a2a0109',
    '08 00 0000 0007 0001',
    '70696e672120',
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
);

describe('headerBytes', () => {
  it('has each header where it is, and each field where the RFC has it', () => {
    const found = headerBytes(frame, 'ethernet');
    expect(found.map(({ protocol, range }) => [protocol, ...range])).to.deep.equal([
      ['ether', 0, 14],
      ['ip', 14, 34],
      ['udp', 34, 42],
      ['vxlan', 42, 50],
      ['ether', 50, 64],
      ['ip', 64, 84],
      ['icmp', 84, 92],
    ]);
    expect(found[1]!.fields).to.deep.include({
      ttl: [[22, 23]],
      id: [[18, 20]],
      src: [[26, 30]],
      dst: [[30, 34]],
      df: [[20, 21]],
    });
    expect(found[2]!.fields).to.deep.include({ src: [[34, 36]], dst: [[36, 38]], length: [[38, 40]] });
    expect(found[3]!.fields).to.deep.equal({ vni: [[46, 49]] });
    expect(found[6]!.fields).to.deep.include({ type: [[84, 85]], id: [[88, 90]], sequence: [[90, 92]] });
  });

  it('has the same headers as the decoder, also of a frame without Ethernet', () => {
    for (const [bytes, link] of [
      [frame, 'ethernet'],
      [frame.subarray(14), 'raw'],
    ] as const)
      expect(headerBytes(bytes, link).map(({ protocol }) => protocol)).to.deep.equal(
        decode(bytes, link).headers.map(({ protocol }) => protocol),
      );
  });

  it('never throws, and stays within the frame, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.constantFrom('ethernet', 'raw'),
        fc.nat(119),
        (noise, link, at) => {
          const bytes = Buffer.concat([frame.subarray(0, at), Buffer.from(noise)]);
          for (const { range, fields } of headerBytes(bytes, link as 'raw'))
            for (const [begin, end] of [range, ...Object.values(fields).flat()]) {
              expect(begin).to.be.within(range[0], range[1]);
              expect(end).to.be.within(begin, Math.min(range[1], bytes.length));
            }
        },
      ),
      { numRuns: 200 },
    );
  });
});
