import { expect } from 'chai';
import { decode, ip } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';

const header = ({ version = '45', total = '001c', fragment = '0000' } = {}) => `
  ${version} bb ${total}     # dscp 46, ecn 3
  1234 ${fragment} 3f 11     # id 4660, ttl 63, UDP
  0000 0a2a0041 0a2a0109     # 10.42.0.65 to 10.42.1.9
`;

const UDP = '88af 0035 0008 0000';

const fieldsOf = (dump: string) => {
  const decoded = ip.decode(bytes(dump));
  return 'malformed' in decoded ? decoded : decoded.fields;
};

const payloadOf = (dump: string) => {
  const decoded = ip.decode(bytes(dump));
  return 'malformed' in decoded ? decoded : decoded.payload;
};

describe('ip', () => {
  it('reads every field', () => {
    expect(ip.decode(bytes(header({ fragment: '4000' }) + UDP))).to.deep.equal({
      fields: {
        src: '10.42.0.65',
        dst: '10.42.1.9',
        ttl: 63,
        id: 0x1234,
        df: true,
        mf: false,
        offset: 0,
        length: 28,
        dscp: 46,
        ecn: 3,
        protocol: 17,
      },
      next: 17,
      payload: bytes(UDP),
    });
  });

  it('leaves out the options', () => {
    expect(payloadOf(`${header({ version: '46', total: '0020' })} 94040000 ${UDP}`)).to.deep.equal(bytes(UDP));
  });

  it('removes the padding of a short Ethernet frame', () => {
    expect(payloadOf(`${header()} ${UDP} 0000000000000000`)).to.deep.equal(bytes(UDP));
  });

  it('takes all bytes when the total length is 0, as before segmentation', () => {
    expect(payloadOf(header({ total: '0000' }) + UDP)).to.deep.equal(bytes(UDP));
  });

  it('takes what is there when the capture kept less than the total length', () => {
    expect(payloadOf(header({ total: '05dc' }) + UDP)).to.deep.equal(bytes(UDP));
  });

  it('looks for the next header in the first fragment only', () => {
    const first = decode(bytes(header({ fragment: '2000' }) + UDP), 'raw');
    const later = decode(bytes(header({ fragment: '00b9' }) + UDP), 'raw');
    expect(first.headers.map(({ protocol }) => protocol)).to.deep.equal(['ip', 'udp']);
    expect(later.headers).to.have.lengthOf(1);
    expect(later.headers[0]?.fields).to.include({ mf: false, offset: 1480 });
    expect(later.payload).to.deep.equal(bytes(UDP));
  });

  it('is found inside another, as IP in IP has it', () => {
    const outer = header({ total: '0030' }).replace('3f 11', '3f 04');
    const { headers } = decode(bytes(outer + header() + UDP), 'raw');
    expect(headers.map(({ protocol }) => protocol)).to.deep.equal(['ip', 'ip', 'udp']);
  });

  it('is found in flannel’s UDP tunnel', () => {
    const { headers } = decode(bytes(`${header({ total: '0038' })} 205d 205d 0024 0000 ${header()} ${UDP}`), 'raw');
    expect(headers.map(({ protocol }) => protocol)).to.deep.equal(['ip', 'udp', 'ip', 'udp']);
  });

  it('is malformed when its lengths or its version cannot be', () => {
    expect(fieldsOf('4500 001c')).to.deep.equal({ malformed: 'only 4 of its 20 bytes are there' });
    expect(fieldsOf(header({ version: '65' }))).to.deep.equal({ malformed: 'its version is 6' });
    expect(fieldsOf(header({ version: '44' }))).to.deep.equal({ malformed: 'its header length is 16' });
    expect(fieldsOf(header({ version: '46' }))).to.deep.equal({ malformed: 'only 20 of its 24 bytes are there' });
    expect(fieldsOf(header({ total: '0013' }))).to.deep.equal({ malformed: 'its total length is 19' });
  });
});
