import { expect } from 'chai';
import { decode, tcp } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';
import { syn, synAck } from '../frames.ts';

const flagged = (flags: string) => {
  const decoded = tcp.decode(bytes(`eba6 0050 00000001 00000002 50 ${flags} 0040 0000 0000 6869`));
  return 'fields' in decoded ? decoded.fields.flags : decoded;
};

describe('tcp', () => {
  it('reads a SYN, of its options no more than the timestamp', () => {
    const { headers, payload } = decode(syn, 'ethernet');
    expect(headers[2]).to.deep.equal({
      protocol: 'tcp',
      fields: { src: 60326, dst: 80, seq: 1540900744, ack: 0, flags: 'S', window: 64960, timestamp: 2496336633 },
    });
    expect(payload).to.have.lengthOf(0);
  });

  it('reads what answers it', () => {
    expect(decode(synAck, 'ethernet').headers[2]?.fields).to.include({ flags: 'SA', ack: 1540900745 });
  });

  it('writes the flags in Scapy’s order', () => {
    expect(['00', '04', '10', '11', '14', '18', 'c2', 'ff'].map(flagged)).to.deep.equal([
      '',
      'R',
      'A',
      'FA',
      'RA',
      'PA',
      'SEC',
      'FSRPAUEC',
    ]);
  });

  it('is malformed when cut short or when its header length cannot be', () => {
    expect(tcp.decode(bytes('eba6 0050 5bd847'))).to.deep.equal({ malformed: 'only 7 of its 20 bytes are there' });
    expect(tcp.decode(bytes('eba6 0050 5bd84788 00'))).to.deep.equal({ malformed: 'only 9 of its 20 bytes are there' });
    const header = (offset: string) => bytes(`eba6 0050 00000001 00000002 ${offset} 10 0040 0000 0000`);
    expect(tcp.decode(header('40'))).to.deep.equal({ malformed: 'its header length is 16' });
    expect(tcp.decode(header('60'))).to.deep.equal({ malformed: 'only 20 of its 24 bytes are there' });
  });
});
