import { at, corrects, type Hop, ip, send, tcp, through } from 'packetwalk';
import { accepted, call, called, PATIENT } from '../processes.ts';
import { client, cluster, type Hops, type Node, type Place, stranger } from './cluster.ts';
import { tried } from './clusterip-walks.ts';
import { nftName } from './names.ts';
import { asked, dnat, NGINX, sentOn } from './nft-walks.ts';
import { carriedFromPodC, carriedToPodC, ended, intoBridge, outOfPodC, withinNode1 } from './walks.ts';

const [A, C] = ['10.42.0.65', '10.42.1.6'];

/** A call from outside that `node` translates to podC: the address and port called, the chains it goes to, and what it gets as its source. */
interface Outside {
  node: Node;
  to: readonly [address: string, port: number];
  by: string;
  why: string;
  as: string;
  guard?: { way: string; why: string };
}

const fromClient = ({ node, to: [address, port], by, why, as, guard }: Outside, packet: typeof called, first: boolean): Hops => {
  const behind = (ttl: number) => packet(as, C, 80, ttl);
  const marked = as === client ? undefined : { address: as, why: 'The mark 0x4000, which is taken off' };
  return [
    at('client:eth0', 'From outside of the cluster', packet(client, address, port)),
    at(`${node}:enp0s1`, 'No process listens there', packet(client, address, port)),
    ...(first ? [...asked(node, ` > ${by}: ${dnat}`, why, guard), ...sentOn(node, marked)] : []),
    ...(node === 'node1' ? withinNode1(behind(63)) : carriedToPodC(node, behind, 63)),
  ];
};

const toClient = ({ node, to: [address, port], as }: Outside): Hops => {
  const near: Hops = [...outOfPodC(accepted(C, as, 80)).slice(0, 2), at('node1:cni0', 'To the node it is for the client', accepted(C, client, 80))];
  const ttl = node === 'node1' ? 63 : 62;
  return [
    ...(node === 'node1' ? near : carriedFromPodC(node, (left) => accepted(C, as, 80, left))),
    at(`${node}:enp0s1`, 'Who translated turns it back: what was called answers', accepted(address, client, port, ttl)),
    at('client:eth0', 'The client has heard of no pod', accepted(address, client, port, ttl)),
  ];
};

const calls = (way: Outside) => ({
  send: send('client', call(...way.to, PATIENT)),
  request: fromClient(way, called, true),
  reply: toClient(way),
  end: fromClient(way, ended, false),
});

const external = (name: string) => `external-${name} > service-${name}`;

const nodePort = (node: Node, as: string): Outside => ({
  node,
  to: [cluster[node].address, 32506],
  by: external(NGINX),
  why: 'Its address is in nodeport-ips: the map of NodePorts is asked, and the chain that it names marks it',
  as,
});

const primary = corrects(
  'NT-02',
  'It is the node’s primary address, as Kubernetes has it (InternalIP), whatever its routes are: kube-proxy puts that one address into nodeport-ips.',
);

const nginxLocal = nftName('default/nginx-local', 'tcp');

/** By a node’s port: to each node’s primary address, under the policy Local, and to another address of a node. */
export const nodePortWalks = {
  'client calls master’s port 32506, and the endpoint is on another node': {
    claims: [primary] as const,
    ...calls(nodePort('master', '10.42.0.0')),
  },
  'client calls node1’s port 32506, where the endpoint is': { claims: [primary] as const, ...calls(nodePort('node1', '10.42.1.1')) },
  'client calls node1’s port 32507, of policy Local': calls({
    node: 'node1',
    to: ['192.168.205.3', 32507],
    by: `external-${nginxLocal} > local-${nginxLocal}`,
    why: 'Only the node’s own endpoints are picked from, and nothing is marked',
    as: client,
  }),
  'client calls master’s port 32507, of policy Local: no endpoint is there': {
    send: send('client', call('192.168.205.4', 32507)),
    request: [
      at('client:eth0', 'From outside of the cluster', called(client, '192.168.205.4', 32507)),
      at('master:enp0s1', 'To a node that has no endpoint', called(client, '192.168.205.4', 32507)),
      ...asked('master', ` > external-${nginxLocal}: policy accept`, 'It is not translated, and so still for the node'),
      through(
        'master',
        'ip kube-proxy filter-input > nodeport-endpoints-check: drop',
        'The map no-endpoint-nodeports drops it: a load balancer’s health check is to keep callers away',
      ),
    ] as Hops,
    reply: [],
  },
  'podA calls port 32506 at cni0’s address, and master refuses': {
    claims: [primary] as const,
    send: send('podA', tried('10.42.0.1', 32506)),
    request: [
      ...intoBridge('podA', called(A, '10.42.0.1', 32506)),
      ...asked('master', ': policy accept', 'cni0’s address is not in nodeport-ips'),
      at('master:cni0', 'So it is for the node, and for a socket that is not there', called(A, '10.42.0.1', 32506)),
      through('master', 'ip kube-proxy filter-input > nodeport-endpoints-check > service-endpoints-check: policy accept', 'No map refuses it'),
    ] as Hops,
    reply: ['master:cni0', 'master:vethA', 'podA:eth0'].map((point) =>
      at(
        point as 'master:cni0',
        'The node’s own refusal: nobody listens there',
        ip({ src: '10.42.0.1', dst: A, ttl: 64 }),
        tcp({ src: 32506, flags: 'RA' }),
      ),
    ) as Hops,
  },
};

const balanced = nftName('default/nginx-balanced', 'tcp');

/** By a load balancer’s address, of which only some may. */
export const balancedWalks = {
  'client calls the load balancer’s address, from a range that may': calls({
    node: 'master',
    to: ['198.51.100.10', 80],
    by: external(balanced),
    why: 'The map of services has a load balancer’s address as it has a ClusterIP',
    as: '10.42.0.0',
    guard: { way: `firewall-check > firewall-${balanced}`, why: 'The map of load balancers names a chain, whose range has the client' },
  }),
  'stranger calls the load balancer’s address, and may not': {
    send: send('stranger', call('198.51.100.10', 80)),
    request: [
      at('stranger:eth0', 'From an address of no range', called(stranger, '198.51.100.10', 80)),
      at('master:enp0s1', 'The load balancer has sent it here', called(stranger, '198.51.100.10', 80)),
      through(
        'master',
        `ip kube-proxy filter-prerouting-pre-dnat > firewall-check > firewall-${balanced}: drop`,
        'Dropped before any translation, in the one rule of its chain',
      ),
    ] as Hop<Place | 'stranger'>[],
    reply: [],
  },
};
