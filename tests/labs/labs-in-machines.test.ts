import { isNightly } from './every-lab.ts';
import { byKernel, labsPass, some } from './labs-pass.ts';

labsPass((await byKernel()).inMachines, some);

// By day tests/runtime/vm/vm.test.ts has the proxies in a small lab: each of these takes minutes in an emulated machine.
const balanced = ['ingress-nginx', 'lb-nginx-keepalived', 'lb-haproxy-keepalived', 'lb-neutron', 'lb-vip'];
if (isNightly) labsPass(balanced, some, 'vm');
