import { expect } from 'chai';
import { type ExpectedHeader, ether, icmp, ip, tcp, udp } from '../../src/packet/index.ts';
import { changes } from '../../src/report/changes.ts';
import { asSeen } from '../results.ts';
import { inner, tunnel } from './results.ts';

const changed = (before: ExpectedHeader[], now: ExpectedHeader[], macs = {}) =>
  changes(asSeen(before), asSeen(now), macs);

describe('changes', () => {
  it('are none where the packet is the same', () => {
    expect(changed(inner(64), inner(64))).to.deep.equal([]);
  });

  it('tell the TTL that was spent', () => {
    expect(changed(inner(64), inner(63))).to.deep.equal(['TTL 63: one is spent']);
    expect(changed(inner(64), inner(60))).to.deep.equal(['TTL 60 (was 64)']);
  });

  it('tell tunnels, and what became of the outer packet', () => {
    const wrapped = [...tunnel(1), ...inner(63)];
    expect(changed(inner(63), wrapped)).to.deep.equal(['wrapped in VXLAN id 1, 192.168.205.4 → 192.168.205.3']);
    expect(changed(wrapped, inner(62))).to.deep.equal(['unwrapped: VXLAN id 1 is off', 'TTL 62: one is spent']);
    const outer = (ttl: number) => ip({ src: '1.1.1.1', dst: '1.1.1.2', ttl });
    expect(changed(inner(63), [outer(64), ...inner(63)])).to.deep.equal(['wrapped in IP, 1.1.1.1 → 1.1.1.2']);
    expect(changed([outer(64), ...inner(63)], [outer(63), ...inner(63)])).to.deep.equal(['outer TTL 63: one is spent']);
  });

  it('tell translations of addresses and ports', () => {
    const before = [ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 64 }), tcp({ src: 5, dst: 8080 })];
    const now = [ip({ src: '10.0.0.9', dst: '10.0.0.3', ttl: 64 }), tcp({ src: 6, dst: 80 })];
    expect(changed(before, now)).to.deep.equal([
      'source now 10.0.0.9 (was 10.0.0.1)',
      'destination now 10.0.0.3 (was 10.0.0.2)',
      'source port now 6',
      'destination port now 80',
    ]);
  });

  it('tell that a program carries the packet as its own words', () => {
    const carried = [ip({ src: '1.1.1.1', dst: '1.1.1.2', ttl: 64 }), udp({ src: 9, dst: 9 })];
    expect(changed(inner(63), carried)).to.deep.equal([
      'carried as the words of another packet: 1.1.1.1 → 1.1.1.2, UDP port 9 → 9, TTL 64',
    ]);
  });

  it('tell whom a frame is for now, by name where that is known', () => {
    const frame = (dst: string) => [ether({ src: '02:00:00:00:00:09', dst }), ip({ ttl: 64 }), icmp()];
    const [one, two] = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
    expect(changed(frame(one), frame(two))).to.deep.equal([`to MAC ${two}`]);
    expect(changed(frame(one), frame(two), { [two]: 'b:eth0' })).to.deep.equal(['to the MAC of b:eth0']);
    expect(changed([...tunnel(1), ...frame(one)], frame(one))).to.deep.equal(['unwrapped: VXLAN id 1 is off']);
    expect(changed(frame(one), frame('00:00:00:00:00:00'))).to.deep.equal([]);
  });
});
