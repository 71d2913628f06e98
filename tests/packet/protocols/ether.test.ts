import { expect } from 'chai';
import { ether } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';

describe('ether', () => {
  it('reads both addresses and the ethertype', () => {
    const header = bytes(`
      0e0000000002  # destination
      0e00000000ff  # source
      0800          # IPv4
      4500          # payload`);
    expect(ether.decode(header)).to.deep.equal({
      fields: { dst: '0e:00:00:00:00:02', src: '0e:00:00:00:00:ff' },
      next: 0x0800,
      payload: bytes('4500'),
    });
  });

  it('goes on behind an 802.1Q tag', () => {
    const header = bytes(`
      0e0000000002 0e0000000001
      8100 7064  # tag: priority 3, may be dropped, VLAN 100
      0806 0001  # ARP`);
    expect(ether.decode(header)).to.deep.equal({
      fields: { dst: '0e:00:00:00:00:02', src: '0e:00:00:00:00:01', vlan: 100 },
      next: 0x0806,
      payload: bytes('0001'),
    });
  });

  it('is malformed when cut short, behind a tag too', () => {
    expect(ether.decode(bytes('0e0000000002 0e0000000001 08'))).to.deep.equal({
      malformed: 'only 13 of its 14 bytes are there',
    });
    expect(ether.decode(bytes('0e0000000002 0e0000000001 8100 6064 08'))).to.deep.equal({
      malformed: 'only 17 of its 18 bytes are there',
    });
  });
});
