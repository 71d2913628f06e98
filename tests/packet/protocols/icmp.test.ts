import { expect } from 'chai';
import { decode, icmp } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';
import { fragmentationNeeded, portUnreachable, timeExceeded, vxlanEcho } from '../frames.ts';

describe('icmp', () => {
  it('reads an echo request', () => {
    expect(decode(vxlanEcho, 'ethernet').headers.at(-1)).to.deep.equal({
      protocol: 'icmp',
      fields: { type: 'echo request', code: 0, id: 35, sequence: 1 },
    });
  });

  it('reads the MTU of the next hop when fragmentation is needed', () => {
    expect(decode(fragmentationNeeded, 'ethernet').headers.at(-1)?.fields).to.deep.equal({
      type: 'unreachable',
      code: 4,
      mtu: 1200,
    });
  });

  it('keeps the quoted packet apart', () => {
    const { headers, quoted, payload } = decode(portUnreachable, 'ethernet');
    expect(headers.map(({ protocol }) => protocol)).to.deep.equal(['ether', 'ip', 'icmp']);
    expect(headers[2]?.fields).to.deep.equal({ type: 'unreachable', code: 3 });
    expect(quoted?.map(({ protocol }) => protocol)).to.deep.equal(['ip', 'udp']);
    expect(quoted?.[0]?.fields).to.include({ src: '10.42.0.65', ttl: 63 });
    expect(payload.toString()).to.equal('who is there');
  });

  it('names the errors', () => {
    const types = ['03', '05', '0b', '0c'].map((type) => icmp.decode(bytes(`${type} 01 0000 00000000`)));
    expect(types.map((decoded) => 'fields' in decoded && decoded.fields.type)).to.deep.equal([
      'unreachable',
      'redirect',
      'time exceeded',
      'parameter problem',
    ]);
    expect(decode(timeExceeded, 'ethernet').headers.at(-1)?.fields).to.deep.equal({ type: 'time exceeded', code: 0 });
  });

  it('shows other types by their number', () => {
    expect(icmp.decode(bytes('0d 00 0000 0001 0002'))).to.deep.equal({
      fields: { type: 13, code: 0 },
      payload: Buffer.alloc(0),
    });
  });

  it('reads quotations that stop after 8 bytes, or within a header', () => {
    const error = '45 00 0000 0000 0000 40 01 0000 0a2a0001 0a2a0041  0b 00 0000 00000000';
    const ip = '45 00 003c 0000 4000 01 06 0000 0a2a0041 0a2a0109';
    expect(decode(bytes(`${error} ${ip} eba6 0050 5bd84788`), 'raw').quoted?.[1]).to.deep.equal({
      protocol: 'tcp',
      fields: { src: 60326, dst: 80, seq: 1540900744 },
    });
    expect(decode(bytes(`${error} ${ip} eba6`), 'raw').quoted).to.have.lengthOf(1);
    expect(decode(bytes(error), 'raw').quoted).to.deep.equal([]);
  });

  it('is malformed when cut short', () => {
    expect(icmp.decode(bytes('08 00 277f 0023'))).to.deep.equal({ malformed: 'only 6 of its 8 bytes are there' });
  });
});
