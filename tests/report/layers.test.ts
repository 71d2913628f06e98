import { expect } from 'chai';
import { arp, ether, icmp, ip, mac, udp } from '../../src/packet/index.ts';
import { carried, layers, nested } from '../../src/report/layers.ts';
import { inner, tunnel } from './results.ts';

const frame = ether({ dst: '0a:8e:04:d9:0c:27' });

describe('layers', () => {
  it('cuts a stack where what a tunnel carries begins', () => {
    expect(layers([...tunnel(1), ...inner(63)])).to.deep.equal([tunnel(1), inner(63)]);
    expect(layers([frame, ...tunnel(1), frame, ...inner(63)])).to.deep.equal([
      [frame, ...tunnel(1)],
      [frame, ...inner(63)],
    ]);
  });

  it('knows a tunnel without a header of its own, and one that carries ARP', () => {
    expect(layers([ip(), ip(), icmp()])).to.deep.equal([[ip()], [ip(), icmp()]]);
    expect(layers([...tunnel(1), arp()])).to.deep.equal([tunnel(1), [arp()]]);
  });

  it('leaves a plain stack whole', () => {
    expect(layers([frame, ...inner(64)])).to.deep.equal([[frame, ...inner(64)]]);
    expect(layers([arp()])).to.deep.equal([[arp()]]);
  });
});

describe('nested', () => {
  it('writes each layer on a line, further in than what carries it', () => {
    expect(nested([...tunnel(1), ...inner(63)])).to.deep.equal([
      "ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }), vxlan({ vni: 1 }),",
      "  ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 63 }), icmp({ type: 'echo request' })",
    ]);
  });
});

describe('carried', () => {
  it('compares the fields that both state', () => {
    expect(carried(ip({ src: '10.0.0.1', ttl: 63 }), [ip({ src: '10.0.0.1' })])).to.equal(true);
    expect(carried(ip({ src: '10.0.0.1', ttl: 63 }), [ip({ src: '10.0.0.1', ttl: 64 })])).to.equal(false);
    expect(carried(udp(), [ip()])).to.equal(false);
    const owner = (point: string) => ether({ src: mac(point) });
    expect(carried(owner('a:eth0'), [owner('a:eth0')])).to.equal(true);
    expect(carried(owner('a:eth0'), [owner('b:eth0')])).to.equal(false);
  });

  it('finds the packet in the tunnel', () => {
    expect(carried(inner(63)[0]!, [...tunnel(1), ...inner(63)])).to.equal(true);
  });
});
