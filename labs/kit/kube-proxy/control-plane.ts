import { daemon } from 'packetwalk';
import { etcdAt } from '../etcd/etcd.ts';
import { feed } from '../program.ts';
import type { EndpointSlice, KubeObject, Service } from './objects.ts';
import { serviceCidr } from './services.ts';

/** A node of a cluster, as its Node object has it. */
interface ClusterNode {
  name: string;
  address: string;
  /** The first three bytes of its pod CIDR: `10.42.0` for 10.42.0.0/24. */
  subnet: string;
}

/** Who holds this word may do anything: the API server knows no other user, and asks nobody (`--authorization-mode=AlwaysAllow`). */
const TOKEN = 'packetwalk';
const keys = '/run/kubernetes';

/** Where the API server of a node is asked. */
export const apiOf = (address: string) => `https://${address}:6443`;

/** How a daemon asks it. */
export const kubeconfig = (api: string, user: string) => [
  'apiVersion: v1',
  'kind: Config',
  `clusters: [{ name: lab, cluster: { server: '${api}', insecure-skip-tls-verify: true } }]`,
  `users: [{ name: ${user}, user: { token: ${TOKEN} } }]`,
  `contexts: [{ name: lab, context: { cluster: lab, user: ${user} } }]`,
  'current-context: lab',
];

const ownService = '/api/v1/namespaces/default/services/kubernetes';
const ownEndpoints = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes';

/** A call of the API server’s; where it refuses, its own message is what is printed. */
const curl = (api: string, path: string) =>
  `curl --silent --show-error --max-time 10 --insecure --fail-with-body --header 'Authorization: Bearer ${TOKEN}' ${api}${path}`;

/** The groups of objects that labs or the API server itself use. */
const groups = ['', 'discovery.k8s.io/', 'networking.k8s.io/', 'coordination.k8s.io/', 'apiextensions.k8s.io/', 'apiregistration.k8s.io/'];

/** What is on by default and would wait for groups that are off, or change what a lab lists. */
const plugins = [
  ...['ServiceAccount', 'LimitRanger', 'TaintNodesByCondition', 'PodSecurity', 'Priority', 'DefaultTolerationSeconds', 'RuntimeClass'],
  ...['DefaultStorageClass', 'StorageObjectInUseProtection', 'PersistentVolumeClaimResize', 'DefaultIngressClass', 'ResourceQuota'],
  ...['CertificateApproval', 'CertificateSigning', 'CertificateSubjectRestriction', 'ClusterTrustBundleAttest'],
  ...['MutatingAdmissionPolicy', 'MutatingAdmissionWebhook', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionWebhook'],
];

/**
 * etcd and kube-apiserver on the node with this address: no controllers, no kubelets; what is written there is what there is. With
 * `asListed`, that is so of the endpoints of its own service, too. The key that it makes for TLS signs its tokens as well. It gives up
 * where it has not looked through all addresses of services within a minute, which takes half the work with these groups alone,
 * without its caches and with a collector that collects more seldom: so it is ready in time where a virtual machine is emulated.
 */
export const controlPlane = (address: string, { services = serviceCidr, asListed = false } = {}) => [
  etcdAt(address),
  `mkdir -p ${keys} && echo '${TOKEN},admin,1,system:masters' > ${keys}/tokens`,
  daemon(
    'kube-apiserver',
    `env GOGC=400 /run/daemons/kube-apiserver --etcd-servers=http://127.0.0.1:2379 --service-cluster-ip-range=${services} \
      --advertise-address=${address} --cert-dir=${keys} --token-auth-file=${keys}/tokens --authorization-mode=AlwaysAllow \
      --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=${keys}/apiserver.key \
      --service-account-signing-key-file=${keys}/apiserver.key --disable-admission-plugins=${plugins.join()} \
      --runtime-config=api/all=false,${groups.map((group) => `${group}v1=true`).join()} --watch-cache=false \
      --enable-priority-and-fairness=false${asListed ? ' --endpoint-reconciler-type=none' : ''}`,
    {
      'it is ready': curl(apiOf(address), '/readyz'),
      'its own service is there': curl(apiOf(address), asListed ? ownService : ownEndpoints),
    },
  ),
];

/** One request: its method, its path, and its object. */
type Request = readonly [method: 'POST' | 'PATCH', path: string, object: object];

const nodeRequest = ({ name, address, subnet }: ClusterNode): Request => [
  'POST',
  '/api/v1/nodes',
  {
    ...{ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { podCIDR: `${subnet}.0/24`, podCIDRs: [`${subnet}.0/24`] } },
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
    },
  },
];

const serviceRequests = ({ status, ...service }: Service): Request[] => {
  const { name, namespace } = service.metadata;
  const at = `/api/v1/namespaces/${namespace}/services`;
  return [
    ['POST', at, { apiVersion: 'v1', ...service }],
    // The API server takes no status with a new service.
    ...(status ? [['PATCH', `${at}/${name}/status`, { status }] as const] : []),
  ];
};

const sliceRequest = (slice: EndpointSlice): Request => [
  'POST',
  `/apis/discovery.k8s.io/v1/namespaces/${slice.metadata.namespace}/endpointslices`,
  { apiVersion: 'discovery.k8s.io/v1', addressType: 'IPv4', ...slice },
];

/** Whether the API server writes it itself: its own service, and unless they are as listed, that one’s endpoints. */
const isOwn = ({ kind, metadata }: KubeObject, asListed: boolean) =>
  metadata.namespace === 'default' && metadata.name === 'kubernetes' && !(asListed && kind === 'EndpointSlice');

/** Writes Nodes, Services and EndpointSlices as a lab lists them; ends at the first that is refused, with the API server’s message. */
export const writeObjects = (address: string, nodes: ClusterNode[], objects: readonly KubeObject[], { asListed = false } = {}) => {
  const others = objects.filter((each) => !isOwn(each, asListed));
  const requests = [...nodes.map(nodeRequest), ...others.flatMap((each) => (each.kind === 'Service' ? serviceRequests(each) : [sliceRequest(each)]))];
  const post = `${curl(apiOf(address), '$path')} --request $method --header "Content-Type: $type" --data-binary "$object"`;
  return feed(
    `while read -r method type path object; do said=$(${post}) || { echo "$method $path: $said"; exit 1; }; done`,
    requests.map(
      ([method, path, object]) =>
        `${method} ${method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'} ${path} ${JSON.stringify(object)}`,
    ),
  );
};
