import { accepted, type EndpointSlice, type KubeObject, SERVICE_NAME, type Service, type ServicePort } from './objects.ts';

/** The network of all pods (kube-proxy, `--cluster-cidr`). */
export const clusterCidr = '10.42.0.0/16';
/** The addresses of services (kube-apiserver, `--service-cluster-ip-range`). */
export const serviceCidr = '10.43.0.0/16';

/** The objects of a lab, which an API server would take (kube-apiserver, `--service-node-port-range`). */
export const served = (objects: readonly KubeObject[]) => accepted(objects, { clusterIps: serviceCidr, nodePorts: [30_000, 32_767] });

/** An endpoint: its address, the node of its pod, the pod’s hostname where a headless service is to name it, and whether it is ready. */
export interface Endpoint {
  address: string;
  node?: string;
  hostname?: string;
  ready?: boolean;
}

type Spec = Omit<Service['spec'], 'ports'>;

/**
 * A service of one port and its endpoints, as the API server has them: `nginx-test`, or `kube-system/kube-dns` of another namespace than
 * default. Endpoints listen at `targetPort`, or at the same port.
 */
export function service(
  fullName: string,
  spec: Spec,
  { targetPort, ...port }: ServicePort & { targetPort?: number },
  endpoints: readonly Endpoint[],
  status?: Service['status'],
): [Service, EndpointSlice] {
  const { name: portName, protocol } = port;
  const [name = '', namespace = 'default'] = fullName.split('/').toReversed();
  return [
    { kind: 'Service', metadata: { name, namespace }, spec: { ...spec, ports: [port] }, ...(status ? { status } : {}) },
    {
      kind: 'EndpointSlice',
      metadata: { name, namespace, labels: { [SERVICE_NAME]: name } },
      ports: [{ ...(portName ? { name: portName } : {}), port: targetPort ?? port.port, ...(protocol ? { protocol } : {}) }],
      endpoints: endpoints.map(({ address, node, hostname, ready = true }) => ({
        addresses: [address],
        ...(node ? { nodeName: node } : {}),
        ...(hostname ? { hostname } : {}),
        conditions: { ready },
      })),
    },
  ];
}

/** The service of the API server, which is in every cluster; of its endpoint it names no node. */
export const kubernetes: KubeObject[] = service('kubernetes', { clusterIP: '10.43.0.1' }, { name: 'https', port: 443, targetPort: 6443 }, [
  { address: '192.168.205.4' },
]);

/** So many services of six endpoints each, beside `kubernetes`; nobody is there. */
export const many = (count: number): KubeObject[] => [
  ...kubernetes,
  ...Array.from({ length: count }, (_, i) =>
    service(
      `service-${String(i + 1).padStart(3, '0')}`,
      { clusterIP: `10.43.7.${i + 1}` },
      { port: 80 },
      Array.from({ length: 6 }, (_, e) => ({ address: `10.42.${e + 1}.${i + 1}`, node: `node${e + 1}` })),
    ),
  ).flat(),
];
