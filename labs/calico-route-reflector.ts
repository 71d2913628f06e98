import { at, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as bird from './kit/bird.ts';
import * as calico from './kit/calico.ts';
import * as checks from './kit/calico-checks.ts';
import { direct, into, nodeToPod, outOf, podToNode, podToPod, sameNode } from './kit/calico-walks.ts';
import { doesNotForward } from './kit/faults.ts';
import * as kubeProxy from './kit/kube-proxy.ts';
import { networkModel } from './kit/network-model.ts';
import { macs, reply, request } from './kit/ping.ts';

const [B, D] = ['10.42.1.9', '10.42.2.6'];
const ofReflector = 'podA, which is at home on the reflector, pings podB';
const onNode1 = 'podB pings podC on the same node';

const kept = 'birdc show protocols | grep -c Established > /run/calico/sessions.mesh\nip route > /run/calico/routes.mesh';

/** Five nodes, or more or fewer, and more pods on each. */
export const sized = (size: calico.Size) => {
  const cluster = calico.sized({ nodes: 5, ...size });
  const count = calico.hostsOf(cluster).length;
  const converged = calico.onEvery(cluster, (_, name) => bird.untilConverged(name === 'master' ? count - 1 : 1, count - 1));

  return lab({
    title: 'A route reflector gives every BIRD the same routes by far fewer sessions',
    about:
      'The nodes begin as a full mesh, which needs n(n-1)/2 BGP sessions. Then master becomes a route reflector, as in Calico: n-1 sessions are left, and the same routes.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...calico.nodes(cluster) },
    links: ['gw:eth0 192.168.205.1/24 -- lan', ...calico.segment(cluster, 'lan'), ...calico.podCables(cluster)],
    setup: {
      'Point each node to the gateway': calico.onEvery(cluster, () => 'ip route add default via 192.168.205.1'),
      ...bird.datastore(cluster),
      ...calico.plugged(cluster),
      ...bird.controlPlane(cluster),
      'Note how many sessions the mesh has, and its routes': calico.onEvery(cluster, () => kept),
      'The operator makes master a route reflector: all peer with it, the mesh ends': { master: bird.reflector(cluster, 'master') },
      'confd tells each BIRD, and each has all routes again': converged,
      'Write kube-proxy’s rules for one service, so that it could interfere': calico.onEvery(cluster, () => kubeProxy.nginxTest),
    },
    walks: {
      'podB pings podD: neither is at home on the reflector': {
        claims: ['CB-05', 'CB-06'],
        send: send('podB', `ping -c 1 ${D}`),
        request: [
          ...outOf('node1', 'podB', request(B, D)),
          at('node1:enp0s1', 'master told of the route, but the next hop is node2', macs('node1:enp0s1', 'node2:enp0s1'), request(B, D, 63)),
          at('node2:enp0s1', 'The reflector is on the way of routes, not of packets', request(B, D, 63)),
          ...into('node2', 'podD', request(B, D, 62)),
        ],
        reply: [...outOf('node2', 'podD', reply(D, B)), ...direct('node2', 'node1', reply(D, B, 63)), ...into('node1', 'podB', reply(D, B, 62))],
      },
      [ofReflector]: podToPod(cluster, ['master', 'podA'], ['node1', 'podB'], direct),
      ...sameNode(cluster, 'node1', ['podB', 'podC']),
      'node1 pings podD on another node': nodeToPod(cluster, 'node1', ['node2', 'podD'], direct),
      'podB pings node2': podToNode(cluster, ['node1', 'podB'], 'node2', direct),
    },
    checks: {
      ...networkModel(calico.podsOf(cluster), calico.hostsOf(cluster)),
      ...checks.podsArePlugged(cluster),
      ...checks.routesOfBird(cluster),
      ...checks.sessions(cluster, (node, peer) => (node === 'master' ? 'Node' : peer === 'master' ? 'Global' : undefined)),
      [`As a mesh they kept ${(count * (count - 1)) / 2}: each node one with every other`]: {
        claim: 'CB-06',
        run: 'echo $(cat /run/calico/sessions.mesh) sessions',
        see: calico.onEvery(cluster, () => lines(`${count - 1} sessions`)),
      },
      'Each node has the very routes that the mesh gave it': {
        claim: 'CB-06',
        run: 'ip route | diff /run/calico/routes.mesh - && echo the same',
        see: calico.onEvery(cluster, () => lines('the same')),
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
        hint: 'One session was all that node1 had. Run `birdc show protocols` there.',
        fix: { ...converged, master: bird.bird(count - 1) },
      },
      'master has no cluster id: what it hears in its own AS it tells nobody': {
        break: {
          master: `etcdctl del /calico/bgp/v1/host/master/rr_cluster_id`,
          node1: [bird.untilConverged(1, 1), bird.until('ip netns exec podB ping -c 1 -W 1 10.42.0.65')].join('\n'),
          node2: bird.untilConverged(1, 1),
        },
        differsAt: 'node1:enp0s1',
        untouched: [onNode1, ofReflector],
        hint: 'Run `ip route` on node1 and on master. Then `grep rr /run/calico/bird.cfg` on master.',
        fix: { ...converged, master: bird.reflector(cluster, 'master') },
      },
      'node1’s BIRD ends: the reflector tells all others': {
        claims: ['CB-04'],
        break: bird.leaves(cluster, 'node1', 'birdc down'),
        differsAt: 'reply node2:enp0s1',
        untouched: [onNode1, 'node1 pings podD on another node'],
        hint: 'The request arrives. Run `ip route get 10.42.1.9` on node2.',
        fix: bird.joins(cluster, 'node1', bird.bird(1, count - 1)),
      },
      'The reflector does not forward, which only its own pods notice': doesNotForward('master', {
        walk: ofReflector,
        lostAt: 'master:enp0s1',
        untouched: [onNode1, 'podB pings podD: neither is at home on the reflector', 'podB pings node2'],
      }),
    },
  });
};

export default sized({});
