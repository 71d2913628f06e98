import { at, lab, lacks, lines, send, standsFor, through } from 'packetwalk';
import { claims } from './claims.ts';
import { forEvery, forEveryPod, inEveryPod, kinds, onEvery } from './kit/cluster.ts';
import { vxlanTables } from './kit/flannel/checks.ts';
import * as flannel from './kit/flannel/cluster.ts';
import { faults } from './kit/flannel/nft-faults.ts';
import { flanneldOn, subnetManager } from './kit/flannel/real.ts';
import { into, outOf, throughTunnel, withinANode } from './kit/flannel/walks.ts';
import { masqueraded } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { program } from './kit/program.ts';

const cluster = flannel.document;
const master = cluster.master.address;
const [A, B, outside] = ['10.42.0.65', '10.42.1.9', '203.0.113.80'];
const network = '10.42.0.0/16';

const accepts = (node: 'master' | 'node1', because: string) => [
  through(node, 'ip flannel-ipv4 forward: accept', because),
  through(node, 'filter FORWARD > DOCKER-USER: policy accept', 'An accept ends one chain: the hook’s next one is asked as well'),
];
const table = 'ip flannel-ipv4 postrtg';
const spared = (node: 'master' | 'node1', because: string) => through(node, `${table}: policy accept`, because);
const masquerades = through('master', `${table}: masquerade fully-random`, 'From a pod to who is none: it gets the node’s address');

export default lab({
  title: 'Flannel in nftables mode accepts in a table of its own, which binds no other',
  about:
    'The cluster of flannel-vxlan, with EnableNFTables in flannel’s configuration: all goes as there, but what flanneld has to say to netfilter stands in the table ip flannel-ipv4, and nothing of it in iptables. The router sends what is for any pod to master.',
  claims,
  nodes: { lan: 'switch', gw: 'router', outside: 'host', ...kinds(cluster) },
  links: [
    'gw:eth0 192.168.205.1/24 -- lan',
    `gw:wan 203.0.113.1/24 -- outside:eth0 ${outside}/24`,
    ...forEvery(cluster, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
    ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
  ],
  setup: {
    'Point each node to the router, and the router to master for all pods': {
      ...onEvery(cluster, () => 'ip route add default via 192.168.205.1'),
      gw: `ip route add ${network} via ${master}`,
      outside: 'ip route add default via 203.0.113.1',
    },
    'Bridge each pod to its node, as the CNI bridge plugin does': {
      ...onEvery(cluster, (n) => [
        'ip link add cni0 mtu 1450 up type bridge',
        ...n.pods.map(({ veth }) => `ip link set ${veth} mtu 1450 txqueuelen 0 master cni0`),
        ...n.pods.map(({ veth }) => `ip link set ${veth} type bridge_slave hairpin on`),
        `ip addr add ${n.subnet}.1/24 dev cni0`,
      ]),
      ...inEveryPod(cluster, (pod) => [
        'ip link set eth0 mtu 1450',
        `ip route add default via ${pod.node.subnet}.1`,
        `ip route add ${network} via ${pod.node.subnet}.1`,
      ]),
    },
    'Hook a chain into iptables’ FORWARD, as Docker does when it starts': onEvery(
      cluster,
      () => 'iptables -N DOCKER-USER && iptables -A FORWARD -j DOCKER-USER',
    ),
    'Create each tunnel end: it encapsulates to UDP port 8472, with VXLAN id 1': onEvery(
      cluster,
      (n) => `
        ip link add flannel.1 address ${n.mac} mtu 1450 txqueuelen 0 type vxlan id 1 local ${n.address} dev enp0s1 dstport 8472 nolearning
        ip link set flannel.1 up
        ip addr add ${n.subnet}.0/32 dev flannel.1`,
    ),
    'Have etcd say that flannel uses nftables: where flanneld is played, nobody asks': { master: subnetManager('vxlan', { EnableNFTables: true }) },
    'Introduce the peers: for each a neighbour, a route and an fdb entry': onEvery(cluster, (n) =>
      standsFor('flanneld', {
        small: [
          ...n.peers.map((peer) => `ip neigh add ${peer.subnet}.0 lladdr ${peer.mac} dev flannel.1 nud permanent`),
          ...n.peers.map((peer) => `ip route add ${peer.subnet}.0/24 via ${peer.subnet}.0 dev flannel.1 onlink`),
          ...n.peers.map((peer) => `bridge fdb append ${peer.mac} dev flannel.1 dst ${peer.address} self permanent`),
        ],
        real: flanneldOn(n, 'vxlan', n.peers.length, 'nftables'),
      }),
    ),
    'Masquerade what leaves the pods’ network, and accept what is forwarded from and to it, in a table of flannel’s own': onEvery(cluster, (n) =>
      standsFor('flanneld', {
        small: [program('flannel/masquerade-nft', '/run/masquerade'), `sh /run/masquerade ${network} ${n.subnet}.0/24`],
      }),
    ),
  },
  walks: {
    'podA pings podB on another node': {
      claims: ['PP-01'],
      send: send('podA', `ping -c 1 ${B}`),
      request: [
        ...outOf('podA', request(A, B)),
        ...accepts('master', 'It is from the pods’ network'),
        spared('master', 'From a pod of this node to any pod: the second rule returns'),
        ...throughTunnel(cluster, ['master', 'node1'], request(A, B, 63)),
        ...accepts('node1', 'So it is here'),
        spared('node1', 'From any pod to a pod of this node: the third rule returns'),
        ...into('podB', request(A, B, 62)),
      ],
    },
    'podA pings outside': {
      claims: ['FN-01'],
      send: send('podA', `ping -c 1 ${outside}`),
      request: [
        ...outOf('podA', request(A, outside)),
        ...accepts('master', 'It is from the pods’ network'),
        masquerades,
        at('master:enp0s1', 'It bears the node’s address', request(master, outside, 63)),
        at('gw:eth0', 'To the router', request(master, outside, 63)),
        at('gw:wan', 'Routed on', request(master, outside, 62)),
        at('outside:eth0', 'Who is outside sees the node', request(master, outside, 62)),
      ],
    },
    'outside pings podB, and master sends it on': {
      send: send('outside', `ping -c 1 ${B}`),
      request: [
        at('outside:eth0', 'Outside has a way to the pods', request(outside, B)),
        at('gw:wan', 'To the router', request(outside, B)),
        at('gw:eth0', 'It knows master for all pods', request(outside, B, 63)),
        at('master:enp0s1', 'podB is none of master’s', request(outside, B, 63)),
        ...accepts('master', 'It is to the pods’ network'),
        spared('master', 'From elsewhere to any pod: the fourth rule returns. In iptables mode it would be masqueraded here'),
        ...throughTunnel(cluster, ['master', 'node1'], request(outside, B, 62)),
        ...accepts('node1', 'It is to the pods’ network here as well'),
        spared('node1', 'The fourth rule returns'),
        ...into('podB', request(outside, B, 61)),
      ],
      reply: [
        ...outOf('podB', reply(B, outside)),
        ...accepts('node1', 'The answer is from the pods’ network'),
        at('node1:enp0s1', 'node1 sends it straight to the router, past master', reply(B, outside, 63)),
        at('gw:eth0', 'To the router', reply(B, outside, 63)),
        at('gw:wan', 'Routed on', reply(B, outside, 62)),
        at('outside:eth0', 'podB itself has answered', reply(B, outside, 62)),
      ],
    },
    ...withinANode,
  },
  checks: {
    ...masqueraded(cluster),
    ...vxlanTables(cluster),
    'flannel’s table has six rules for masquerading, and two that accept': {
      claim: 'FN-01',
      run: 'nft list table ip flannel-ipv4',
      see: onEvery(cluster, ({ subnet }) =>
        lines(
          'type nat hook postrouting priority srcnat; policy accept;',
          'meta mark 0x00004000 return',
          `ip saddr ${subnet}.0/24 ip daddr ${network} return`,
          `ip saddr ${network} ip daddr ${subnet}.0/24 return`,
          `ip saddr != ${subnet}.0/24 ip daddr ${network} return`,
          `ip saddr ${network} ip daddr != 224.0.0.0/4 masquerade fully-random`,
          `ip saddr != ${network} ip daddr ${network} masquerade fully-random`,
          'type filter hook forward priority filter; policy accept;',
          `ip saddr ${network} accept`,
          `ip daddr ${network} accept`,
        ),
      ),
    },
    'There is nothing of flannel in iptables': {
      claim: 'FN-01',
      run: 'iptables-save',
      see: onEvery(cluster, () => lacks('FLANNEL')),
    },
  },
  faults,
});
