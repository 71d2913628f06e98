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
      fields: { dst: '0e:00:00:00:00:02', src: '0e:00:00:00:00:01', vlan: 100, pcp: 3 },
      next: 0x0806,
      payload: bytes('0001'),
    });
  });

  it('has a service tag around a customer’s, or alone', () => {
    const double = bytes('0e0000000002 0e0000000001 88a8 0064 8100 2014 0800');
    expect(ether.decode(double)).to.deep.include({
      fields: { dst: '0e:00:00:00:00:02', src: '0e:00:00:00:00:01', svlan: 100, vlan: 20, pcp: 1 },
      next: 0x0800,
    });
    const nested = bytes('0e0000000002 0e0000000001 8100 0064 8100 2014 0800');
    expect(ether.decode(nested)).to.deep.include({
      fields: { dst: '0e:00:00:00:00:02', src: '0e:00:00:00:00:01', svlan: 100, vlan: 20, pcp: 1 },
    });
    const single = bytes('0e0000000002 0e0000000001 88a8 0064 0800');
    expect(ether.decode(single)).to.deep.include({
      fields: { dst: '0e:00:00:00:00:02', src: '0e:00:00:00:00:01', svlan: 100 },
    });
    expect(ether.decode(bytes('0e0000000002 0e0000000001 88a8 0064 8100 2014 8100 0001 0800'))).to.deep.equal({
      malformed: 'it has 3 tags',
    });
  });

  it('has a length in place of an Ethertype, behind which nothing is padding', () => {
    const stp = bytes('0180c2000000 0e0000000001 0003 424203 0000 0000');
    expect(ether.decode(stp)).to.deep.include({ next: 0, payload: bytes('424203') });
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
