import { at, ether, http, ip, mac, oneOf, tcp } from 'packetwalk';
import { failover } from '../failover-walks.ts';
import { client } from '../kube-proxy/cluster.ts';
import { chainOf, endpointChain } from '../kube-proxy/names.ts';
import { ended, known, natted, unmarked } from '../kube-proxy/walks.ts';
import { accepted, called } from '../processes.ts';
import { type Backend, backends, balancers, type Hops, nodePort, type Place, router, serviceName, vip, type Ways } from './cluster.ts';

export const EXT = chainOf('EXT', serviceName, 'tcp');

/** The client’s own connection, which ends at the load balancer that has the VIP. */
export const toBalancer = (proxy: string) => ({
  request: [
    at('client:eth0', 'The client knows one address, and by ARP whose MAC it has now', ether({ dst: mac('lb1:eth0') }), called(client, vip, 80)),
    at('lb1:eth0', `lb1 has the VIP: ${proxy} accepts the connection`, called(client, vip, 80)),
  ] as Hops,
  reply: [
    at('lb1:eth0', 'The VIP answers', accepted(vip, client, 80)),
    at('client:eth0', 'Of nodes and pods the client hears nothing', accepted(vip, client, 80)),
  ] as Hops,
  end: [
    at('client:eth0', 'It has read all, and hangs up', ended(client, vip, 80)),
    at('lb1:eth0', 'This ends its connection; the other one has ended by itself', ended(client, vip, 80)),
  ] as Hops,
});

/** The load balancer’s connection to the port of a node, which leads it to its own pod. */
const byNode = (node: Backend, proxy: string): Hops => {
  const { address, pod, endpoint, veth } = backends[node];
  const lb1 = balancers.lb1.address;
  const chains = `KUBE-NODEPORTS > ${EXT} > ${chainOf('SVL', serviceName, 'tcp')} > ${endpointChain(serviceName, 'tcp', `${endpoint}:80`)}`;
  return [
    at('lb1:eth0 out', `${proxy} opens a connection of its own, and it is ${node}’s turn`, called(lb1, address, nodePort)),
    at(`${node}:enp0s1`, 'No process listens there', called(lb1, address, nodePort)),
    ...natted(node, `${chains}: dnat to ${endpoint}:80`, 'The policy is Local: to the endpoint on this node, and without a mark'),
    ...unmarked(node),
    at(`${node}:cni0`, 'The endpoint is on this node', called(lb1, endpoint, 80, 63)),
    at(`${node}:${veth}`, 'The bridge knows which port leads to the pod', called(lb1, endpoint, 80, 63)),
    at(`${pod}:eth0`, 'The endpoint sees the load balancer, and not its client', called(lb1, endpoint, 80, 63)),
  ];
};

/** The request that a load balancer asks a node, on a connection that it has opened for it: its health checks open others, and ask nothing. */
const askingNode = (node: Backend, proxy: string): Hops => {
  const { address, pod, endpoint, veth } = backends[node];
  const asks = (dst: string, port: number, ttl: number) => [ip({ src: balancers.lb1.address, dst, ttl }), tcp({ dst: port, flags: 'PA' })];
  const asked = [asks(endpoint, 80, 63), http({ type: 'request', target: '/', host: 'shop.example' })];
  return [
    at('lb1:eth0 out', `${proxy} has read the request, and asks ${node}, whose turn it is`, asks(address, nodePort, 64)),
    at(`${node}:enp0s1`, 'No process listens there: the connection is the pod’s', asks(address, nodePort, 64)),
    ...known(node),
    at(`${node}:cni0`, 'Translated as the connection’s first packet was', ...asked),
    at(`${node}:${veth}`, 'The bridge knows which port leads to the pod', ...asked),
    at(`${pod}:eth0`, 'For whom the load balancer asks, only a header tells: X-Forwarded-For', ...asked),
  ];
};

export const askingAnyNode = (proxy: string): Ways => [oneOf({ 'by node1': askingNode('node1', proxy), 'by node2': askingNode('node2', proxy) })];

/** The nodes have their turns: which one it is this time nobody knows before. */
export const toAnyNode = (proxy: string): Ways => [oneOf({ 'by node1': byNode('node1', proxy), 'by node2': byNode('node2', proxy) })];

/** What load balancers tell each other, and everybody, by themselves. */
export const failoverWalks = failover<Place>({
  router,
  segment: ['gw:eth0', 'client:eth0', 'lb1:eth0', 'lb2:eth0', 'master:enp0s1', 'node1:enp0s1', 'node2:enp0s1'],
  caller: 'client:eth0',
  callerLearns: 'The client puts the new MAC in the place of the old one, and calls on',
});
