import { corrects, icmp, ip, lab, send } from 'packetwalk';
import { claims } from './claims.ts';
import { doesNotForward } from './kit/faults.ts';
import * as kubeRouter from './kit/kube-router.ts';
import { decisions, documented, onAllNodes, servicesAnswer } from './kit/kube-router-checks.ts';
import { nodeWalks } from './kit/kube-router-node-walks.ts';
import { serviceWalks } from './kit/kube-router-service-walks.ts';
import * as services from './kit/kube-router-services.ts';
import { besides, into, outOf, throughTunnel, withinNode } from './kit/kube-router-walks.ts';
import { networkModel } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';

const [frontend, redisMaster, redisSlave1, redisSlave2] = ['100.96.2.2', '100.96.4.2', '100.96.4.3', '100.96.1.2'];
const [n42, n32, n67, n75] = ['ip-172-20-42-25', 'ip-172-20-32-100', 'ip-172-20-67-180', 'ip-172-20-75-91'] as const;
const clusterIp = '100.66.80.152';
const client = '203.0.113.7';

export default lab({
  title: 'kube-router: BGP between nodes, IP in IP between subnets, and IPVS for services',
  about:
    'Five nodes in two subnets, and a router between them that knows nodes only. GoBGP tells each node of the others’ pods; into the other subnet they are reached through a tunnel.',
  claims,
  nodes: { 'subnet-a': 'switch', 'subnet-b': 'switch', router: 'router', client: 'host', ...kubeRouter.kinds },
  links: [
    'router:eth0 172.20.32.1/19 -- subnet-a',
    'router:eth1 172.20.64.1/19 -- subnet-b',
    `router:eth2 203.0.113.1/24 -- client:eth0 ${client}/24`,
    ...kubeRouter.cables,
  ],
  setup: {
    'Give the nodes jumbo frames, and their subnet’s router as the way out': {
      ...kubeRouter.underlay,
      router: 'ip link set eth0 mtu 9001\nip link set eth1 mtu 9001',
      client: 'ip route add default via 203.0.113.1',
    },
    'Start GoBGP on every node, in a full mesh': kubeRouter.bgp,
    'Bridge the pods to their node by kube-bridge': kubeRouter.bridge,
    'Lay a tunnel to each node of the other subnet': kubeRouter.tunnels,
    'Let what comes from pods ask table 77 first': kubeRouter.policy,
    'Give every ClusterIP to every node, on kube-dummy-if': services.dummy,
    'Put each service’s endpoints behind it in IPVS': services.proxy,
    'Let pods out of the cluster with their node’s address': services.egress,
    'Start what the services stand for': services.endpoints,
    'Announce each node’s pods, and learn the way to those of the others': kubeRouter.routing,
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
    ...networkModel(kubeRouter.pods, kubeRouter.nodes),
    ...documented,
    ...onAllNodes,
    ...decisions,
    ...servicesAnswer,
  },
  faults: {
    'GoBGP has died on ip-172-20-75-91': {
      claims: ['KR-09'],
      break: { [n75]: kubeRouter.dies, [n42]: kubeRouter.forgets(n75) },
      lostAt: `${n42}:tun-172207591`,
      untouched: ['frontend pings redis-master in the same subnet', 'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels'],
      hint: 'Run `ip route get 100.96.1.2` on ip-172-20-42-25, then `gobgp neighbor`.',
      fix: kubeRouter.restarts(n75),
    },
    'The router drops protocol 4, as many clouds do': {
      claims: ['KR-08'],
      break: { router: 'iptables -I FORWARD -p 4 -j DROP' },
      lostAt: 'router:eth1',
      untouched: ['frontend pings redis-master in the same subnet', 'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels'],
      hint: 'Nodes ping each other, and so do pods of one subnet. Run `iptables -nvL FORWARD` on the router.',
      fix: { router: 'iptables -D FORWARD -p 4 -j DROP' },
    },
    'A ClusterIP is missing from kube-dummy-if on ip-172-20-42-25': {
      claims: ['KR-06'],
      walk: 'frontend calls redis-master’s ClusterIP, a node of its subnet has it',
      break: { [n42]: `ip addr del ${clusterIp}/32 dev kube-dummy-if` },
      lostAt: `${n42}:eth0`,
      untouched: ['frontend pings redis-master in the same subnet'],
      hint: `It is routed past IPVS, to whoever is behind the default route. Run \`ip route get ${clusterIp}\` on ip-172-20-42-25.`,
      fix: { [n42]: services.readdressed },
    },
    'Rule 32764 is gone on ip-172-20-75-91: it answers, past the tunnel': {
      claims: ['KR-05'],
      walk: 'redis-slave2 pings ip-172-20-42-25 in the other subnet',
      break: { [n75]: 'ip rule del pref 32764' },
      lostAt: `${n75}:tun-172204225`,
      untouched: ['frontend pings redis-slave2 in the other subnet'],
      hint: 'The router sees a pod’s own address. Run `ip rule` and `ip route get 172.20.42.25 from 100.96.1.2 iif kube-bridge`.',
      fix: { [n75]: 'ip rule add pref 32764 from 100.96.1.0/24 lookup 77' },
    },
    'The tunnel from ip-172-20-42-25 leads to an address that nobody has': {
      break: { [n42]: 'ip tunnel change tun-172207591 mode ipip local 172.20.42.25 remote 172.20.75.19 dev eth0' },
      lostAt: `${n42}:eth0`,
      untouched: ['frontend pings redis-master in the same subnet', 'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels'],
      hint: 'Compare the outer address with the name of the device. Run `ip tunnel show tun-172207591`.',
      fix: { [n42]: 'ip tunnel change tun-172207591 mode ipip local 172.20.42.25 remote 172.20.75.91 dev eth0' },
    },
    'ip-172-20-75-91 does not forward': doesNotForward(n75, {
      lostAt: `${n75}:kube-bridge`,
      untouched: ['frontend pings redis-master in the same subnet', 'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels'],
    }),
    'On ip-172-20-67-180 nobody is behind port 31497': {
      claims: ['KR-11'],
      walk: 'client calls a node of the other subnet',
      break: { [n67]: `ipvsadm -d -t 172.20.67.180:31497 -r ${frontend}:80` },
      lostAt: `${n67}:tun-172204225`,
      untouched: ['client calls the node that has frontend'],
      hint: 'The node itself refuses the call. Run `ipvsadm -Ln` there, and on a node whose port answers.',
      fix: { [n67]: `ipvsadm -a -t 172.20.67.180:31497 -r ${frontend}:80 -m` },
    },
  },
});
