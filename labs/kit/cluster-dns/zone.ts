import { type KubeObject, SERVICE_NAME } from '../kube-proxy/objects.ts';

/** A name of the cluster's domain, without its last dot, and an address that it has. */
export type Name = readonly [name: string, address: string];

/**
 * The names that a cluster's DNS server answers with addresses (Kubernetes DNS-Based Service Discovery 1.1.0, sections 2.3 and 2.4): of
 * a service its ClusterIP; of a headless one each endpoint that is ready, and each endpoint's own name where it has a hostname.
 */
export function namesOf(objects: readonly KubeObject[], domain = 'cluster.local'): Name[] {
  const slices = objects.filter((each) => each.kind === 'EndpointSlice');
  return objects.flatMap((each): Name[] => {
    if (each.kind !== 'Service') return [];
    const { namespace, name } = each.metadata;
    const own = `${name}.${namespace}.svc.${domain}`;
    if (each.spec.clusterIP !== 'None') return [[own, each.spec.clusterIP]];
    const endpoints = slices
      .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels[SERVICE_NAME] === name)
      .flatMap((slice) => slice.endpoints.filter(({ conditions }) => conditions?.ready !== false));
    return endpoints.flatMap(({ addresses: [address], hostname }): Name[] =>
      address === undefined ? [] : [[own, address], ...(hostname ? [[`${hostname}.${own}`, address] as const] : [])],
    );
  });
}

/** What kubelet writes into a pod's resolv.conf (resolv.conf(5)). */
export const resolvConf = (server: string, namespace = 'default', domain = 'cluster.local') => [
  `search ${namespace}.svc.${domain} svc.${domain} ${domain}`,
  `nameserver ${server}`,
  'options ndots:5',
];

/** dnsmasq(8) as the server of that domain: it knows the names of a file as hosts(5) has it, and asks nobody else. */
export const dnsmasqConf = (domain = 'cluster.local') => [
  'keep-in-foreground',
  'user=root',
  'group=',
  'pid-file=',
  'no-resolv',
  'no-hosts',
  'addn-hosts=/run/names',
  `local=/${domain}/`,
  'local-ttl=30',
];
