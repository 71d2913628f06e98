import { expect } from 'chai';
import { ether, icmp, ip } from '../../../src/index.ts';
import { causes, type Loss, link, sighting, state } from './loss.ts';

/** A router whose second card has 10.2.0.1 with a prefix of some length, where the lab gives it another. */
const lost = (given: number, is: number, dst: string, place = 'r') => {
  const ends = [
    { place: 'r', interface: 'e1', address: `10.2.0.1/${given}` },
    { place: 'b', interface: 'eth0', address: '10.2.0.2/24' },
  ];
  return causes({
    plan: { nodes: [], pods: [], links: [{ ends }] } as unknown as NonNullable<Loss['plan']>,
    way: [sighting(`${place}:e0`, 'in', [ether({}), ip({ src: '10.1.0.2', dst, ttl: 64 }), icmp({})])],
    now: {
      r: state({
        links: [link('e0', { addresses: ['10.1.0.1/24'] }), link('e1', { addresses: [`10.2.0.1/${is}`] })],
        routes: `10.1.0.0/24 dev e0\n10.2.0.0/${is} dev e1`,
        sysctls: { 'net.ipv4.conf.e0.forwarding': '1' },
      }),
      b: state({ links: [link('eth0', { addresses: ['10.2.0.2/24'] })] }),
    },
  });
};
const names = (told: ReturnType<typeof causes>) => told.map(({ cause }) => cause);

describe('An address whose prefix has another length than the lab gives it', () => {
  it('is told where its network no longer has the destination, and not as a route that is missing', () => {
    const [first, ...others] = lost(24, 25, '10.2.0.255');
    expect(first).to.deep.include({
      cause: 'prefix length differs',
      place: 'r',
      sentence: 'r’s e1 has 10.2.0.1/25, where the lab gives it 10.2.0.1/24: 10.2.0.255 is not within its network',
      fix: { place: 'r', command: 'ip address add 10.2.0.1/24 dev e1 && ip address del 10.2.0.1/25 dev e1' },
    });
    expect(names(others)).not.to.include('no route');
  });

  it('is told where its network has the destination of another', () => {
    expect(lost(24, 16, '10.2.9.9')[0]?.sentence).to.include('10.2.9.9 is within its network');
  });

  it('is told where an answer has no way back by it', () => {
    const told = causes({
      plan: {
        nodes: [],
        pods: [],
        links: [{ ends: [{ place: 'b', interface: 'eth0', address: '10.2.0.2/24' }] }],
      } as unknown as NonNullable<Loss['plan']>,
      way: [sighting('b:eth0', 'in', [ether({}), ip({ src: '10.2.0.9', dst: '10.2.0.2', ttl: 64 }), icmp({})])],
      now: { b: state({ links: [link('eth0', { addresses: ['10.2.0.2/32'] })] }) },
    });
    expect(told[0]?.sentence).to.equal(
      'b’s eth0 has 10.2.0.2/32, where the lab gives it 10.2.0.2/24: 10.2.0.9 is not within its network',
    );
    expect(names(told)).not.to.include('no route');
  });

  it('is not told where that changes nothing for the packet, where the length is right, and of other places', () => {
    expect(names(lost(24, 25, '10.2.0.7'))).not.to.include('prefix length differs');
    expect(names(lost(24, 24, '10.2.9.9'))).not.to.include('prefix length differs');
    expect(names(lost(24, 25, '10.2.0.255', 'b'))).not.to.include('prefix length differs');
  });
});
