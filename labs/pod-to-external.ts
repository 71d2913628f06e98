import { daemon, lab, lacks, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import { across } from './kit/bridge-walks.ts';
import * as calico from './kit/calico/cluster.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, onEvery } from './kit/cluster.ts';
import * as cni from './kit/cni/bridge-plugin.ts';
import * as masquerade from './kit/egress/masquerade.ts';
import { byCalico, byFlannel, byPlugin, callsOutside, outside, pingsNode, pingsOutside, pingsPod } from './kit/egress/walks.ts';
import { doesNotForward } from './kit/faults.ts';
import * as flannel from './kit/flannel/cluster.ts';
import { reply, request } from './kit/ping.ts';
import { listener } from './kit/processes.ts';
import { program } from './kit/program.ts';

// Three clusters: one node with the bridge plugin, two with flannel in host-gw mode, two with Calico.
const nginx = { pod: 'nginx', address: '10.1.0.2', veth: 'vethd78e9f59', id: 'a'.repeat(64) } as const;
const redis = { pod: 'redis', address: '10.1.0.3', veth: 'vethe0ce3592', id: 'b'.repeat(64) } as const;
const { master, node1 } = flannel.document;
const flannels: flannel.Cluster<'master' | 'node1', 'podA' | 'podB'> = { master, node1: { ...node1, pods: { podB: node1.pods.podB! } } };
const calicos: calico.Cluster<'calico1' | 'calico2', 'podC' | 'podD'> = {
  calico1: { address: '192.168.205.11', block: '10.48.0.0/26', pods: calico.pod('podC', '10.48.0.1') },
  calico2: { address: '192.168.205.12', block: '10.48.1.0/26', pods: calico.pod('podD', '10.48.1.1') },
};
const [flannelNetwork, calicoPool] = ['10.42.0.0/16', '10.48.0.0/16'];

const [ofNginx, ofRedis] = [cni.port('minikube', nginx), cni.port('minikube', redis)];
const onLan = <const Node extends string>(node: Node, as: string) => ({ node, leaves: `${node}:enp0s1`, as, router: 'gw:eth0' }) as const;
const exits = {
  nginx: { ...nginx, node: 'minikube', leaves: 'minikube:eth1', as: '192.168.99.100', router: 'gw:eth1', ...byPlugin('minikube', nginx) },
  podA: { pod: 'podA', address: '10.42.0.65', ...onLan('master', master.address), ...byFlannel('master', 'podA') },
  podB: { pod: 'podB', address: '10.42.1.9', ...onLan('node1', node1.address), ...byFlannel('node1', 'podB') },
  podC: { pod: 'podC', address: '10.48.0.1', ...onLan('calico1', '192.168.205.11'), ...byCalico('calico1', 'podC') },
  podD: { pod: 'podD', address: '10.48.1.1', ...onLan('calico2', '192.168.205.12'), ...byCalico('calico2', 'podD') },
} as const;
const web = daemon('web', listener(80), { 'it listens': "ss -Hltn 'sport = :80' | grep -q ." });
const between = <const Pod extends string>(...pods: Pod[]) => ({ from: pods, to: pods });
const inside = ['nginx pings redis', 'podA pings podB', 'podC pings podD'];

export default lab({
  title: 'On its way out of the cluster a pod’s packet gets its node’s address',
  about:
    'Three small clusters, a router that knows their nodes, and a host outside: a node with the bridge plugin’s ipMasq, two nodes with the rules of flanneld --ip-masq, and two with those of Calico’s natOutgoing.',
  claims,
  nodes: {
    ...{ lan: 'switch', gw: 'router', outside: 'host' },
    ...{ minikube: 'host', nginx: 'pod on minikube', redis: 'pod on minikube' },
    ...kinds(flannels),
    ...kinds(calicos),
  },
  links: [
    'minikube:eth1 192.168.99.100/24 -- gw:eth1 192.168.99.1/24',
    'gw:eth0 192.168.205.1/24 -- lan',
    `gw:wan 203.0.113.1/24 -- outside:eth0 ${outside}/24`,
    ...forEvery(flannels, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
    ...forEveryPod(flannels, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
    ...forEvery(calicos, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
    ...forEveryPod(calicos, (pod) => `${pod.name}:eth0 ${pod.address}/32 -- ${pod.node.name}:${pod.veth}`),
  ],
  setup: {
    'Point every node to the router; outside nobody has a route to any pod': {
      minikube: 'ip route add default via 192.168.99.1',
      ...onEvery(flannels, () => 'ip route add default via 192.168.205.1'),
      ...onEvery(calicos, () => 'ip route add default via 192.168.205.1'),
      outside: ['ip route add default via 203.0.113.1', web],
    },
    'Call the bridge plugin with ipMasq: it writes a chain for each pod': {
      minikube: [
        cni.plugins,
        cni.configure(cni.network('rkt.kubernetes.io', 'mybridge', '10.1')),
        ...[nginx, redis].flatMap((pod) => [cni.add(pod), cni.rename(pod)]),
      ],
    },
    'Make flannel’s bridges and routes': {
      ...onEvery(flannels, (n) => [
        'ip link add cni0 mtu 1500 up type bridge',
        ...n.pods.map(({ veth }) => `ip link set ${veth} mtu 1500 txqueuelen 0 master cni0`),
        ...n.pods.map(({ veth }) => `ip link set ${veth} type bridge_slave hairpin on`),
        `ip addr add ${n.subnet}.1/24 dev cni0`,
      ]),
      ...inEveryPod(flannels, (pod) => ['ip link set eth0 mtu 1500', `ip route add default via ${pod.node.subnet}.1`]),
    },
    'Each flannel node learns of the other one’s pods': onEvery(flannels, (n) =>
      each(n.peers, (peer) => `ip route add ${peer.subnet}.0/24 via ${peer.address} dev enp0s1`),
    ),
    'flanneld --ip-masq: it writes one chain for all pods': onEvery(flannels, ({ subnet }) => [
      program('flannel/masquerade', '/run/masquerade'),
      `sh /run/masquerade ${flannelNetwork} ${subnet}.0/24`,
    ]),
    'The CNI plugin: a pod’s gateway is nobody’s, and its cali* device answers for it': {
      ...onEvery(calicos, (n) => [
        ...n.pods.map(({ veth }) => `ip link set ${veth} address ee:ee:ee:ee:ee:ee`),
        ...n.pods.map(
          ({ veth }) => `sysctl -w net.ipv4.conf.${veth}.proxy_arp=1 net.ipv4.neigh.${veth}.proxy_delay=0 net.ipv4.conf.${veth}.route_localnet=1`,
        ),
      ]),
      ...inEveryPod(
        calicos,
        () => `
          ip route add 169.254.1.1 dev eth0 scope link
          ip route add default via 169.254.1.1 dev eth0`,
      ),
    },
    'Felix tells each node where its own pods are': onEvery(calicos, (n) =>
      each(n.pods, (pod) => `ip route add ${pod.address} dev ${pod.veth} scope link`),
    ),
    'Felix writes who may send and receive, and whom to translate: all pods of the pool, for who is none': onEvery(calicos, (n) => [
      program('calico/felix-sets', '/run/felix-sets'),
      program('calico/felix-rules', '/run/felix-rules'),
      `sh /run/felix-sets none ${calicoPool} ${n.address} ${n.peers.map(({ address }) => address).join()} | ipset restore`,
      "sh /run/felix-rules none $(ip -o link | grep -o 'cali[0-9a-f]*' | sort) | iptables-restore --noflush",
    ]),
    'Each Calico node learns of the other one’s block': onEvery(calicos, (n) =>
      each(n.peers, (peer) => `ip route add ${peer.block} via ${peer.address}`),
    ),
  },
  walks: {
    'nginx pings outside': pingsOutside(exits.nginx),
    'podA pings outside': pingsOutside(exits.podA),
    'podC pings outside': pingsOutside(exits.podC),
    'podC calls outside: later packets need no rule': callsOutside(exits.podC),
    'nginx pings redis': {
      claims: ['PE-01'],
      send: send('nginx', `ping -c 1 ${redis.address}`),
      request: across(ofNginx, ofRedis, request(nginx.address, redis.address)),
      reply: across(ofRedis, ofNginx, reply(redis.address, nginx.address)),
    },
    'podA pings podB': pingsPod(exits.podA, exits.podB),
    'podC pings podD': pingsPod(exits.podC, exits.podD),
    'podA pings node1, another node of its cluster': pingsNode(exits.podA, exits.podB),
    'podC pings calico2, another node of its cluster': pingsNode(exits.podC, exits.podD),
  },
  checks: {
    'Between pods neither does': { claim: 'KM-01', seenAs: 'the address it left with', pairs: [between('podA', 'podB'), between('podC', 'podD')] },
    'The router has a route to no pod': { claim: 'PE-01', run: 'ip route', see: { gw: [lines('203.0.113.0/24 dev wan'), lacks('10.')] } },
    'The bridge plugin lets be what is for its own subnet, in a chain a pod': masquerade.checkOfPlugin('minikube', nginx),
    'flanneld lets be what is from pods to pods, and what others ask of them': masquerade.checkOfFlannel('master', flannelNetwork, '10.42.0.0/24'),
    'Felix asks two sets: whose packets are translated, and for whom they are not': masquerade.checkOfCalico('calico1', calicoPool),
  },
  faults: {
    'The rules of ipMasq are gone': {
      claims: ['PE-01'],
      break: { minikube: 'iptables-save -t nat > /run/nat\niptables -t nat -F POSTROUTING' },
      walk: 'nginx pings outside',
      differsAt: 'minikube nat POSTROUTING',
      untouched: 'all',
      cause: 'source not translated',
      hint: 'Look at the source address on eth1. Whom would outside answer? Run `iptables -t nat -S` on minikube.',
      fix: { minikube: 'iptables-restore < /run/nat' },
    },
    'Somebody has deleted the rule by which flanneld masquerades': {
      claims: ['PE-01'],
      break: { master: 'iptables-save -t nat > /run/nat\niptables -t nat -D FLANNEL-POSTRTG 5' },
      walk: 'podA pings outside',
      differsAt: 'master nat POSTROUTING',
      untouched: [...inside, 'podC pings outside'],
      cause: 'source not translated',
      hint: 'Among pods all is well, as they need no such rule. Run `iptables -t nat -S FLANNEL-POSTRTG` on master and on node1. flanneld would write it again within 5 s.',
      fix: { master: 'iptables-restore < /run/nat' },
    },
    'The pool has lost natOutgoing': {
      claims: ['PE-01'],
      break: { calico1: `ipset del cali40masq-ipam-pools ${calicoPool}` },
      walk: 'podC pings outside',
      differsAt: 'calico1 nat POSTROUTING',
      untouched: [...inside, 'podA pings outside'],
      cause: 'source not translated',
      hint: 'The rule is there, and asks a set. Run `ipset list cali40masq-ipam-pools` on calico1. While the pool still has natOutgoing, Felix would mend that within 90 s.',
      fix: { calico1: `ipset add cali40masq-ipam-pools ${calicoPool}` },
    },
    'Felix does not count the pool among the pods’: even they are translated': {
      break: { calico1: `ipset del cali40network-ip-pools ${calicoPool}` },
      walk: 'podC pings podD',
      differsAt: 'calico1 nat POSTROUTING',
      untouched: ['podC pings outside', 'podA pings podB'],
      cause: 'source translated',
      hint: 'It gets the node’s address, and no policy would know it. Run `ipset list cali40network-ip-pools` on calico1. While there is such a pool, Felix would mend that within 90 s.',
      fix: { calico1: `ipset add cali40network-ip-pools ${calicoPool}` },
    },
    'master has no default route': {
      break: { master: 'ip route del default' },
      walk: 'podA pings outside',
      lostAt: 'master filter FORWARD',
      untouched: [...inside, 'podC pings outside', 'podA pings node1, another node of its cluster'],
      cause: 'no route',
      hint: 'Inside the cluster all is well. Run `ip route get 203.0.113.80` on master.',
      fix: { master: 'ip route add default via 192.168.205.1' },
    },
    'The router does not forward': doesNotForward('gw', { walk: 'podC pings outside', lostAt: 'gw:wan', untouched: inside }),
  },
});
