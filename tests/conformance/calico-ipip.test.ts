import ipip from '../../labs/calico-ipip.ts';
import crossSubnet from '../../labs/calico-ipip-cross-subnet.ts';
import type { MayDiffer } from '../../src/compare/dumps.ts';
import * as felix from './felix.ts';
import { holds } from './holds.ts';

const allowed: MayDiffer[] = [
  ...felix.allowed,
  {
    command: 'sysctl -a',
    what: /^net\.ipv4\.conf\.\S+\.send_redirects$/,
    because: 'a lab’s nodes send no redirects; these were recorded as the kernel has it',
  },
];
const mutations = { ...felix.mutations, ...felix.rules };

holds('calico-ipip', { lab: ipip, folder: 'calico-ipip', allowed, mutations });
holds('calico-ipip-cross-subnet', {
  lab: crossSubnet,
  folder: 'calico-ipip-cross-subnet',
  allowed,
  mutations,
});
