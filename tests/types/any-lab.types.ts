// A lab of whatever nodes and claims is a lab that can be run: checked by `tsc`, run by nobody.
import flannel from '../../labs/flannel-vxlan.ts';
import ipip from '../../labs/ipip-tunnel.ts';
import kubeRouter from '../../labs/kube-router.ts';
import type { AnyLab } from '../../src/exports/run.ts';

export const labs: AnyLab[] = [flannel, ipip, kubeRouter];
