import { expect } from 'chai';
import { decode, udp } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';
import { datagram, vxlanEcho } from '../frames.ts';

describe('udp', () => {
  it('reads ports and length', () => {
    const { headers, payload } = decode(datagram, 'ethernet');
    expect(headers[2]).to.deep.equal({ protocol: 'udp', fields: { src: 34991, dst: 7, length: 20 } });
    expect(payload.toString()).to.equal('who is there');
  });

  it('lets only the destination port announce a tunnel', () => {
    expect(udp.decode(bytes('2118 0035 0008 0000'))).to.include({ next: 53, source: 8472 });
    const answer = Buffer.from(vxlanEcho);
    answer.writeUInt16BE(8472, 34);
    answer.writeUInt16BE(56257, 36);
    expect(decode(answer, 'ethernet').headers).to.have.lengthOf(3);
  });

  it('ends where its length says, or with the bytes when that is 0', () => {
    expect(udp.decode(bytes('2118 0035 000a 0000 6869 0000'))).to.deep.include({ payload: bytes('6869') });
    expect(udp.decode(bytes('2118 0035 0000 0000 6869 0000'))).to.deep.include({ payload: bytes('68690000') });
  });

  it('is malformed when cut short or when its length cannot be', () => {
    expect(udp.decode(bytes('2118 0035 00'))).to.deep.equal({ malformed: 'only 5 of its 8 bytes are there' });
    expect(udp.decode(bytes('2118 0035 0007 0000'))).to.deep.equal({ malformed: 'its length is 7' });
  });
});
