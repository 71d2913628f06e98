import { daemon, icmp, ip, lab, send, standsFor } from 'packetwalk';
import { claims } from './claims.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, nodesOf, onEvery, podsOf } from './kit/cluster.ts';
import { servicesAnswer } from './kit/kube-router/checks.ts';
import { type Cluster, document, farOf, isCalledBy, tunnelOfV2 as tunnel } from './kit/kube-router/cluster.ts';
import { nodeWalks } from './kit/kube-router/node-walks.ts';
import { apiServer, kubeRouterOn } from './kit/kube-router/real.ts';
import { serviceWalks } from './kit/kube-router/service-walks.ts';
import { clusterIps, virtualServers } from './kit/kube-router/services.ts';
import { programmed } from './kit/kube-router/v2-checks.ts';
import { faults } from './kit/kube-router/v2-faults.ts';
import { into, outOf, throughTunnel } from './kit/kube-router/walks.ts';
import { networkModel } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { feed, program } from './kit/program.ts';

const cluster: Cluster = document;
const [frontend, redisSlave2] = ['100.96.2.2', '100.96.1.2'];
const [n42, n75] = ['ip-172-20-42-25', 'ip-172-20-75-91'] as const;
const through = throughTunnel(tunnel);

/** What kube-router does by itself. */
const byHand = (script: string | string[]) => standsFor('kube-router', { small: script });

/** An endpoint: it says its own name, and who asked. */
const serves = (name: string, port: number) => [
  program('servers/witness', `/run/${name}.program`),
  daemon(name, `perl /run/${name}.program ${port} ${name}`, { 'it listens': `ss -Hltn sport = :${port} | grep -q .` }),
];

const gobgpd = daemon('gobgpd', 'gobgpd --pprof-disable -f /run/gobgpd.toml', {});

/** kube-router’s routing controller. gobgp gives up where gobgpd does not answer within a second: then it is asked again. */
const controller = (n: ReturnType<typeof members>[number]) =>
  daemon(
    'kube-router',
    `sh -c 'until gobgp global rib add ${n.subnet}.0/24 nexthop ${n.address} origin igp; do sleep 0.2; done; \
      until gobgp monitor global rib --current -j || ! kill -0 $(cat /run/gobgpd.pid); do sleep 0.2; done | \
      perl /run/inject-routes ${n.address} ${farOf(n)
        .map((peer) => `${peer.address}=${tunnel(peer)}`)
        .join(' ')}'`,
    { 'it has routes to the pods of all other nodes': `[ $(ip route show proto 17 | wc -l) = ${n.peers.length} ]` },
  );

const members = () => forEvery(cluster, (n) => n);

/** kube-router on a node, started, or started again. */
const started = (n: ReturnType<typeof members>[number]) => standsFor('kube-router', { small: [gobgpd, controller(n)], real: kubeRouterOn(n) });

export default lab({
  title: 'kube-router v2: the same network, with the tunnels, rules and services that it has today',
  about:
    'The five nodes of ‘A day in the life of packet’, as kube-router v2.1.0 programs them. Its firewall is left out where it is played: it lets all of this pass.',
  claims,
  nodes: { 'subnet-a': 'switch', 'subnet-b': 'switch', router: 'router', client: 'host', ...kinds(cluster) },
  links: [
    'router:eth0 172.20.32.1/19 -- subnet-a',
    'router:eth1 172.20.64.1/19 -- subnet-b',
    'router:eth2 203.0.113.1/24 -- client:eth0 203.0.113.7/24',
    ...forEvery(cluster, (n) => `${n.name}:eth0 ${n.address}/19 -- ${n.lan}:${n.address}`),
    ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
  ],
  setup: {
    'Give the nodes jumbo frames, and their subnet’s router as the way out': {
      ...onEvery(cluster, (n) => `ip link set eth0 mtu 9001\nip route add default via ${n.gateway} dev eth0`),
      router: 'ip link set eth0 mtu 9001\nip link set eth1 mtu 9001',
      client: 'ip route add default via 203.0.113.1',
    },
    'Bridge the pods to their node by kube-bridge, with the nodes’ MTU': {
      ...onEvery(cluster, (n) => [
        'ip link add kube-bridge type bridge',
        ...n.pods.map(({ veth }) => `ip link set ${veth} mtu 9001 master kube-bridge`),
        'ip link set kube-bridge mtu 9001 up',
        `ip addr add ${n.subnet}.1/24 brd + dev kube-bridge`,
      ]),
      ...inEveryPod(cluster, (pod) => `ip link set eth0 mtu 9001\nip route add default via ${pod.node.subnet}.1`),
    },
    'Start what the services stand for': {
      'ip-172-20-49-17': serves('kubernetes', 443),
      'kube-dns': [
        ...serves('kube-dns', 53),
        program('servers/udp-witness', '/run/kube-dns-udp.program'),
        daemon('kube-dns-udp', 'perl /run/kube-dns-udp.program 53 kube-dns', { 'it has its port': 'ss -Hlun sport = :53 | grep -q .' }),
      ],
      'redis-master': serves('redis-master', 6379),
      'redis-slave1': serves('redis-slave1', 6379),
      'redis-slave2': serves('redis-slave2', 6379),
      frontend: serves('frontend', 80),
    },
    'Have an API server say which nodes and services there are: where kube-router is played, nobody asks': {
      'ip-172-20-49-17': standsFor('kube-apiserver', { real: apiServer(members()) }),
    },
    'Let what comes from pods ask table 77 first': onEvery(cluster, (n) =>
      byHand([
        `ip rule add pref 32765 from ${n.subnet}.0/24 lookup 77`,
        'ip rule add pref 32765 lookup 79',
        'ip route add local default dev lo table 78',
      ]),
    ),
    'Give every ClusterIP to every node, on kube-dummy-if': onEvery(cluster, () =>
      byHand([
        'ip link add kube-dummy-if up type dummy',
        ...clusterIps.map((address) => `ip addr add ${address}/32 scope link dev kube-dummy-if`),
        'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
      ]),
    ),
    'Have nodes call a ClusterIP by their own address, not by the ClusterIP itself': onEvery(cluster, (n) =>
      byHand(clusterIps.map((address) => `ip route replace local ${address} dev kube-dummy-if table local proto kernel scope host src ${n.address}`)),
    ),
    'Put each service’s endpoints behind it in IPVS': onEvery(cluster, (n) =>
      byHand([
        'sysctl -w net.ipv4.vs.conntrack=1 net.ipv4.vs.expire_nodest_conn=1 net.ipv4.vs.expire_quiescent_template=1 net.ipv4.vs.conn_reuse_mode=0',
        feed(
          'ipvsadm --restore',
          virtualServers(n).flatMap(({ flag, at, to }) => [`-A ${flag} ${at} -s rr`, ...to.map((real) => `-a ${flag} ${at} -r ${real} -m`)]),
        ),
        `iptables -t nat -A POSTROUTING ! -s ${n.subnet}.0/24 ! -d ${n.subnet}.0/24 -m ipvs --vdir ORIGINAL --vmethod MASQ -j SNAT --to-source ${n.address} --random-fully`,
      ]),
    ),
    'Let pods out of the cluster with their node’s address': onEvery(cluster, (n) =>
      byHand([
        feed('ipset restore', [
          'create kube-router-pod-subnets hash:net timeout 0',
          'create kube-router-node-ips hash:ip timeout 0',
          ...[n, ...n.peers].map(({ subnet }) => `add kube-router-pod-subnets ${subnet}.0/24`),
          ...[n, ...n.peers].map(({ address }) => `add kube-router-node-ips ${address}`),
        ]),
        `iptables -t nat -I POSTROUTING -m set --match-set kube-router-pod-subnets src \
          -m set ! --match-set kube-router-pod-subnets dst -m set ! --match-set kube-router-node-ips dst -j MASQUERADE --random-fully`,
      ]),
    ),
    'Have GoBGP call the other nodes, and announce to them the node’s pods': onEvery(cluster, (n) =>
      byHand([
        feed('cat > /run/gobgpd.toml', [
          `global.config = { as = 64512, router-id = "${n.address}" }`,
          ...each(
            n.peers,
            (peer) => `[[neighbors]]
            config = { neighbor-address = "${peer.address}", peer-as = 64512 }
            transport.config = { passive-mode = ${isCalledBy(n, peer)} }
            timers.config = { connect-retry = 5, idle-hold-time-after-reset = 1 }`,
          ).split('\n'),
        ]),
        program('kube-router/inject-routes-v2', '/run/inject-routes'),
      ]),
    ),
    'Start kube-router: it lays a tunnel to each node of the other subnet of which it hears': onEvery(cluster, (n) => started(n)),
  },
  walks: {
    'frontend pings redis-slave2 in the other subnet': {
      claims: ['KR-08', 'PP-01'],
      send: send('frontend', `ping -c 1 ${redisSlave2}`),
      request: [
        ...outOf('frontend', request(frontend, redisSlave2)),
        ...through(n42, n75, 63, [ip({ src: frontend, dst: redisSlave2, ttl: 63, length: 84 }), icmp({ type: 'echo request' })], 84),
        ...into('redis-slave2', request(frontend, redisSlave2, 62)),
      ],
      reply: [
        ...outOf('redis-slave2', reply(redisSlave2, frontend)),
        ...through(n75, n42, 63, reply(redisSlave2, frontend, 63), 84),
        ...into('frontend', reply(redisSlave2, frontend, 62)),
      ],
    },
    ...nodeWalks(through),
    ...serviceWalks(through),
  },
  checks: { ...networkModel(podsOf(cluster), nodesOf(cluster)), ...programmed(cluster), ...servicesAnswer(cluster) },
  faults: faults(cluster, started),
});
