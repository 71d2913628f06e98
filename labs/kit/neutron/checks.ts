import { type Check, lacks, lines } from 'packetwalk';
import type { Place } from './walks.ts';

/** What can be asked of a load balancer of Neutron and its router. */
export const checks: Record<string, Check<Place, 'LB-04'>> = {
  'haproxy calls one member after the other, and both see its address': {
    claim: 'LB-04',
    run: 'perl /run/seen-as 203.0.113.20 80 20',
    see: { client: lines('vm1 sees 10.0.0.5: 10', 'vm2 sees 10.0.0.5: 10') },
  },
  'Of namespaces and their addresses the network node itself has none': {
    claim: 'LB-04',
    run: 'ip -4 addr; ss -Htln',
    see: { network: lacks('10.0.0.', '203.0.113.', ':80') },
  },
  'The bridge of the tenant’s network has the ports of router and load balancer, and the tunnel': {
    claim: 'LB-04',
    run: "bridge link show | grep 'master brq4a8e1f73-2b' | awk '{ print $2 }' | sed 's/[@:].*//' | sort",
    see: { network: lines('tap2c9d5e01-44', 'tap5f10b7d3-a8', 'vxlan-5001') },
  },
  'The L3 agent’s rules lead in to the load balancer’s address, and out from it': {
    claim: 'LB-04',
    run: 'iptables -t nat -S neutron-l3-agent-PREROUTING; iptables -t nat -S neutron-l3-agent-float-snat; iptables -t nat -S neutron-l3-agent-snat',
    see: {
      'qrouter-6d3e21b0': lines(
        '-A neutron-l3-agent-PREROUTING -d 203.0.113.20/32 -i qg-7be0a1c2-3d -j DNAT --to-destination 10.0.0.5',
        '-A neutron-l3-agent-float-snat -s 10.0.0.5/32 -j SNAT --to-source 203.0.113.20 --random-fully',
        '-A neutron-l3-agent-snat -j neutron-l3-agent-float-snat',
        '-A neutron-l3-agent-snat -o qg-7be0a1c2-3d -j SNAT --to-source 203.0.113.10 --random-fully',
      ),
    },
  },
};
