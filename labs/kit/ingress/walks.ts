import { at, send, through } from 'packetwalk';
import type { Hops } from '../kube-proxy/cluster.ts';
import { client } from '../kube-proxy/cluster.ts';
import { chainOf, endpointChain } from '../kube-proxy/names.ts';
import { intoBridge, natted, toPodC, tunnelled, unmarked } from '../kube-proxy/walks.ts';
import { accepted, called } from '../processes.ts';

const [A, B, C, D] = ['10.42.0.65', '10.42.1.9', '10.42.1.6', '10.42.2.6'];
const master = '192.168.205.4';
const controller = 'ingress-nginx/ingress-nginx-controller:http';
export const EXT = chainOf('EXT', controller, 'tcp');
const local = `KUBE-NODEPORTS > ${EXT} > ${chainOf('SVL', controller, 'tcp')} > ${endpointChain(controller, 'tcp', `${A}:80`)}: dnat to ${A}:80`;

export const asks = (host: string, ...paths: string[]) => `perl /run/http-get ${master}:30080 ${host} ${paths.map((path) => `"${path}"`).join(' ')}`;

/** The client’s own connection: it ends at nginx. */
const toNginx = (hooks: 'with hooks' | 'without'): Hops => [
  at('client:eth0', 'A connection to a node’s port: of hosts and paths no packet of it tells as yet', called(client, master, 30080)),
  at('master:enp0s1', 'The node has no process there', called(client, master, 30080)),
  ...(hooks === 'with hooks'
    ? [...natted('master', local, 'The policy is Local: to the controller on this node, with the client’s address'), ...unmarked('master')]
    : []),
  at('master:cni0', 'To the controller, a pod as any other', called(client, A, 80, 63)),
  at('master:vethA', 'By its port of the bridge', called(client, A, 80, 63)),
  at('podA:eth0', 'nginx accepts it, and reads the request', called(client, A, 80, 63)),
];

const fromNginx: Hops = [
  at('podA:eth0', 'nginx answers', accepted(A, client, 80)),
  at('master:vethA', 'Into the bridge', accepted(A, client, 80)),
  at('master:cni0', 'PREROUTING has seen it: to the node it is for the client', accepted(A, client, 80)),
  at('master:enp0s1', 'Translated back: the node’s port answers', accepted(master, client, 30080, 63)),
  at('client:eth0', 'The client hears of no pod', accepted(master, client, 30080, 63)),
];

/** nginx’s connection to a pod, in a walk that lists no hooks. */
const toPod = (to: 'node1' | 'node2', pod: 'podB' | 'podD', address: string, veth: 'vethB' | 'vethD'): Hops => [
  at('podA:eth0', 'A connection of nginx’s own, from the controller’s address', called(A, address, 80)),
  at('master:vethA', 'Into the bridge', called(A, address, 80)),
  at('master:cni0', 'For the gateway', called(A, address, 80)),
  ...tunnelled('master', to, called(A, address, 80, 63)),
  at(`${to}:cni0`, 'Routed into the node’s own subnet', called(A, address, 80, 62)),
  at(`${to}:${veth}`, 'Bridged to the pod’s port', called(A, address, 80, 62)),
  at(`${pod}:eth0`, 'The pod is called by nginx: only a header tells for whom', called(A, address, 80, 62)),
];

/** Each of these is two connections: the client’s, which ends at nginx, and nginx’s own, to whom host and path lead. */
export const walks = {
  'client asks shop.example for /cart, and nginx asks podC': {
    claims: ['IN-01'] as const,
    send: send('client', asks('shop.example', '/cart')),
    request: toNginx('with hooks'),
    reply: fromNginx,
    later: {
      'nginx calls podC, which is behind /cart': [
        ...intoBridge('podA', called(A, C, 80)),
        through('master', 'nat PREROUTING > KUBE-SERVICES: policy accept', 'nginx knows the endpoints: it calls a pod, and no service'),
        at('master:cni0', 'For the gateway', called(A, C, 80)),
        ...unmarked('master'),
        ...toPodC('master', (ttl) => called(A, C, 80, ttl), 63),
      ] as Hops,
    },
  },
  'client asks shop.example for /, and nginx asks podB': {
    claims: ['IN-01'] as const,
    send: send('client', asks('shop.example', '/')),
    request: toNginx('without'),
    later: { 'nginx calls podB, which is behind all other paths': toPod('node1', 'podB', B, 'vethB') },
  },
  'client asks blog.example for /, at the same port, and nginx asks podD': {
    claims: ['IN-01'] as const,
    send: send('client', asks('blog.example', '/')),
    request: toNginx('without'),
    later: { 'nginx calls podD, which is behind the other host': toPod('node2', 'podD', D, 'vethD') },
  },
};
