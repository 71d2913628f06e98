import { expect } from 'chai';
import { decode, gre, icmp, ip, mirror, trail } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';
import { echoReply, greEcho, gretapEcho } from '../frames.ts';

const protocols = (frame: Buffer) => decode(frame, 'ethernet').headers.map(({ protocol }) => protocol);

describe('gre', () => {
  it('carries an IPv4 packet', () => {
    expect(protocols(greEcho)).to.deep.equal(['ether', 'ip', 'gre', 'ip', 'icmp']);
    expect(decode(greEcho, 'ethernet').headers[2]?.fields).to.deep.equal({ protocol: 0x0800, key: 7, sequence: 1 });
  });

  it('carries an Ethernet frame', () => {
    expect(protocols(gretapEcho)).to.deep.equal(['ether', 'ip', 'gre', 'ether', 'ip', 'icmp']);
    expect(decode(gretapEcho, 'ethernet').headers[2]?.fields).to.deep.equal({ protocol: 0x6558 });
  });

  it('reads each optional field where its flag says that it is there', () => {
    const fieldsOf = (dump: string) => gre.decode(bytes(dump));
    const protocol = 0x0800;
    const payload = bytes('4500');
    expect(fieldsOf('8000 0800 abcd0000 4500')).to.deep.equal({
      fields: { protocol, checksum: 0xabcd },
      next: protocol,
      payload,
    });
    expect(fieldsOf('2000 0800 fffffffe 4500')).to.deep.equal({
      fields: { protocol, key: 0xfffffffe },
      next: protocol,
      payload,
    });
    expect(fieldsOf('1000 0800 80000000 4500')).to.deep.equal({
      fields: { protocol, sequence: 0x80000000 },
      next: protocol,
      payload,
    });
    expect(fieldsOf('b000 0800 abcd0000 00000007 00000001 4500')).to.deep.equal({
      fields: { protocol, checksum: 0xabcd, key: 7, sequence: 1 },
      next: protocol,
      payload,
    });
  });

  it('ignores the reserved bits that RFC 2784 lets a receiver ignore', () => {
    expect(gre.decode(bytes('03f8 0800'))).to.have.nested.property('fields.protocol', 0x0800);
  });

  it('leaves the trail as it was before the tunnel', () => {
    for (const frame of [greEcho, gretapEcho])
      expect(trail(decode(frame, 'ethernet'))).to.equal(trail(decode(echoReply, 'ethernet')));
  });

  it('is answered in a tunnel with the same key', () => {
    expect(mirror([ip({ dst: '192.168.205.4' }), gre({ key: 7 }), icmp()])).to.deep.equal([
      ip({ src: '192.168.205.4' }),
      gre({ key: 7 }),
      icmp(),
    ]);
  });

  it('is malformed in another version, and with the flags of RFC 1701', () => {
    expect(gre.decode(bytes('3081 880b 00000000'))).to.deep.equal({ malformed: 'its version is 1' });
    for (const flags of ['4000', '0800', '0400'])
      expect(gre.decode(bytes(`${flags} 0800 00000000`)), flags).to.deep.equal({
        malformed: 'it sets flags that are obsolete since RFC 2784',
      });
  });

  it('is malformed when cut short, behind the flags too', () => {
    expect(gre.decode(bytes('0000 08'))).to.deep.equal({ malformed: 'only 3 of its 4 bytes are there' });
    expect(gre.decode(bytes('b000 0800 00000000 00000000 0000'))).to.deep.equal({
      malformed: 'only 14 of its 16 bytes are there',
    });
  });
});
