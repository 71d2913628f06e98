import { expect } from 'chai';
import { decode, describe as described, icmp6, ip6 } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';

const FROM_A_TO_B = 'fd000000000000000000000000000001 fd010000000000000000000000000002';

/** An echo request of 8 bytes behind extension headers, by the number of the first and their bytes. */
const packet = (next: string, length: string, rest: string) =>
  bytes(`6 0a 12345 ${length} ${next} 40 ${FROM_A_TO_B} ${rest}`);
const echo = '8000 0000 0007 0001';

const headers = (frame: Buffer) => decode(frame, 'raw').headers;

describe('ip6', () => {
  it('reads addresses as RFC 5952 writes them, and what it carries', () => {
    expect(headers(packet('3a', '0008', echo))).to.deep.equal([
      {
        protocol: 'ip6',
        fields: {
          ...{ src: 'fd00::1', dst: 'fd01::2', hopLimit: 64, length: 48, headerLength: 40, protocol: 58 },
          ...{ dscp: 2, ecn: 2, flowLabel: 0x12345 },
        },
      },
      { protocol: 'icmp6', fields: { type: 'echo request', code: 0, id: 7, sequence: 1 } },
    ]);
  });

  it('goes on behind its extension headers, which it names', () => {
    const frame = packet('00', '0018', `3c00 0104 00000000  3a00 0104 00000000 ${echo}`);
    expect(headers(frame).map(({ protocol }) => protocol)).to.deep.equal(['ip6', 'icmp6']);
    expect(headers(frame)[0]?.fields).to.include({
      extensions: 'hop-by-hop, destination',
      protocol: 58,
      headerLength: 56,
    });
  });

  it('reads of a later fragment no more than that it is one', () => {
    const frame = packet('2c', '0010', `3a00 0008 0000beef ${echo}`);
    expect(headers(frame)).to.have.length(1);
    expect(headers(frame)[0]?.fields).to.include({ id: 0xbeef, offset: 8, mf: false, protocol: 58 });
    expect(described(headers(frame), [ip6()])[0]).to.contain('offset: 8, mf: false');
  });

  it('is malformed in another version, and where a header is cut off or its options do not fit', () => {
    expect(ip6.decode(bytes(`40${'00'.repeat(39)}`))).to.deep.equal({ malformed: 'its version is 4' });
    expect(ip6.decode(packet('00', '0004', '3a00 0104'))).to.deep.equal({
      malformed: 'only 4 bytes of its hop-by-hop header are there',
    });
    expect(ip6.decode(packet('00', '0008', '3a01 0104 00000000'))).to.deep.equal({
      malformed: 'only 8 of the 16 bytes of its hop-by-hop header are there',
    });
    expect(ip6.decode(packet('3c', '0008', '3a00 01ff 00000000'))).to.deep.equal({
      malformed: 'the options of its destination header do not end with it',
    });
  });
});

describe('icmp6', () => {
  const target = 'fd000000000000000000000000000009';

  it('reads who asks for a neighbour, and who answers', () => {
    expect(icmp6.decode(bytes(`8700 0000 00000000 ${target} 0101 0e0000000001`))).to.deep.include({
      fields: { type: 'neighbor solicitation', code: 0, target: 'fd00::9', lladdr: '0e:00:00:00:00:01' },
    });
    expect(icmp6.decode(bytes(`8800 0000 60000000 ${target} 0201 0e0000000009`))).to.deep.include({
      fields: {
        ...{ type: 'neighbor advertisement', code: 0, target: 'fd00::9', lladdr: '0e:00:00:00:00:09' },
        ...{ router: false, solicited: true, override: true },
      },
    });
  });

  it('reads who listens to which groups', () => {
    expect(icmp6.decode(bytes('8f00 0000 0000 0001  04 00 0000 ff0200000000000000000001ff000001'))).to.deep.include({
      fields: { type: 'listener report v2', code: 0, groups: 'ff02::1:ff00:1' },
    });
  });

  it('reads the MTU that is told, and what the packet was that it is about', () => {
    const about = packet('3a', '0008', echo).toString('hex');
    const { headers, quoted } = decode(packet('3a', '0038', `0200 0000 00000578 ${about}`), 'raw');
    expect(headers[1]?.fields).to.deep.equal({ type: 'packet too big', code: 0, mtu: 1400 });
    expect(quoted?.map(({ protocol }) => protocol)).to.deep.equal(['ip6', 'icmp6']);
  });

  it('is malformed where an option has no length or is cut off, or a record is', () => {
    expect(icmp6.decode(bytes(`8700 0000 00000000 ${target} 0100`))).to.deep.equal({
      malformed: 'its option 1 has no length',
    });
    expect(icmp6.decode(bytes(`8700 0000 00000000 ${target} 0101 0e00`))).to.deep.equal({
      malformed: 'its option 1 is cut off',
    });
    expect(icmp6.decode(bytes('8f00 0000 0000 0002 04000000'))).to.deep.equal({
      malformed: 'its record 1 of 2 is cut off',
    });
  });
});
