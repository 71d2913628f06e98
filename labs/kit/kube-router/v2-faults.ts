import { type Commands, type Fault, standsFor, until } from 'packetwalk';
import { type Member, onEvery } from '../cluster.ts';
import { type Cluster, dies, document, type KubeRouterNode, type Node, type PodName, tunnelOfV2 as tunnel } from './cluster.ts';
import { commonFaults, type Proven } from './faults.ts';

const [n42, n75] = ['ip-172-20-42-25', 'ip-172-20-75-91'] as const;
const to75 = tunnel(document[n75]);

type Started = (n: Member<Node, KubeRouterNode<PodName>>) => ReturnType<typeof standsFor>;

/** An address alone is not missed: the route that kube-router wrote stays. */
const redisMaster = {
  away: 'ip addr del 100.66.80.152/32 dev kube-dummy-if\nip route del local 100.66.80.152 dev kube-dummy-if table local',
  back: `ip addr add 100.66.80.152/32 scope link dev kube-dummy-if
    ip route replace local 100.66.80.152 dev kube-dummy-if table local proto kernel scope host src ${document[n42].address}`,
};

const pods75 = `ip route show ${document[n75].subnet}.0/24 | grep -q .`;

/** kube-router on a node is started again, and all others learn of its pods once more. */
const restarted = (cluster: Cluster, name: Node, started: Started) =>
  onEvery(cluster, (n) => (n.name === name ? started(n) : until('it has heard of its pods', pods75, '180 s'))) as Commands<Node>;

/** What breaks the way from node to node, from pod to node, and to a service. */
export const faults = (cluster: Cluster, started: Started): Record<string, Fault<Node | 'router', Proven>> => ({
  'kube-router has died on ip-172-20-75-91: the others drop its route, and the tunnel to it': {
    claims: ['KR-09'],
    break: {
      [n75]: standsFor('kube-router', { small: dies, real: 'kill -KILL $(cat /run/kube-router.pid)' }),
      [n42]: until('it has forgotten its pods', `! ${pods75}`, '180 s'),
    },
    lostAt: `${n42}:${to75}`,
    untouched: ['frontend pings redis-master in the same subnet', 'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels'],
    cause: 'daemon ended',
    hint: 'It goes where all goes that nobody knows. Run `ip route get 100.96.1.2` on ip-172-20-42-25, and `ip tunnel`.',
    fix: restarted(cluster, n75, started),
  },
  ...commonFaults(tunnel, redisMaster),
  'The pods’ rule is gone on ip-172-20-75-91: it answers, past the tunnel': {
    claims: ['KR-05'],
    walk: 'redis-slave2 pings ip-172-20-42-25 in the other subnet',
    break: { [n75]: 'ip rule del from 100.96.1.0/24 lookup 77' },
    differsAt: `${n75}:eth0`,
    untouched: ['frontend pings redis-slave2 in the other subnet'],
    cause: 'policy rule missing',
    hint: 'The router sees a pod’s own address. Run `ip rule` and `ip route get 172.20.42.25 from 100.96.1.2 iif kube-bridge`.',
    fix: { [n75]: 'ip rule del lookup 79\nip rule add pref 32765 from 100.96.1.0/24 lookup 77\nip rule add pref 32765 lookup 79' },
  },
  'The tunnel from ip-172-20-42-25 leads to an address that nobody has': {
    break: { [n42]: `ip tunnel change ${to75} mode ipip local 172.20.42.25 remote 172.20.75.19` },
    differsAt: `${n42}:eth0`,
    untouched: ['frontend pings redis-master in the same subnet', 'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels'],
    cause: 'address that nobody has',
    hint: `Its name is a hash and says nothing. Run \`ip tunnel show ${to75}\`, and \`ip route get 100.96.1.2\`.`,
    fix: { [n42]: `ip tunnel change ${to75} mode ipip local 172.20.42.25 remote 172.20.75.91` },
  },
});
