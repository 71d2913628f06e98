import { at, corrects, type Hop, send, through } from 'packetwalk';
import { accepted, call, called, PATIENT } from '../processes.ts';
import { client, cluster, type Hops, type Node, type Place, stranger } from './cluster.ts';
import { nginxWalks } from './clusterip-walks.ts';
import { chainOf, endpointChain } from './names.ts';
import { ended, fromPodC, known, marked, natted, toPodC, unmarked } from './walks.ts';

const C = '10.42.1.6';
const sent = { first: called, last: ended };
type Which = keyof typeof sent;

/** The chains of a service of podC’s: `ext` are those that mark, and then pick an endpoint. */
const chains = (service: string) => {
  const [svc, ext] = [chainOf('SVC', service, 'tcp'), chainOf('EXT', service, 'tcp')];
  const sep = endpointChain(service, 'tcp', `${C}:80`);
  return { ext, local: `${ext} > ${chainOf('SVL', service, 'tcp')} > ${sep}`, cluster: `${ext} > KUBE-MARK-MASQ > ${svc} > ${sep}`, svc, sep };
};

const nginx = chains('default/nginx-test:80-80');
const dnat = `dnat to ${C}:80`;

/** A call from outside that `node` translates to podC: the address and port called, the chains it passes, and what it gets as its source. */
interface Outside {
  node: Node;
  to: readonly [address: string, port: number];
  by: string;
  why: string;
  as: string;
}

/** From the client by a node that marks, and masquerades, to podC: on that node, or through the tunnel. */
const fromClient = ({ node, to: [address, port], by, why, as }: Outside, which: Which): Hops => {
  const [packet, first] = [sent[which], which === 'first'];
  const behind = (ttl: number) => packet(as, C, 80, ttl);
  const entering: Hops = [
    at('client:eth0', 'From outside of the cluster', packet(client, address, port)),
    at(`${node}:enp0s1`, 'No process listens there', packet(client, address, port)),
    ...(first ? natted(node, `${by}: ${dnat}`, why) : []),
    ...(first ? (as === client ? unmarked(node) : marked(node, as)) : known(node)),
  ];
  return [...entering, ...(node === 'node1' ? withinNode1(behind(63)) : toPodC(node, behind, 63, first))];
};

const withinNode1 = (packet: ReturnType<typeof called>): Hops => [
  at('node1:cni0', 'The endpoint is on this node', packet),
  at('node1:vethC', 'The bridge knows which port leads to the pod', packet),
  at('podC:eth0', 'The endpoint sees who it takes for the caller', packet),
];

const toClient = ({ node, to: [address, port], as }: Outside): Hops => {
  const near: Hops = [
    at('podC:eth0', 'The endpoint answers who called it', accepted(C, as, 80)),
    at('node1:vethC', 'Out of the pod', accepted(C, as, 80)),
    at('node1:cni0', 'PREROUTING has seen it: to the node it is for the client', accepted(C, client, 80)),
  ];
  const ttl = node === 'node1' ? 63 : 62;
  return [
    ...(node === 'node1' ? near : fromPodC(node, (left) => accepted(C, as, 80, left))),
    ...known(node),
    at(`${node}:enp0s1`, 'Who translated turns it back: what was called answers', accepted(address, client, port, ttl)),
    at('client:eth0', 'The client has heard of no pod', accepted(address, client, port, ttl)),
  ];
};

const calls = (way: Outside) => ({
  send: send('client', call(...way.to, PATIENT)),
  request: fromClient(way, 'first'),
  reply: toClient(way),
  end: fromClient(way, 'last'),
});

const nodePort = (node: Node, as: string): Outside => ({
  node,
  to: [cluster[node].address, 32506],
  by: `KUBE-NODEPORTS > ${nginx.cluster}`,
  why: 'Its address is one of the node’s own: KUBE-NODEPORTS, the last of KUBE-SERVICES, is asked',
  as,
});

const clusterPolicy = corrects(
  'SN-03',
  'Of Cluster the endpoint sees the address of the device by which the node sends it on, 10.42.0.0 or cni0’s, and not the node’s. Of Local a node without an endpoint answers nothing: filter INPUT drops the call.',
);

/** By a node’s port: to a node without endpoint, to the node that has it, and under the policy Local to both. */
export const nodePortWalks = {
  'client calls master’s port 32506, and the endpoint is on another node': {
    claims: ['SN-01', 'SN-02', clusterPolicy] as const,
    ...calls(nodePort('master', '10.42.0.0')),
  },
  'client calls node1’s port 32506, where the endpoint is': { claims: ['SN-01', 'SN-02'] as const, ...calls(nodePort('node1', '10.42.1.1')) },
  'client calls node2’s port 32506, too': { claims: ['SN-02'] as const, ...calls(nodePort('node2', '10.42.2.0')) },
  'client calls node1’s port 32507, of policy Local': {
    claims: [clusterPolicy] as const,
    ...calls({
      node: 'node1',
      to: ['192.168.205.3', 32507],
      by: `KUBE-NODEPORTS > ${chains('default/nginx-local').local}`,
      why: 'Only the node’s own endpoints are picked from, and nothing is marked',
      as: client,
    }),
  },
  'client calls master’s port 32507, of policy Local: no endpoint is there': {
    claims: [clusterPolicy] as const,
    send: send('client', call('192.168.205.4', 32507)),
    request: [
      at('client:eth0', 'From outside of the cluster', called(client, '192.168.205.4', 32507)),
      at('master:enp0s1', 'To a node that has no endpoint', called(client, '192.168.205.4', 32507)),
      ...natted('master', `KUBE-NODEPORTS > ${chains('default/nginx-local').ext}: policy accept`, 'It is not translated, and so still for the node'),
      through(
        'master',
        'filter INPUT > KUBE-FIREWALL > KUBE-PROXY-FIREWALL > KUBE-NODEPORTS > KUBE-EXTERNAL-SERVICES: drop',
        'Dropped without a word: a load balancer’s health check is to keep callers away',
      ),
    ] as Hops,
    reply: [],
  },
};

/** By an address that is no node’s: a load balancer’s, an external one, and the ClusterIP from outside. */
export const addressWalks = {
  'client calls the load balancer’s address, from a range that may': calls({
    node: 'master',
    to: ['198.51.100.10', 80],
    by: `${chainOf('FW', 'default/nginx-balanced', 'tcp')} > ${chains('default/nginx-balanced').cluster}`,
    why: 'KUBE-FW has a rule for each source range',
    as: '10.42.0.0',
  }),
  'stranger calls the load balancer’s address, and may not': {
    send: send('stranger', call('198.51.100.10', 80)),
    request: [
      at('stranger:eth0', 'From an address of no range', called(stranger, '198.51.100.10', 80)),
      at('master:enp0s1', 'The load balancer has sent it here', called(stranger, '198.51.100.10', 80)),
      ...natted('master', `${chainOf('FW', 'default/nginx-balanced', 'tcp')}: policy accept`, 'No rule of KUBE-FW is for it: it is not translated'),
      through('master', 'filter FORWARD > KUBE-PROXY-FIREWALL: drop', 'What still bears that address is dropped'),
    ] as Hop<Place | 'stranger'>[],
    reply: [],
  },
  'client calls an external address of a service': calls({
    node: 'master',
    to: ['198.51.100.20', 80],
    by: chains('default/nginx-external').cluster,
    why: 'KUBE-SERVICES has a rule for each external address',
    as: '10.42.0.0',
  }),
  'client calls the ClusterIP, from outside of 10.42.0.0/16': {
    claims: ['SN-04'] as const,
    ...calls({
      node: 'master',
      to: ['10.43.6.58', 80],
      by: `${nginx.svc} > KUBE-MARK-MASQ > ${nginx.sep}`,
      why: 'The service’s first rule marks it, since its source is no pod’s',
      as: '10.42.0.0',
    }),
  },
  'podA calls the ClusterIP, and is not marked': {
    ...nginxWalks['podA calls nginx-test, and the endpoint is on another node'],
    claims: ['SN-04'] as const,
  },
};

const fromLocalhost = (which: Which): Hops => {
  const [packet, first] = [sent[which], which === 'first'];
  const hooks: Hops = [
    through('master', `nat OUTPUT > KUBE-SERVICES > KUBE-NODEPORTS > ${nginx.cluster}: ${dnat}`, '127.0.0.1 is an address of the node’s own as well'),
    through(
      'master',
      'filter OUTPUT > KUBE-FIREWALL > KUBE-PROXY-FIREWALL > KUBE-SERVICES: policy accept',
      'route_localnet lets 127.0.0.1 out of lo',
    ),
    through('master', 'nat POSTROUTING > KUBE-POSTROUTING: masquerade fully-random', 'And the mark makes another address of it in time'),
  ];
  const later = through('master', 'filter OUTPUT > KUBE-FIREWALL: policy accept', 'It belongs to a connection: nat is not asked');
  return [...(first ? hooks : [later]), ...toPodC('master', (ttl) => packet('10.42.0.0', C, 80, ttl), 64, first)];
};

export const localhostWalks = {
  'master calls its own port 32506 at 127.0.0.1': {
    claims: ['SN-02'] as const,
    send: send('master', call('127.0.0.1', 32506, PATIENT)),
    request: fromLocalhost('first'),
    reply: [
      ...fromPodC('master', (ttl) => accepted(C, '10.42.0.0', 80, ttl)),
      through(
        'master',
        'filter INPUT > KUBE-FIREWALL > KUBE-NODEPORTS: policy accept',
        'To 127.0.0.1 from elsewhere: let in, as a known connection’s',
      ),
    ] as Hops,
    end: fromLocalhost('last'),
  },
};
