import { expect } from 'chai';
import { ether, gre, icmp, ip, tcp } from '../../src/packet/index.ts';
import { briefText } from '../../src/report/brief.ts';
import { asSeen } from '../results.ts';
import { inner, tunnel } from './results.ts';

const brief = (...headers: Parameters<typeof asSeen>[0]) => briefText(asSeen(headers));

describe('briefText', () => {
  it('is a packet in a line, what a tunnel carries in brackets', () => {
    expect(brief(ether({ dst: '02:00:00:00:00:01' }), ...inner(63))).to.equal(
      '10.42.0.65 → 10.42.1.9, ICMP echo request, TTL 63',
    );
    expect(brief(...tunnel(1), ...inner(63))).to.equal(
      '192.168.205.4 → 192.168.205.3, VXLAN id 1 [10.42.0.65 → 10.42.1.9, ICMP echo request, TTL 63]',
    );
    expect(brief(ip({ src: '1.1.1.1', dst: '1.1.1.2' }), gre({ key: 7 }), ...inner(9))).to.match(/^.*, GRE key 7 \[/);
  });

  it('names flags and errors by their words', () => {
    expect(brief(ip({ src: '1.1.1.1', dst: '1.1.1.2', ttl: 1 }), tcp({ src: 5, dst: 80, flags: 'SA' }))).to.equal(
      '1.1.1.1 → 1.1.1.2, TCP port 5 → 80 (SYN-ACK), TTL 1',
    );
    expect(brief(ip(), icmp({ type: 'unreachable', code: 4, mtu: 1400 }))).to.equal(
      'IP, ICMP fragmentation needed, MTU 1400',
    );
    expect(brief(ip(), icmp({ type: 'time exceeded', code: 0 }))).to.equal('IP, ICMP time exceeded');
    expect(brief(ip(), icmp({ type: 'unreachable', code: 99 }))).to.equal('IP, ICMP unreachable, code 99');
  });
});
