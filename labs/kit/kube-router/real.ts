import { daemon } from 'packetwalk';
import { apiOf, controlPlane, kubeconfig, writeObjects } from '../kube-proxy/control-plane.ts';
import type { EndpointSlice, KubeObject, Service as ServiceObject } from '../kube-proxy/objects.ts';
import { feed } from '../program.ts';
import { farOf, type Named, tunnelOfV2 } from './cluster.ts';
import { type Service, services } from './services.ts';

const [master, range] = ['172.20.49.17', '100.64.0.0/13'];

/** Its ports; endpoints are found by a port's name, and that of its own service the API server calls https. */
const portsOf = (name: string, { port, protocols, nodePort }: Service) =>
  protocols.map((protocol) => ({
    name: name === 'kubernetes' ? 'https' : protocol,
    port,
    protocol: protocol.toUpperCase() as 'TCP' | 'UDP',
    ...(nodePort ? { nodePort } : {}),
  }));

/** A service of the document as the API server has it, with its endpoints. */
const objectsOf = ([name, service]: [string, Service]): [ServiceObject, EndpointSlice] => {
  const ports = portsOf(name, service);
  return [
    {
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { type: service.nodePort ? 'NodePort' : 'ClusterIP', clusterIP: service.clusterIp, ports },
    },
    {
      kind: 'EndpointSlice',
      metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
      ports: ports.map(({ nodePort: _, ...port }) => port),
      endpoints: service.endpoints.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    },
  ];
};

/** An API server on the document’s master that knows its nodes and services, and of its own service the endpoint that is listed. */
export const apiServer = (nodes: (Named & { name: string })[]) => {
  const objects: KubeObject[] = Object.entries<Service>(services).flatMap(objectsOf);
  return [...controlPlane(master, { services: range, asListed: true }), writeObjects(master, nodes, objects, { asListed: true })];
};

const at = '/run/kube-router';
const cni = '/etc/cni/net.d/10-kuberouter.conflist';

/** The real kube-router on a node, once it has routes to the pods of so many peers, and its services. */
export const kubeRouterOn = (node: Named & { name: string; peers: Named[] }) => [
  `mkdir -p ${at} /etc/cni/net.d`,
  feed(`cat > ${at}/kubeconfig`, kubeconfig(apiOf(master), 'kube-router')),
  feed(`cat > ${cni}`, [
    `{ "cniVersion": "0.3.0", "name": "mynet", "plugins": [{ "name": "kubernetes", "type": "bridge", "bridge": "kube-bridge",`,
    `  "isDefaultGateway": true, "ipam": { "type": "host-local" } }] }`,
  ]),
  daemon(
    'kube-router',
    `env KUBE_ROUTER_CNI_CONF_FILE=${cni} /run/daemons/kube-router --kubeconfig=${at}/kubeconfig --hostname-override=${node.name} \
      --service-cluster-ip-range=${range} --run-router --run-firewall --run-service-proxy`,
    {
      'it is healthy': 'curl --silent --fail --max-time 10 http://127.0.0.1:20244/healthz',
      'it has routes to the pods of all other nodes': `[ $(ip route show proto 17 | wc -l) = ${node.peers.length} ]`,
      'it has a tunnel to each node of the other subnet': farOf(node)
        .map((peer) => `ip link show ${tunnelOfV2(peer)}`)
        .join(' && '),
      'it has each service in IPVS': `[ $(ipvsadm -Sn | grep -c '^-A') = 7 ]`,
      'its rules are written': `iptables -t nat -S POSTROUTING | grep -q vmethod && iptables -S KUBE-ROUTER-SERVICES | grep -q REJECT`,
    },
  ),
];
