import bgp from '../../labs/calico-bgp.ts';
import vxlan from '../../labs/calico-vxlan.ts';
import { allowed, mutations, rules } from './felix.ts';
import { holds } from './holds.ts';

holds('calico-bgp', { lab: bgp, folder: 'calico-bgp', allowed, mutations: { ...mutations, ...rules } });
holds('calico-vxlan', {
  lab: vxlan,
  folder: 'calico-vxlan',
  allowed,
  mutations: {
    ...mutations,
    'the blackhole of a block is gone': {
      at: 'node2',
      line: 'ip route del blackhole 10.42.2.0/26',
      differs: /^node2: 10\.42\.2\.0\/26.* recorded .*blackhole.*, now nothing$/m,
    },
  },
});
