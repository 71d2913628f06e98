import { type Fault, until } from 'packetwalk';
import { doesNotForward } from '../faults.ts';
import type { Place } from '../kube-proxy/cluster.ts';
import { inNat } from '../kube-proxy/clusterip-faults.ts';
import { nginx } from './steps.ts';
import { EXT } from './walks.ts';

type Faults = Record<string, Fault<Place, 'IN-01' | 'IN-02'>>;

const [cart, shop, blog] = [
  'client asks shop.example for /cart, and nginx asks podC',
  'client asks shop.example for /, and nginx asks podB',
  'client asks blog.example for /, at the same port, and nginx asks podD',
];

export const faults: Faults = {
  'KUBE-NODEPORTS on master has lost the controller’s port': {
    ...inNat('master', `-D KUBE-NODEPORTS -p tcp -m comment --comment ingress-nginx/ingress-nginx-controller:http -m tcp --dport 30080 -j ${EXT}`),
    walk: cart,
    differsAt: 'master nat PREROUTING',
    cause: 'destination not translated',
    hint: 'The node itself refuses the call. Run `iptables -t nat -S KUBE-NODEPORTS` on master.',
  },
  'The controller’s policy is Cluster on master: nginx takes a device of the node for its caller': {
    ...inNat('master', `-I ${EXT} 1 -j KUBE-MARK-MASQ`),
    walk: cart,
    differsAt: 'master nat PREROUTING',
    cause: 'source translated',
    hint: `Every log and every X-Forwarded-For now has one address. Run \`iptables -t nat -S ${EXT}\` on master.`,
  },
  'nginx has ended': {
    break: { podA: 'pid=$(cat /run/ingress-nginx.pid) && kill $pid && tail --pid=$pid -f /dev/null' },
    fix: { podA: nginx },
    walk: cart,
    differsAt: 'reply podA:eth0',
    cause: 'daemon ended',
    hint: 'The controller’s node answers at once, and refuses. Run `ss -ltn` in podA.',
  },
  'master has lost its route to node1’s pods': {
    claims: ['IN-01'],
    break: { master: 'ip route del 10.42.1.0/24' },
    fix: { master: 'ip route add 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink' },
    walk: cart,
    lostAt: 'later 1 master:flannel.1',
    untouched: [blog],
    cause: 'wrong route',
    hint: 'The client has its connection, and waits: it is nginx that reaches nobody. Run `ip route get 10.42.1.6` on master.',
  },
  'master forwards only what a rule accepts: its policy is DROP': {
    break: { master: 'iptables -P FORWARD DROP' },
    fix: { master: 'iptables -P FORWARD ACCEPT' },
    walk: cart,
    lostAt: 'master filter FORWARD',
    cause: 'firewall policy',
    hint: 'The controller is a pod, and what is for it is forwarded. Run `iptables -S FORWARD` on master.',
  },
  'podC’s veth is no port of cni0': {
    claims: ['IN-01'],
    // A bridge has the lowest MAC of its ports: whether it forgets its neighbours with this one is up to chance.
    break: { node1: 'ip link set vethC nomaster\nip neigh flush to 10.42.1.6 dev cni0 nud permanent' },
    fix: {
      node1: [
        'ip link set vethC master cni0\nip link set vethC type bridge_slave hairpin on',
        // Who has just asked in vain is told so for a second more.
        until('podC answers again', 'ping -c 1 10.42.1.6', '10 s'),
        'ip neigh change 10.42.1.6 dev cni0 nud permanent',
      ],
    },
    walk: cart,
    lostAt: 'later 1 node1:cni0',
    untouched: [shop, blog],
    cause: 'port off the bridge',
    hint: 'Host and path are right, and so is the node. Run `bridge link` on node1.',
  },
  'node1 does not forward': doesNotForward<Place>('node1', { walk: cart, lostAt: 'later 1 node1 filter FORWARD', untouched: [blog] }),
};
