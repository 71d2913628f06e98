/** A Service of Kubernetes, as far as kube-proxy reads it (API reference, v1 Service). */
export interface Service {
  kind: 'Service';
  metadata: { name: string; namespace: string };
  spec: {
    type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
    /** `None` for a headless service, of which kube-proxy knows nothing. */
    clusterIP: string;
    ports: ServicePort[];
    externalIPs?: string[];
    loadBalancerSourceRanges?: string[];
    externalTrafficPolicy?: 'Cluster' | 'Local';
    internalTrafficPolicy?: 'Cluster' | 'Local';
    healthCheckNodePort?: number;
    sessionAffinity?: 'None' | 'ClientIP';
    sessionAffinityConfig?: { clientIP: { timeoutSeconds: number } };
  };
  status?: { loadBalancer?: { ingress?: { ip: string }[] } };
}

export interface ServicePort {
  name?: string;
  port: number;
  protocol?: 'TCP' | 'UDP' | 'SCTP';
  nodePort?: number;
}

/** Some endpoints of a Service (API reference, discovery.k8s.io/v1 EndpointSlice); its label says of which. */
export interface EndpointSlice {
  kind: 'EndpointSlice';
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  ports: { name?: string; port: number; protocol?: 'TCP' | 'UDP' | 'SCTP' }[];
  /** `hostname` is that of its pod, where the pod has one and names this service as its subdomain. */
  endpoints: { addresses: string[]; nodeName?: string; hostname?: string; conditions?: { ready?: boolean } }[];
}

export type KubeObject = Service | EndpointSlice;

/** One port of a service, with all that kube-proxy makes rules of. */
export interface PortOfService {
  service: Service;
  port: ServicePort;
  /** `default/nginx-test:80-80`: namespace, name, and the port's name where it has one. */
  name: string;
  /** `tcp`, as iptables(8) writes it. */
  protocol: string;
  /** Those that are ready, in the order of their addresses. */
  endpoints: { address: string; port: number; isLocal: boolean }[];
}

/** The label of an EndpointSlice that says of which service it is. */
export const SERVICE_NAME = 'kubernetes.io/service-name';

/** The ports of all services that have a cluster IP, in the order of their names, as a node sees them. */
export function portsOf(objects: readonly KubeObject[], node: string): PortOfService[] {
  const slices = objects.filter((each) => each.kind === 'EndpointSlice');
  const services = objects.filter((each) => each.kind === 'Service' && each.spec.clusterIP !== 'None');
  const ports = services.flatMap((service) =>
    service.kind === 'Service' ? service.spec.ports.map((port) => portOf(service, port, slices, node)) : [],
  );
  return ports.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function portOf(service: Service, port: ServicePort, slices: EndpointSlice[], node: string): PortOfService {
  const { namespace, name } = service.metadata;
  const own = slices.filter(({ metadata }) => metadata.namespace === namespace && metadata.labels[SERVICE_NAME] === name);
  const endpoints = own.flatMap((slice) => {
    const target = slice.ports.find((each) => (each.name ?? '') === (port.name ?? ''));
    const ready = slice.endpoints.filter(({ conditions }) => conditions?.ready !== false);
    return target
      ? ready.flatMap(({ addresses, nodeName }) =>
          addresses.slice(0, 1).map((address) => ({ address, port: target.port, isLocal: nodeName === node })),
        )
      : [];
  });
  return {
    service,
    port,
    name: `${namespace}/${name}${port.name ? `:${port.name}` : ''}`,
    protocol: (port.protocol ?? 'TCP').toLowerCase(),
    endpoints: endpoints.sort((a, b) => (`${a.address}:${a.port}` < `${b.address}:${b.port}` ? -1 : 1)),
  };
}

/** Where services may be: the addresses of `--service-cluster-ip-range` and the ports of `--service-node-port-range`, first and last. */
export interface ServiceRanges {
  clusterIps: string;
  nodePorts: readonly [number, number];
}

/** An IPv4 address as a number; NaN where it is none. */
export function numberOf(address: string): number {
  const bytes = address.split('.');
  const isAddress = bytes.length === 4 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) < 256);
  return isAddress ? bytes.reduce((sum, byte) => sum * 256 + Number(byte), 0) : Number.NaN;
}

/** Whether an address is in a CIDR; what is no IPv4 address is in none. */
export function isIn(cidr: string, address: string): boolean {
  const [base = '', bits = ''] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(base) / size) === Math.floor(numberOf(address) / size);
}

/**
 * Objects that an API server would take, as they are. Throws in a sentence for each service that it would refuse: one without a
 * port, outside of the ranges, or where another one is already.
 */
export function accepted<Objects extends readonly KubeObject[]>(objects: Objects, { clusterIps, nodePorts: [first, last] }: ServiceRanges): Objects {
  const taken = new Map<string, string>();
  const twice = (at: string, name: string) => {
    const other = taken.get(at);
    taken.set(at, other ?? name);
    return other ? [`${name} and ${other} are both at ${at}: give one of them another`] : [];
  };
  const problems = objects.flatMap((each) => {
    if (each.kind !== 'Service') return [];
    const { clusterIP, ports, externalIPs = [] } = each.spec;
    const name = `${each.metadata.namespace}/${each.metadata.name}`;
    const addresses = [...(clusterIP === 'None' ? [] : [clusterIP]), ...externalIPs];
    return [
      ...(ports.length ? [] : [`${name} has no port: a service needs one at least`]),
      ...(clusterIP === 'None' || isIn(clusterIps, clusterIP) ? [] : [`${name} has the ClusterIP ${clusterIP}, which is not in ${clusterIps}`]),
      ...ports.flatMap(({ port, protocol = 'TCP', nodePort }) => [
        ...addresses.flatMap((address) => twice(`${address}:${port}/${protocol}`, name)),
        ...(nodePort === undefined ? [] : twice(`NodePort ${nodePort}/${protocol}`, name)),
        ...(nodePort !== undefined && !(nodePort >= first && nodePort <= last)
          ? [`${name} has the NodePort ${nodePort}, which is not in ${first}-${last}`]
          : []),
      ]),
    ];
  });
  if (problems.length) throw new Error(problems.join('; '));
  return objects;
}
