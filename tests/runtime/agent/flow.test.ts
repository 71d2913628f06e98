import { expect } from 'chai';
import { flowBytes } from '../../../src/runtime/agent/flow.ts';

const hex = (src: string, dst: string, protocol = 1) => flowBytes({ protocol, src, dst }).toString('hex');

describe('flowBytes', () => {
  it('is the protocol and both addresses, four bytes each', () => {
    expect(hex('10.0.0.1', '192.0.2.255', 17)).to.equal('110a000001c00002ff');
  });

  it('is sixteen bytes for an address of IPv6, however it is written', () => {
    const one = `${'00'.repeat(15)}01`;
    const documented = `20010db8${'00'.repeat(11)}02`;
    expect(hex('::1', '0:0:0:0:0:0:0:1', 58)).to.equal(`3a${one}${one}`);
    expect(hex('2001:DB8::2', '2001:db8:0:0::0.0.0.2')).to.equal(`01${documented}${documented}`);
    expect(hex('::', '2001:db8:1:2:3:4:5:6')).to.equal(`01${'00'.repeat(16)}20010db8000100020003000400050006`);
    expect(hex('fe80::', '::ffff:1.2.3.4')).to.equal(`01fe80${'00'.repeat(14)}${'00'.repeat(10)}ffff01020304`);
  });

  it('says what is no address', () => {
    expect(() => hex('10.0.0.1', 'b')).to.throw('b is no address');
    expect(() => hex('10.0.0.1/24', '10.0.0.2')).to.throw('10.0.0.1/24 is no address');
    expect(() => hex('fe80::1%eth0', '::')).to.throw('fe80::1%eth0 is no address');
  });
});
