import { corrects, daemon, icmp, ip, lab, send } from 'packetwalk';
import { claims } from './claims.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, nodesOf, onEvery, podsOf, type Size } from './kit/cluster.ts';
import { decisions, documented, onAllNodes, servicesAnswer } from './kit/kube-router/checks.ts';
import { type Daemons, document, farOf, isCalledBy, macOf, sized as ofSize, tunnel } from './kit/kube-router/cluster.ts';
import { faults } from './kit/kube-router/faults.ts';
import { nodeWalks } from './kit/kube-router/node-walks.ts';
import { serviceWalks } from './kit/kube-router/service-walks.ts';
import { clusterIps, virtualServers } from './kit/kube-router/services.ts';
import { into, outOf, throughTunnel } from './kit/kube-router/walks.ts';
import { networkModel } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { feed, program } from './kit/program.ts';
import { acquainted } from './kit/segment.ts';

const [frontend, redisSlave2] = ['100.96.2.2', '100.96.1.2'];
const [n42, n75] = ['ip-172-20-42-25', 'ip-172-20-75-91'] as const;
const client = '203.0.113.7';
const through = throughTunnel(tunnel);

/** GoBGP. Its sessions come up by themselves: it does not call a neighbour in its first five seconds (fsm.go). */
const gobgpd = daemon('gobgpd', 'gobgpd --pprof-disable -f /run/gobgpd.toml', {});

/**
 * kube-router’s routing controller: it announces its node’s pods, and writes what others announce into the kernel. gobgp gives up
 * where gobgpd, on a busy machine, does not answer within a second: then it is asked again, as long as gobgpd runs.
 */
const controller: Daemons['controller'] = (n) =>
  daemon(
    'kube-router',
    `sh -c 'until gobgp global rib add ${n.subnet}.0/24 nexthop ${n.address} origin igp; do sleep 0.2; done; \
      until gobgp monitor global rib --current -j || ! kill -0 $(cat /run/gobgpd.pid); do sleep 0.2; done | \
      perl /run/inject-routes ${n.address} | ip -force -batch -'`,
    { 'it has routes to the pods of all other nodes': `sleep 0.2; [ $(ip route show proto 17 | wc -l) = ${n.peers.length} ]` },
  );

/** An endpoint: it says its own name, and who asked. */
const serves = (name: string, port: number) => [
  program('servers/witness', `/run/${name}.program`),
  daemon(name, `perl /run/${name}.program ${port} ${name}`, { 'it listens': `ss -Hltn sport = :${port} | grep -q .` }),
];

/** The document’s cluster, or one with more nodes, in turn in either subnet, and more pods on each. */
export const sized = (size: Size) => {
  const cluster = ofSize(size);
  const nodes = nodesOf(cluster);
  const asInDocument = nodes.length === nodesOf(document).length;
  const beyond = asInDocument ? '' : ' Outputs are not compared line by line with the document’s: it has five nodes.';

  return lab({
    title: 'kube-router: BGP between nodes, IP in IP between subnets, and IPVS for services',
    about: `${asInDocument ? 'Five' : nodes.length} nodes in two subnets, and a router between them that knows nodes only. GoBGP tells each node of the others’ pods; into the other subnet they are reached through a tunnel.${beyond}`,
    claims,
    nodes: { 'subnet-a': 'switch', 'subnet-b': 'switch', router: 'router', client: 'host', ...kinds(cluster) },
    links: [
      'router:eth0 172.20.32.1/19 -- subnet-a',
      'router:eth1 172.20.64.1/19 -- subnet-b',
      `router:eth2 203.0.113.1/24 -- client:eth0 ${client}/24`,
      ...forEvery(cluster, (n) => `${n.name}:eth0 ${n.address}/19 -- ${n.lan}:${n.address}`),
      ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
    ],
    setup: {
      ...acquainted(cluster, 'eth0'),
      'Give the nodes jumbo frames, and their subnet’s router as the way out': {
        ...onEvery(
          cluster,
          (n) => `
            ip link set eth0 mtu 9001
            ip route add default via ${n.gateway} dev eth0
            ip link add docker0 up type bridge
            ip addr add 172.17.0.1/16 dev docker0`,
        ),
        router: 'ip link set eth0 mtu 9001\nip link set eth1 mtu 9001',
        client: 'ip route add default via 203.0.113.1',
      },
      'Start GoBGP on every node, in a full mesh': onEvery(cluster, (n) => [
        `cat > /run/gobgpd.toml <<'END'
          [global.config]
            as = 64512
            router-id = "${n.address}"
          ${each(
            n.peers,
            (peer) => `
          [[neighbors]]
            [neighbors.config]
              neighbor-address = "${peer.address}"
              peer-as = 64512
            [neighbors.transport.config]
              passive-mode = ${isCalledBy(n, peer)}
            [neighbors.timers.config]
              connect-retry = 5
              idle-hold-time-after-reset = 1`,
          )}
          END`,
        gobgpd,
      ]),
      'Bridge the pods to their node by kube-bridge': {
        ...onEvery(cluster, (n) => [
          `ip link add kube-bridge address ${macOf(`${n.subnet}.1`)} up type bridge`,
          `ip addr add ${n.subnet}.1/24 dev kube-bridge`,
          ...n.pods.map(({ veth }) => `ip link set ${veth} master kube-bridge`),
        ]),
        ...inEveryPod(cluster, (pod) => `ip route add default via ${pod.node.subnet}.1`),
      },
      'Lay a tunnel to each node of the other subnet': onEvery(cluster, (n) =>
        each(
          farOf(n),
          (peer) => `
            ip tunnel add ${tunnel(peer)} mode ipip local ${n.address} remote ${peer.address} dev eth0
            ip link set ${tunnel(peer)} up mtu 8961
            ip route add ${peer.address} dev ${tunnel(peer)} table 77`,
        ),
      ),
      'Let what comes from pods ask table 77 first': onEvery(
        cluster,
        (n) => `
          ip rule add from all lookup 79
          ip rule add from ${n.subnet}.0/24 lookup 77`,
      ),
      'Give every ClusterIP to every node, on kube-dummy-if': onEvery(cluster, () => [
        'ip link add kube-dummy-if address fe:f2:10:f2:72:66 up type dummy',
        ...clusterIps.map((address) => `ip addr add ${address}/32 brd ${address} scope link dev kube-dummy-if`),
        'sysctl -w net.ipv6.conf.kube-dummy-if.disable_ipv6=0',
        'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
      ]),
      'Put each service’s endpoints behind it in IPVS': onEvery(cluster, (n) => [
        feed(
          'ipvsadm --restore',
          virtualServers(n).flatMap(({ flag, at, to }) => [`-A ${flag} ${at} -s rr`, ...to.map((real) => `-a ${flag} ${at} -r ${real} -m`)]),
        ),
        'sysctl -w net.ipv4.vs.conntrack=1 net.ipv4.vs.expire_nodest_conn=1 net.ipv4.vs.expire_quiescent_template=1 net.ipv4.vs.conn_reuse_mode=0',
        `iptables -t nat -A POSTROUTING ! -s ${n.subnet}.0/24 ! -d ${n.subnet}.0/24 -m ipvs --vdir ORIGINAL --vmethod MASQ -j SNAT --to-source ${n.address} --random-fully`,
      ]),
      'Let pods out of the cluster with their node’s address': onEvery(cluster, (n) => [
        feed('ipset restore', [
          'create kube-router-pod-subnets hash:net',
          'create kube-router-node-ips hash:ip',
          ...[n, ...n.peers].map(({ subnet }) => `add kube-router-pod-subnets ${subnet}.0/24`),
          ...[n, ...n.peers].map(({ address }) => `add kube-router-node-ips ${address}`),
        ]),
        `iptables -t nat -I POSTROUTING -m set --match-set kube-router-pod-subnets src \
          -m set ! --match-set kube-router-pod-subnets dst -m set ! --match-set kube-router-node-ips dst -j MASQUERADE --random-fully`,
      ]),
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
      'Announce each node’s pods, and learn the way to those of the others': onEvery(cluster, (n) => [
        program('kube-router/inject-routes', '/run/inject-routes'),
        controller(n),
      ]),
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
    checks: {
      ...networkModel(podsOf(cluster), nodes),
      ...(asInDocument ? documented : {}),
      ...onAllNodes(cluster),
      ...decisions(cluster),
      ...servicesAnswer(cluster),
    },
    faults: faults(cluster, { gobgpd, controller }),
  });
};

export default sized({});
