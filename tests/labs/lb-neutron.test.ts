import { expect } from 'chai';
import { haproxyConf, type LoadBalancer } from '../../labs/kit/neutron/haproxy.ts';
import lab from '../../labs/lb-neutron.ts';
import type { Lab } from '../../src/lab/words.ts';
import { ended } from './ended.ts';
import { noneInVain } from './in-vain.ts';

describe('A load balancer of Neutron', () => {
  const good: LoadBalancer = { subnet: '10.0.0.0/24', vip: '10.0.0.5', port: 80, members: { a: '10.0.0.11' } };
  const refused = (change: Partial<LoadBalancer>) => {
    try {
      haproxyConf({ ...good, ...change });
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };

  it('has haproxy listen at its address, and ask each member', () => {
    expect(haproxyConf(good)).to.include.members(['    bind 10.0.0.5:80', '    server a 10.0.0.11:80 weight 1']);
  });

  it('is refused with an address out of the subnet, or twice, without a member, at a port that is none', () => {
    expect(refused({ vip: '10.0.1.5' })).to.equal(
      'the load balancer has the address 10.0.1.5, which is not in the subnet 10.0.0.0/24',
    );
    expect(refused({ members: { a: '10.0.0.300' } })).to.equal(
      'a has the address 10.0.0.300, which is not in the subnet 10.0.0.0/24',
    );
    expect(refused({ members: { a: '10.0.0.5' } })).to.equal('a has the address 10.0.0.5, which another one has');
    expect(refused({ members: {} })).to.equal(
      'the load balancer 10.0.0.5:80 has no member: each call would be closed at once',
    );
    expect(refused({ port: 0 })).to.equal('the load balancer has the port 0, which is not in 1-65535');
  });
});

const [calls, refusal, out] = [
  'client calls the floating address: haproxy accepts, and asks a member',
  'client calls a port of the floating address where no listener is, and is refused',
  'vm1 pings the client: without a floating address of its own it gets the router’s',
] as const;
const [turns, none, ports, rules] = [
  'haproxy calls one member after the other, and both see its address',
  'Of namespaces and their addresses the network node itself has none',
  'The bridge of the tenant’s network has the ports of router and load balancer, and the tunnel',
  'The L3 agent’s rules lead in to the load balancer’s address, and out from it',
] as const;

noneInVain('lb-neutron', lab as Lab, [
  ['qrouter-6d3e21b0', 'iptables -t nat -F neutron-l3-agent-PREROUTING', [calls, rules]],
  ['qrouter-6d3e21b0', 'iptables -t nat -F neutron-l3-agent-snat', [out]],
  ['network', 'ip link set tap5f10b7d3-a8 nomaster', [refusal, ports]],
  ['network', 'ip addr add 10.0.0.9/32 dev lo', [none]],
  ['vm2', ended('vm2'), [turns, 'vm2 still runs']],
  ['vm1', ended('vm1'), ['vm1 still runs']],
  ['qlbaas-91c47f5a', ended('haproxy'), ['haproxy still runs']],
]);
