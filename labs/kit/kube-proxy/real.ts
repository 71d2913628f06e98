import { daemon } from 'packetwalk';
import { feed } from '../program.ts';
import { apiOf, kubeconfig } from './control-plane.ts';
import { chainOf } from './names.ts';
import { type KubeObject, portsOf } from './objects.ts';
import { clusterCidr } from './services.ts';

const at = '/run/kube-proxy';

/** In which way kube-proxy programs the kernel (its setting `mode`). */
export type Mode = 'iptables' | 'nftables' | 'ipvs';

/**
 * What is not kube-proxy’s default: nf_conntrack_max is of the machine’s first network namespace, and not to be written in another;
 * and what is undone by hand would be written anew after 30 s.
 */
const configuration = (node: string, mode: Mode) => [
  'apiVersion: kubeproxy.config.k8s.io/v1alpha1',
  'kind: KubeProxyConfiguration',
  `mode: ${mode}`,
  `clusterCIDR: ${clusterCidr}`,
  `hostnameOverride: ${node}`,
  `clientConnection: { kubeconfig: ${at}/kubeconfig }`,
  'conntrack: { maxPerCore: 0, min: 0 }',
  `${mode}: { syncPeriod: 1h }`,
];

type Port = ReturnType<typeof portsOf>[number];

/** What says of a service with endpoints that it is programmed. */
const isThere: Record<Mode, (port: Port) => string> = {
  iptables: ({ name, protocol }) => `iptables -t nat -S ${chainOf('SVC', name, protocol)}`,
  nftables: ({ service, port, protocol }) => `nft get element ip kube-proxy service-ips '{ ${service.spec.clusterIP} . ${protocol} . ${port.port} }'`,
  ipvs: ({ service, port, protocol, endpoints }) =>
    `ipvsadm -Sn | grep -c -- '-a -${protocol[0]} ${service.spec.clusterIP}:${port.port} ' | grep -qx ${endpoints.length}`,
};

/** The real kube-proxy on a node: it asks the API server at an address. */
export const kubeProxyOn = (node: string, apiServer: string, objects: readonly KubeObject[], mode: Mode = 'iptables') => [
  `mkdir -p ${at}`,
  feed(`cat > ${at}/kubeconfig`, kubeconfig(apiOf(apiServer), 'kube-proxy')),
  feed(`cat > ${at}/config`, configuration(node, mode)),
  daemon('kube-proxy', `/run/daemons/kube-proxy --config=${at}/config`, {
    'it is healthy': 'curl --silent --fail --max-time 10 http://127.0.0.1:10256/healthz',
    'each service is programmed': portsOf(objects, node)
      .filter(({ endpoints }) => endpoints.length > 0)
      .map(isThere[mode])
      .join(' && '),
  }),
];
