import { expect } from 'chai';
import { internetChecksum, withChecksum } from '../../src/packet/checksum.ts';

// A SYN from 172.30.9.2 to 10.96.5.5, port 80.
const header = '4500003c50ca40004006256dac1e09020a600505';
const segment = 'bc06005011 3c4e1f00000000a002faf00000000002 0405b40402080a000000000000000001030307'.replaceAll(
  ' ',
  '',
);
const syn = Buffer.from(header + segment, 'hex');

const pseudo = (packet: Buffer) =>
  Buffer.concat([packet.subarray(12, 20), Buffer.from([0, packet[9]!, 0, packet.length - 20]), packet.subarray(20)]);

describe('The checksum that a network card would fill in', () => {
  it('makes the segment with its pseudo-header come to zero', () => {
    expect(internetChecksum(pseudo(syn))).to.not.equal(0);
    expect(internetChecksum(pseudo(withChecksum(syn)))).to.equal(0);
    expect(withChecksum(withChecksum(syn))).to.deep.equal(withChecksum(syn));
  });

  it('is that of RFC 1071 for its own example', () => {
    expect(internetChecksum(Buffer.from('0001f203f4f5f6f7', 'hex'))).to.equal(0xffff - 0xddf2);
  });

  it('is left out where the protocol has none there, or the packet is cut', () => {
    const icmp = Buffer.from(syn);
    icmp[9] = 1;
    expect(withChecksum(icmp)).to.deep.equal(icmp);
    const cut = syn.subarray(0, 30);
    expect(withChecksum(cut)).to.deep.equal(cut);
  });
});
