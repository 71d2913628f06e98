import { expect } from 'chai';
import { decode, geneve } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';
import { geneveEcho, genevePing } from '../frames.ts';

const protocols = (frame: Buffer) => decode(frame, 'ethernet').headers.map(({ protocol }) => protocol);

describe('geneve', () => {
  it('reads the network identifier and the length of its options, and goes on with the frame inside', () => {
    expect(protocols(geneveEcho)).to.deep.equal(['ether', 'ip', 'udp', 'geneve', 'ether', 'ip', 'icmp']);
    expect(decode(geneveEcho, 'ethernet').headers[3]?.fields).to.deep.equal({
      vni: 7,
      protocol: 0x6558,
      optionsLength: 8,
      options: '0102:80:00000001',
      oam: false,
      critical: true,
    });
  });

  it('goes on with an IPv4 packet inside', () => {
    expect(protocols(genevePing)).to.deep.equal(['ether', 'ip', 'udp', 'geneve', 'ip', 'icmp']);
  });

  it('reads all 24 bits of the network identifier, and each flag', () => {
    expect(geneve.decode(bytes('00 80 6558 fffffe 00')))
      .to.have.property('fields')
      .that.deep.includes({
        vni: 0xfffffe,
        oam: true,
        critical: false,
      });
    expect(geneve.decode(bytes('00 40 6558 000001 00'))).to.have.nested.property('fields.critical', true);
  });

  it('does not mind what is set in its reserved bits', () => {
    expect(geneve.decode(bytes('00 3f 6558 000001 ff')))
      .to.have.property('fields')
      .that.deep.includes({
        vni: 1,
        oam: false,
        critical: false,
      });
  });

  it('reads nothing inside that is neither Ethernet nor IP', () => {
    const frame = Buffer.from(genevePing);
    frame.writeUInt16BE(0x88b5, 44);
    expect(protocols(frame)).to.deep.equal(['ether', 'ip', 'udp', 'geneve']);
  });

  it('is malformed where an option reaches beyond the end of all', () => {
    expect(geneve.decode(bytes('01 00 6558 000001 00 0102 80 01'))).to.deep.equal({
      malformed: 'its options reach beyond their end',
    });
  });

  it('is malformed in another version', () => {
    expect(geneve.decode(bytes('40 00 6558 000001 00'))).to.deep.equal({ malformed: 'its version is 1' });
  });

  it('is malformed when cut short, among the options too', () => {
    expect(geneve.decode(bytes('00 00 6558 000001'))).to.deep.equal({ malformed: 'only 7 of its 8 bytes are there' });
    expect(geneve.decode(bytes('02 00 6558 000001 00 0102 80 01'))).to.deep.equal({
      malformed: 'only 12 of its 16 bytes are there',
    });
  });
});
