import { expect } from 'chai';
import { arp, type ExpectedHeader, ether, ip, mac, udp } from '../../src/packet/index.ts';

describe('mac', () => {
  it('stands for the address of a point', () => {
    expect(ether({ src: mac('node1:flannel.1') })).to.deep.equal({
      protocol: 'ether',
      fields: { src: { macOf: 'node1:flannel.1' } },
    });
  });

  it('keeps the point in the type of the header, for the compiler to check', () => {
    const one: ExpectedHeader<'a:eth0'> = ether({ src: mac('a:eth0'), vlan: 1 });
    const two: ExpectedHeader<'a:eth0' | 'b:eth0'> = ether({ src: mac('a:eth0'), dst: mac('b:eth0') });
    const three: ExpectedHeader<'a:eth0'> = arp({ sha: mac('a:eth0'), op: 'request' });
    const none: ExpectedHeader<never>[] = [ether(), ether({ src: '0e:00:00:00:00:01' }), ip({ ttl: 1 }), udp()];
    // @ts-expect-error another point
    const other: ExpectedHeader<'b:eth0'> = ether({ src: mac('a:eth0') });
    // @ts-expect-error one of two points
    const either: ExpectedHeader<'a:eth0'> = ether({ src: mac('a:eth0'), dst: mac('b:eth0') });
    // @ts-expect-error ip holds no MAC address
    const wrong = ip({ src: mac('a:eth0') });
    // @ts-expect-error no such field
    const unknown = ether({ source: '0e:00:00:00:00:01' });
    // @ts-expect-error no such field
    const misspelt = ip({ tll: 1 });
    expect([one, two, three, ...none, other, either, wrong, unknown, misspelt]).to.have.lengthOf(12);
  });
});
