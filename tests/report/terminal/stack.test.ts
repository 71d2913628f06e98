import { expect } from 'chai';
import { icmp, ip } from '../../../src/packet/index.ts';
import { stackLines } from '../../../src/report/terminal/stack.ts';
import { inner, tunnel } from '../results.ts';

describe('stackLines', () => {
  it('breaks between headers, each tunnel further in', () => {
    expect(stackLines([...tunnel(1), ...inner(63)], 60)).to.deep.equal([
      "ip({ src: '192.168.205.4', dst: '192.168.205.3' }),",
      'udp({ dst: 8472 }), vxlan({ vni: 1 }),',
      "  ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 63 }),",
      "  icmp({ type: 'echo request' })",
    ]);
  });

  it('breaks a header between its fields only if it is wider than a line', () => {
    const wide = ip({ src: '192.168.205.4', dst: '192.168.205.3', ttl: 64, length: 1500 });
    expect(stackLines([wide, icmp()], 72)).to.deep.equal([
      "ip({ src: '192.168.205.4', dst: '192.168.205.3', ttl: 64,",
      '  length: 1500 }),',
      'icmp()',
    ]);
  });
});
