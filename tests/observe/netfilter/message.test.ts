import { expect } from 'chai';
import { ipOf, messageOf } from '../../../src/observe/netfilter/message.ts';
import { DROP, echo, ipv4, JUMP, packet, policy, rule, told, toldOf } from './traces.ts';

describe('messageOf', () => {
  it('reads which rule matched, and what it said', () => {
    const trace = told(7, 'PREROUTING', packet(ipv4({}), echo(), { iif: 5, oif: 6 }), rule(3, JUMP, 'A'));
    const { network, transport, ...rest } = messageOf(trace.message)!;
    expect(rest).to.deep.equal({
      family: 'ip',
      id: 7,
      table: 'nat',
      chain: 'PREROUTING',
      type: 'rule',
      handle: 3n,
      verdict: 'jump',
      jump: 'A',
      iif: 5,
      oif: 6,
    });
    expect(network).to.have.lengthOf(20);
    expect(transport).to.have.lengthOf(8);
  });

  it('reads a policy, and the number of a queue apart from its verdict', () => {
    expect(messageOf(told(7, 'FORWARD', policy(DROP)).message)).to.include({ type: 'policy', policy: 'drop' });
    expect(messageOf(told(7, 'FORWARD', rule(3, 0x50003)).message)).to.include({ verdict: 'queue' });
  });

  it('knows the families', () => {
    const names = [1, 2, 3, 5, 7, 10].map((family) => messageOf(toldOf(family, 't', 1, 'c').message)?.family);
    expect(names).to.deep.equal(['inet', 'ip', 'arp', 'netdev', 'bridge', 'ip6']);
    expect(messageOf(toldOf(99, 't', 1, 'c').message)).to.equal(undefined);
  });

  it('takes any bytes', () => {
    const whole = told(1, 'PREROUTING', packet(ipv4({}), echo(), { iif: 5 }), rule(3, JUMP, 'A')).message;
    for (let length = 0; length < whole.length; length++)
      expect(() => messageOf(whole.subarray(0, length)), String(length)).not.to.throw();
  });
});

describe('ipOf', () => {
  const network = (hex: string) => Buffer.from(hex, 'hex');
  const ether = (type: string) => Buffer.from(`${'0a'.repeat(12)}${type}`, 'hex');

  it('is the IPv4 header, and whether it is that of a later fragment', () => {
    const whole = ipOf({ family: 'ip', network: network(ipv4({ id: 5, ttl: 63 })) });
    expect(whole).to.deep.equal({ src: '10.0.0.1', dst: '10.9.9.9', ttl: 63, id: 5, protocol: 1, length: 84 });
    expect(ipOf({ family: 'ip', network: network(ipv4({ fragment: 185 })) })?.later).to.equal(true);
    expect(ipOf({ family: 'ip', network: network(ipv4({ fragment: 0x2000 })) })?.later).to.equal(undefined);
  });

  it('is the IPv6 header, its addresses as people write them', () => {
    const header = `6000000000203a3f${'fd00000100000000'}${'0000000000000001'}${'fd00000200000000'}${'0000000000000001'}`;
    expect(ipOf({ family: 'ip6', network: network(header) })).to.deep.equal({
      src: 'fd00:1::1',
      dst: 'fd00:2::1',
      ttl: 63,
      id: 0,
      protocol: 58,
      length: 72,
    });
  });

  it('is none of ARP, nor of what only looks like IP at a bridge', () => {
    expect(ipOf({ family: 'bridge', network: network('0001080006040001'.padEnd(56, '0')) })).to.equal(undefined);
    expect(ipOf({ family: 'bridge', network: network(ipv4({})), link: ether('8899') })).to.equal(undefined);
    expect(ipOf({ family: 'bridge', network: network(ipv4({})), link: ether('810000050800') })?.ttl).to.equal(64);
  });

  it('is that of a tunnel’s outer packet, which still bears the inner one’s link layer', () => {
    expect(ipOf({ family: 'ip', network: network(ipv4({})), link: ether('0806') })?.ttl).to.equal(64);
  });
});
