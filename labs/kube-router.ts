import { corrects, icmp, ip, lab, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as kubeRouter from './kit/kube-router.ts';
import { decisions, documented, onAllNodes, servicesAnswer } from './kit/kube-router-checks.ts';
import { faults } from './kit/kube-router-faults.ts';
import { nodeWalks } from './kit/kube-router-node-walks.ts';
import { serviceWalks } from './kit/kube-router-service-walks.ts';
import * as services from './kit/kube-router-services.ts';
import { besides, into, outOf, throughTunnel, withinNode } from './kit/kube-router-walks.ts';
import { networkModel } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { acquainted } from './kit/segment.ts';

const [frontend, redisMaster, redisSlave1, redisSlave2] = ['100.96.2.2', '100.96.4.2', '100.96.4.3', '100.96.1.2'];
const [n42, n32, n75] = ['ip-172-20-42-25', 'ip-172-20-32-100', 'ip-172-20-75-91'] as const;
const client = '203.0.113.7';

/** The document’s cluster, or one with more nodes, in turn in either subnet, and more pods on each. */
export const sized = (size: kubeRouter.Size) => {
  const cluster = kubeRouter.sized(size);
  const nodes = kubeRouter.nodesOf(cluster);
  const asInDocument = nodes.length === kubeRouter.nodesOf(kubeRouter.document).length;
  const beyond = asInDocument ? '' : ' Outputs are not compared line by line with the document’s: it has five nodes.';

  return lab({
    title: 'kube-router: BGP between nodes, IP in IP between subnets, and IPVS for services',
    about: `${asInDocument ? 'Five' : nodes.length} nodes in two subnets, and a router between them that knows nodes only. GoBGP tells each node of the others’ pods; into the other subnet they are reached through a tunnel.${beyond}`,
    claims,
    nodes: { 'subnet-a': 'switch', 'subnet-b': 'switch', router: 'router', client: 'host', ...kubeRouter.kinds(cluster) },
    links: [
      'router:eth0 172.20.32.1/19 -- subnet-a',
      'router:eth1 172.20.64.1/19 -- subnet-b',
      `router:eth2 203.0.113.1/24 -- client:eth0 ${client}/24`,
      ...kubeRouter.cables(cluster),
    ],
    setup: {
      ...acquainted(cluster, 'eth0'),
      'Give the nodes jumbo frames, and their subnet’s router as the way out': {
        ...kubeRouter.underlay(cluster),
        router: 'ip link set eth0 mtu 9001\nip link set eth1 mtu 9001',
        client: 'ip route add default via 203.0.113.1',
      },
      'Start GoBGP on every node, in a full mesh': kubeRouter.bgp(cluster),
      'Bridge the pods to their node by kube-bridge': kubeRouter.bridge(cluster),
      'Lay a tunnel to each node of the other subnet': kubeRouter.tunnels(cluster),
      'Let what comes from pods ask table 77 first': kubeRouter.policy(cluster),
      'Give every ClusterIP to every node, on kube-dummy-if': services.dummy(cluster),
      'Put each service’s endpoints behind it in IPVS': services.proxy(cluster),
      'Let pods out of the cluster with their node’s address': services.egress(cluster),
      'Start what the services stand for': services.endpoints,
      'Announce each node’s pods, and learn the way to those of the others': kubeRouter.routing(cluster),
    },
    walks: {
      'frontend pings redis-slave2 in the other subnet': {
        claims: [
          'KR-08',
          'PP-01',
          corrects('KR-04', 'IP in IP adds 20 bytes. The kernel takes them off the MTU; kube-router takes off another 20 (9001 - 20 - 20).'),
        ],
        send: send('frontend', `ping -c 1 ${redisSlave2}`),
        request: [
          ...outOf('frontend', request(frontend, redisSlave2)),
          ...throughTunnel(n42, n75, 63, [ip({ src: frontend, dst: redisSlave2, ttl: 63, length: 84 }), icmp({ type: 'echo request' })], 84),
          ...into('redis-slave2', request(frontend, redisSlave2, 62)),
        ],
        reply: [
          ...outOf('redis-slave2', reply(redisSlave2, frontend)),
          ...throughTunnel(n75, n42, 63, reply(redisSlave2, frontend, 63), 84),
          ...into('frontend', reply(redisSlave2, frontend, 62)),
        ],
      },
      'frontend pings redis-master in the same subnet': {
        claims: ['KR-07', 'PP-01'],
        send: send('frontend', `ping -c 1 ${redisMaster}`),
        request: [
          ...outOf('frontend', request(frontend, redisMaster)),
          ...besides(n42, n32, request(frontend, redisMaster, 63)),
          ...into('redis-master', request(frontend, redisMaster, 62)),
        ],
        reply: [
          ...outOf('redis-master', reply(redisMaster, frontend)),
          ...besides(n32, n42, reply(redisMaster, frontend, 63)),
          ...into('frontend', reply(redisMaster, frontend, 62)),
        ],
      },
      'redis-master pings redis-slave1 on the same node': {
        claims: ['PP-01'],
        send: send('redis-master', `ping -c 1 ${redisSlave1}`),
        request: withinNode('redis-master', 'redis-slave1', request(redisMaster, redisSlave1)),
        reply: withinNode('redis-slave1', 'redis-master', reply(redisSlave1, redisMaster)),
      },
      ...nodeWalks,
      ...serviceWalks,
    },
    checks: {
      ...networkModel(kubeRouter.podsOf(cluster), nodes),
      ...(asInDocument ? documented : {}),
      ...onAllNodes(cluster),
      ...decisions(cluster),
      ...servicesAnswer(cluster),
    },
    faults: faults(cluster),
  });
};

export default sized({});
