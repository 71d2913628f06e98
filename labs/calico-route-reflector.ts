import { at, daemon, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as bird from './kit/calico/bird.ts';
import * as checks from './kit/calico/checks.ts';
import * as calico from './kit/calico/cluster.ts';
import { reflectedBird } from './kit/calico/faults.ts';
import { direct, into, nodeToPod, outOf, podToNode, podToPod, sameNode } from './kit/calico/walks.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, nodesOf, onEvery, type Size } from './kit/cluster.ts';
import { doesNotForward } from './kit/faults.ts';
import { masqueraded } from './kit/network-model.ts';
import { macs, reply, request } from './kit/ping.ts';
import { program } from './kit/program.ts';
import { acquainted } from './kit/segment.ts';

const [B, D] = ['10.42.1.9', '10.42.2.6'];
const [ofReflector, onNode1] = ['podA, which is at home on the reflector, pings podB', 'podB pings podC on the same node'] as const;
const kept = 'birdc show protocols | grep -c Established > /run/calico/sessions.mesh\nip route > /run/calico/routes.mesh';
const meshEnds = { run: 'etcdctl get --prefix /calico/resources/', see: { master: lines('"nodeToNodeMeshEnabled":false') } };

/** master gets a cluster id, everybody peers with it, and the mesh ends. */
const reflector = `
  etcdctl --endpoints http://192.168.205.4:2379 txn <<'END'

  put /calico/resources/v3/projectcalico.org/nodes/master {"kind":"Node","apiVersion":"projectcalico.org/v3","metadata":{"name":"master"},"spec":{"bgp":{"ipv4Address":"192.168.205.4/24","routeReflectorClusterID":"224.0.0.1"}}}
  put /calico/resources/v3/projectcalico.org/bgppeers/master {"kind":"BGPPeer","apiVersion":"projectcalico.org/v3","metadata":{"name":"master"},"spec":{"peerIP":"192.168.205.4","asNumber":64512}}
  put /calico/resources/v3/projectcalico.org/bgpconfigurations/default {"kind":"BGPConfiguration","apiVersion":"projectcalico.org/v3","metadata":{"name":"default"},"spec":{"asNumber":64512,"nodeToNodeMeshEnabled":false}}


  END`;

/** Five nodes, or more or fewer. */
export const sized = (size: Size) => {
  const cluster = calico.sized({ nodes: 5, ...size });
  const count = nodesOf(cluster).length;
  const noted = { run: 'cat /run/calico/sessions.mesh', see: onEvery(cluster, () => lines(`${count - 1}`)) };
  const converged = onEvery(cluster, ({ name }, own = name === 'master' ? count - 1 : 1) =>
    bird.until(
      `test "$(birdc show protocols | grep -c " BGP ") $(birdc show protocols | grep -c Established) $(ip route show proto bird | grep -c via)" = "${own} ${own} ${count - 1}"`,
    ),
  );
  return lab({
    title: 'A route reflector gives every BIRD the same routes by far fewer sessions',
    about: 'A full mesh needs n(n-1)/2 BGP sessions. Then master becomes a route reflector, as in Calico: n-1 are left, and the same routes.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...kinds(cluster) },
    links: [
      'gw:eth0 192.168.205.1/24 -- lan',
      ...forEvery(cluster, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
      ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/32 -- ${pod.node.name}:${pod.veth}`),
    ],
    setup: {
      ...acquainted(cluster),
      'Point each node to the gateway': onEvery(cluster, () => 'ip route add default via 192.168.205.1'),
      'Write kube-proxy’s rules for one service, so that it could interfere': onEvery(cluster, () => [
        program('kube-proxy/nginx-test', '/run/nginx-test'),
        'iptables-restore --noflush /run/nginx-test',
      ]),
      'Start etcd, which has what all nodes must know': {
        master: daemon(
          'etcd',
          `etcd --data-dir /run/etcd --unsafe-no-fsync --heartbeat-interval 10 --election-timeout 100 --logger zap --log-level warn \
            --listen-client-urls http://127.0.0.1:2379,http://192.168.205.4:2379 --advertise-client-urls http://192.168.205.4:2379 \
            --listen-peer-urls http://127.0.0.1:2380`,
          { 'etcd listens': 'ss -Htln | grep -q :2379' },
        ),
      },
      'The CNI plugin: a pod’s gateway is nobody’s, and its cali* device answers for it': {
        ...onEvery(cluster, (n) => [
          ...n.pods.map(({ veth }) => `ip link set ${veth} address ee:ee:ee:ee:ee:ee`),
          ...n.pods.map(
            ({ veth }) => `sysctl -w net.ipv4.conf.${veth}.proxy_arp=1 net.ipv4.neigh.${veth}.proxy_delay=0 net.ipv4.conf.${veth}.route_localnet=1`,
          ),
        ]),
        ...inEveryPod(
          cluster,
          () => `
            ip route add 169.254.1.1 dev eth0 scope link
            ip route add default via 169.254.1.1 dev eth0`,
        ),
      },
      'Felix tells each node where its own pods are': onEvery(cluster, (n) =>
        each(n.pods, (pod) => `ip route add ${pod.address} dev ${pod.veth} scope link`),
      ),
      'Felix writes who may send and receive: with the default profile, all': onEvery(cluster, (n) => [
        program('calico/felix-sets', '/run/felix-sets'),
        program('calico/felix-rules', '/run/felix-rules'),
        `sh /run/felix-sets none 10.42.0.0/16 ${n.address} ${n.peers.map(({ address }) => address).join()} | ipset restore`,
        "sh /run/felix-rules none $(ip -o link | grep -o 'cali[0-9a-f]*' | sort) | iptables-restore --noflush",
      ]),
      'Once etcd answers, the operator says what is true of the whole cluster': {
        master: [
          bird.until('etcdctl endpoint health >/dev/null 2>&1'),
          `etcdctl --endpoints http://192.168.205.4:2379 txn <<'END'

          put /calico/resources/v3/projectcalico.org/bgpconfigurations/default {"kind":"BGPConfiguration","apiVersion":"projectcalico.org/v3","metadata":{"name":"default"},"spec":{"asNumber":64512,"nodeToNodeMeshEnabled":true}}
          put /calico/resources/v3/projectcalico.org/ippools/default-ipv4-ippool {"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"default-ipv4-ippool"},"spec":{"cidr":"10.42.0.0/16","ipipMode":"Never","natOutgoing":true,"blockSize":26}}


          END`,
        ],
      },
      'Each node says who it is, and which block of addresses it has': onEvery(
        cluster,
        (n) => `
          etcdctl --endpoints http://192.168.205.4:2379 txn <<'END'

          put /calico/resources/v3/projectcalico.org/nodes/${n.name} {"kind":"Node","apiVersion":"projectcalico.org/v3","metadata":{"name":"${n.name}"},"spec":{"bgp":{"ipv4Address":"${n.address}/24"}}}
          put /calico/ipam/v2/host/${n.name}/ipv4/block/${n.block.replace('/', '-')} {"state":"confirmed"}


          END`,
      ),
      'Start confd: what etcd has becomes bird.cfg': onEvery(cluster, (n) => [
        'mkdir -p /run/calico /run/bird',
        program('calico/confd', '/run/calico/confd'),
        program('etcd/etcd.pl', '/run/calico/etcd.pl'),
        daemon('confd', `ETCD=192.168.205.4 perl /run/calico/confd ${n.name}`, { 'bird.cfg is written': 'test -s /run/calico/bird.cfg' }),
      ]),
      'Start BIRD: each node tells the others of its block': onEvery(cluster, (n) =>
        daemon('bird', 'bird -f -c /run/calico/bird.cfg', {
          'Its BGP sessions are Established': `test $(birdc show protocols | grep -c Established) = ${n.peers.length}`,
          'The kernel has its routes to all other nodes’ pods': `test $(ip route show proto bird | grep -c via) = ${n.peers.length}`,
        }),
      ),
      'Note how many sessions the mesh has, and its routes': { do: onEvery(cluster, () => kept), see: noted },
      'The operator makes master a route reflector: all peer with it, the mesh ends': { do: { master: reflector }, see: meshEnds },
      'confd tells each BIRD, and each has all routes again': converged,
    },
    walks: {
      'podB pings podD: neither is at home on the reflector': {
        claims: ['CB-05', 'CB-06'],
        send: send('podB', `ping -c 1 ${D}`),
        request: [
          ...outOf('podB', request(B, D)),
          at('node1:enp0s1', 'master told of the route, but the next hop is node2', macs('node1:enp0s1', 'node2:enp0s1'), request(B, D, 63)),
          at('node2:enp0s1', 'The reflector is on the way of routes, not of packets', request(B, D, 63)),
          ...into('podD', request(B, D, 62)),
        ],
        reply: [...outOf('podD', reply(D, B)), ...direct('node2', 'node1', reply(D, B, 63)), ...into('podB', reply(D, B, 62))],
      },
      [ofReflector]: podToPod(cluster, ['master', 'podA'], ['node1', 'podB'], direct),
      ...sameNode(cluster, 'node1', ['podB', 'podC']),
      'node1 pings podD on another node': nodeToPod(cluster, 'node1', ['node2', 'podD'], direct),
      'podB pings node2': podToNode(cluster, ['node1', 'podB'], 'node2'),
    },
    checks: {
      ...masqueraded(cluster),
      ...checks.podsArePlugged(cluster),
      ...checks.routesOfBird(cluster),
      ...checks.sessions(cluster, (node, peer) => (node === 'master' ? 'Node' : peer === 'master' ? 'Global' : undefined)),
      [`As a mesh they kept ${(count * (count - 1)) / 2}: each node one with every other`]: {
        claim: 'CB-06',
        run: 'echo $(cat /run/calico/sessions.mesh) sessions',
        see: onEvery(cluster, () => lines(`${count - 1} sessions`)),
      },
      'Each node has the very routes that the mesh gave it': {
        claim: 'CB-06',
        run: 'ip route | diff /run/calico/routes.mesh - && echo the same',
        see: onEvery(cluster, () => lines('the same')),
      },
      'node1 has node2’s block from master, and it says who is the originator': {
        run: `birdc show route all ${cluster.node2.block}`,
        see: {
          node1: lines('Global_192_168_205_4', 'BGP.next_hop: 192.168.205.5', 'BGP.originator_id: 192.168.205.5', 'BGP.cluster_list: 224.0.0.1'),
        },
      },
    },
    faults: {
      'The reflector’s BIRD ends, and nobody knows any other node’s pods': {
        claims: ['CB-06'],
        break: { master: 'birdc down', node1: bird.untilWithdrawn(cluster.node2.block), node2: bird.untilWithdrawn(cluster.node1.block) },
        differsAt: 'node1:enp0s1',
        untouched: [onNode1],
        cause: 'daemon ended',
        hint: 'One session was all that node1 had. Run `birdc show protocols` there.',
        fix: { ...converged, master: bird.bird(count - 1) },
      },
      'master has no cluster id: what it hears in its own AS it tells nobody': {
        break: {
          master: bird.registration(cluster, 'master'),
          node1: [bird.untilConverged(1, 1), bird.until('ip netns exec podB ping -c 1 -W 1 10.42.0.65')].join('\n'),
          node2: bird.untilConverged(1, 1),
        },
        differsAt: 'node1:enp0s1',
        untouched: [onNode1, ofReflector],
        cause: 'wrong route',
        hint: 'Run `ip route` on node1 and on master. Then `grep rr /run/calico/bird.cfg` on master.',
        fix: { ...converged, master: reflector },
      },
      ...reflectedBird(cluster),
      'The reflector does not forward, which only its own pods notice': doesNotForward('master', {
        walk: ofReflector,
        lostAt: 'master:enp0s1',
        untouched: [onNode1, 'podB pings podD: neither is at home on the reflector', 'podB pings node2'],
      }),
    },
  });
};

export default sized({});
