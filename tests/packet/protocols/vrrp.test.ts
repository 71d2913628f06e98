import { expect } from 'chai';
import { decode, mirror, trail, vrrp } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';
import { vrrp2, vrrp3 } from '../frames.ts';

const advertised = { vrid: 51, priority: 100, addresses: '192.168.205.100, 192.168.205.101', interval: 1 };

describe('vrrp', () => {
  it('reads version 2, and leaves its authentication data', () => {
    const { headers, payload } = decode(vrrp2, 'ethernet');
    expect(headers[1]?.fields).to.include({ dst: '224.0.0.18', ttl: 255, protocol: 112 });
    expect(headers[2]).to.deep.equal({ protocol: 'vrrp', fields: { version: 2, ...advertised } });
    expect(payload.toString()).to.equal('secret\0\0');
  });

  it('reads version 3, whose interval is in hundredths of a second', () => {
    const { headers, payload } = decode(vrrp3, 'ethernet');
    expect(headers[2]).to.deep.equal({ protocol: 'vrrp', fields: { version: 3, ...advertised } });
    expect(payload).to.have.lengthOf(0);
    expect(vrrp.decode(bytes('31 01 64 00 ffff 0000'))).to.have.nested.property('fields.interval', 40.95);
  });

  it('shows a master that gives up by its priority', () => {
    const farewell = bytes('21 33 00 01 0001 0000 c0a8cd64');
    expect(vrrp.decode(farewell)).to.deep.include({
      fields: { version: 2, vrid: 51, priority: 0, addresses: '192.168.205.100', interval: 1 },
    });
  });

  it('has neither an answer nor a trail', () => {
    expect(mirror([vrrp({ vrid: 51 })])).to.deep.equal([vrrp({ vrid: 51 })]);
    expect(trail(decode(vrrp2, 'ethernet'))).to.equal(undefined);
  });

  it('is malformed in another version or type', () => {
    expect(vrrp.decode(bytes('11 33 64 00 0001 0000'))).to.deep.equal({ malformed: 'its version is 1' });
    expect(vrrp.decode(bytes('41 33 64 00 0001 0000'))).to.deep.equal({ malformed: 'its version is 4' });
    expect(vrrp.decode(bytes('32 33 64 00 0064 0000'))).to.deep.equal({ malformed: 'its type is 2' });
  });

  it('is malformed when cut short, among the addresses too', () => {
    expect(vrrp.decode(bytes('31 33 64 02 0064'))).to.deep.equal({ malformed: 'only 6 of its 8 bytes are there' });
    expect(vrrp.decode(bytes('31 33 64 02 0064 0000 c0a8cd64 c0a8'))).to.deep.equal({
      malformed: 'only 14 of its 16 bytes are there',
    });
  });
});
