import { expect } from 'chai';
import { decode, vxlan } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';
import { vxlanEcho } from '../frames.ts';

describe('vxlan', () => {
  it('reads the network identifier and goes on with the frame inside', () => {
    const { headers } = decode(vxlanEcho, 'ethernet');
    expect(headers.map(({ protocol }) => protocol)).to.deep.equal([
      'ether',
      'ip',
      'udp',
      'vxlan',
      'ether',
      'ip',
      'icmp',
    ]);
    expect(headers[3]?.fields).to.deep.equal({ vni: 1 });
  });

  it('reads all 24 bits of it', () => {
    expect(vxlan.decode(bytes('08 000000 fffffe 00'))).to.have.nested.property('fields.vni', 0xfffffe);
  });

  it('does not mind what else is set beside the I flag', () => {
    expect(vxlan.decode(bytes('ff ffffff 000001 ff'))).to.have.nested.property('fields.vni', 1);
  });

  it('is announced by IANA’s port too', () => {
    const frame = Buffer.from(vxlanEcho);
    frame.writeUInt16BE(4789, 36);
    expect(decode(frame, 'ethernet').headers).to.have.lengthOf(7);
  });

  it('is malformed without the I flag', () => {
    const frame = Buffer.from(vxlanEcho);
    frame.writeUInt8(0xf7, 42);
    const { headers, payload, malformed } = decode(frame, 'ethernet');
    expect(headers.map(({ protocol }) => protocol)).to.deep.equal(['ether', 'ip', 'udp', 'malformed']);
    expect(payload).to.deep.equal(frame.subarray(42));
    expect(malformed).to.equal('vxlan: its I flag is not set');
  });

  it('is malformed when cut short', () => {
    expect(vxlan.decode(bytes('08 000000 000001'))).to.deep.equal({ malformed: 'only 7 of its 8 bytes are there' });
  });
});
