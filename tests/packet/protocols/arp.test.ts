import { expect } from 'chai';
import { arp, decode } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';
import { arpReply, arpRequest } from '../frames.ts';

describe('arp', () => {
  it('reads a request', () => {
    expect(decode(arpRequest, 'ethernet').headers[1]).to.deep.equal({
      protocol: 'arp',
      fields: {
        op: 'request',
        sha: '0e:00:00:00:00:01',
        spa: '10.42.0.65',
        tha: '00:00:00:00:00:00',
        tpa: '10.42.0.1',
      },
    });
  });

  it('reads a reply', () => {
    expect(decode(arpReply, 'ethernet').headers[1]?.fields).to.include({ op: 'reply', spa: '10.42.0.1' });
  });

  it('shows other operations by their number', () => {
    const inverse = bytes(`
      0001 0800 06 04 0008  # InARP request, RFC 2390
      0e0000000001 0a2a0041
      0e0000000002 00000000`);
    expect(arp.decode(inverse)).to.have.nested.property('fields.op', 8);
  });

  it('is malformed for anything but IPv4 on Ethernet', () => {
    const strange = ['0020 0800 06 04', '0001 86dd 06 04', '0001 0800 14 04', '0001 0800 06 10'];
    for (const start of strange)
      expect(arp.decode(bytes(`${start} 0001 ${'00'.repeat(48)}`)), start).to.deep.equal({
        malformed: 'its addresses are not those of IPv4 on Ethernet',
      });
    expect(arp.decode(bytes('0001 0800 06 04 0001'))).to.deep.equal({ malformed: 'only 8 of its 28 bytes are there' });
  });
});
