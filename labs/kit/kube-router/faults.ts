import type { Fault } from 'packetwalk';
import { doesNotForward } from '../faults.ts';
import { type Cluster, type Daemons, dies, document, forgets, type Node, restarts, type Tunnels, tunnel } from './cluster.ts';
import { readdressed } from './services.ts';

const frontend = '100.96.2.2';
const [n42, n67, n75] = ['ip-172-20-42-25', 'ip-172-20-67-180', 'ip-172-20-75-91'] as const;
const clusterIp = '100.66.80.152';

/** The claims that drills of kube-router’s labs carry. */
export type Proven = 'KR-05' | 'KR-06' | 'KR-08' | 'KR-09' | 'KR-11';

/** What takes redis-master’s ClusterIP from a node, and what gives it back. */
export interface Taken {
  away: string;
  back: string;
}

/** What breaks either kube-router’s network alike. */
export const commonFaults = (tunnelTo: Tunnels, taken: Taken): Record<string, Fault<Node | 'router', Proven>> => ({
  'The router drops protocol 4, as many clouds do': {
    claims: ['KR-08'],
    break: { router: 'iptables -I FORWARD -p 4 -j DROP' },
    lostAt: 'router:eth1',
    untouched: ['frontend pings redis-master in the same subnet', 'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels'],
    cause: 'firewall rule',
    hint: 'Nodes ping each other, and so do pods of one subnet. Run `iptables -nvL FORWARD` on the router.',
    fix: { router: 'iptables -D FORWARD -p 4 -j DROP' },
  },
  'A ClusterIP is missing from kube-dummy-if on ip-172-20-42-25': {
    claims: ['KR-06'],
    walk: 'frontend calls redis-master’s ClusterIP, a node of its subnet has it',
    break: { [n42]: taken.away },
    differsAt: `${n42}:eth0`,
    untouched: ['frontend pings redis-master in the same subnet'],
    cause: 'address missing',
    hint: `It is routed past IPVS, to whoever is behind the default route. Run \`ip route get ${clusterIp}\` on ip-172-20-42-25.`,
    fix: { [n42]: taken.back },
  },
  'ip-172-20-75-91 does not forward': doesNotForward(n75, {
    lostAt: `${n75}:kube-bridge`,
    untouched: ['frontend pings redis-master in the same subnet', 'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels'],
  }),
  'On ip-172-20-67-180 nobody is behind port 31497': {
    claims: ['KR-11'],
    walk: 'client calls a node of the other subnet',
    break: { [n67]: `ipvsadm -d -t 172.20.67.180:31497 -r ${frontend}:80` },
    lostAt: `${n67}:${tunnelTo(document[n42])}`,
    untouched: ['client calls the node that has frontend'],
    cause: 'no real server',
    hint: 'The node itself refuses the call. Run `ipvsadm -Ln` there, and on a node whose port answers.',
    fix: { [n67]: `ipvsadm -a -t 172.20.67.180:31497 -r ${frontend}:80 -m` },
  },
});

/** What breaks the way from node to node, from pod to node, and to a service. */
export const faults = (cluster: Cluster, daemons: Daemons): Record<string, Fault<Node | 'router', Proven>> => ({
  'GoBGP has died on ip-172-20-75-91': {
    claims: ['KR-09'],
    break: { [n75]: dies, [n42]: forgets(n75) },
    lostAt: `${n42}:tun-172207591`,
    untouched: ['frontend pings redis-master in the same subnet', 'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels'],
    cause: 'daemon ended',
    hint: 'Run `ip route get 100.96.1.2` on ip-172-20-42-25, then `gobgp neighbor`.',
    fix: restarts(cluster, n75, daemons),
  },
  ...commonFaults(tunnel, { away: `ip addr del ${clusterIp}/32 dev kube-dummy-if`, back: readdressed }),
  'Rule 32764 is gone on ip-172-20-75-91: it answers, past the tunnel': {
    claims: ['KR-05'],
    walk: 'redis-slave2 pings ip-172-20-42-25 in the other subnet',
    break: { [n75]: 'ip rule del pref 32764' },
    differsAt: `${n75}:eth0`,
    untouched: ['frontend pings redis-slave2 in the other subnet'],
    cause: 'policy rule missing',
    hint: 'The router sees a pod’s own address. Run `ip rule` and `ip route get 172.20.42.25 from 100.96.1.2 iif kube-bridge`.',
    fix: { [n75]: 'ip rule add pref 32764 from 100.96.1.0/24 lookup 77' },
  },
  'The tunnel from ip-172-20-42-25 leads to an address that nobody has': {
    break: { [n42]: 'ip tunnel change tun-172207591 mode ipip local 172.20.42.25 remote 172.20.75.19 dev eth0' },
    differsAt: `${n42}:eth0`,
    untouched: ['frontend pings redis-master in the same subnet', 'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels'],
    cause: 'address that nobody has',
    hint: 'Compare the outer address with the name of the device. Run `ip tunnel show tun-172207591`.',
    fix: { [n42]: 'ip tunnel change tun-172207591 mode ipip local 172.20.42.25 remote 172.20.75.91 dev eth0' },
  },
});
