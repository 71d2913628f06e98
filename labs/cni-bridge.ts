import { at, exactly, json, lab, lines, send, standsFor } from 'packetwalk';
import { claims } from './claims.ts';
import { across, into, outOf } from './kit/bridge-walks.ts';
import * as cni from './kit/cni/bridge-plugin.ts';
import { callsAndFiles, duties } from './kit/cni/checks.ts';
import { doesNotForward } from './kit/faults.ts';
import { reply, request } from './kit/ping.ts';

// The addresses, the names of the veths and the first id are those that the document prints.
const podA = {
  pod: 'podA',
  address: '10.1.0.2',
  veth: 'vethd78e9f59',
  id: '0fa93b0f771db74d3f1da588a3f9b413e47b90d30bdc4b0a93b7cc841a37a156',
} as const;
const podB = { pod: 'podB', address: '10.1.0.3', veth: 'vethe0ce3592', id: 'b'.repeat(64) } as const;
const nginx = { pod: 'nginx', address: '10.1.0.4', veth: 'veth10fac511', id: 'c'.repeat(64) } as const;
const containers = [podA, podB, nginx];
const [A, B, N] = containers.map(({ address }) => address) as [string, string, string];
const [ofA, ofB, ofNginx] = [cni.port('minikube', podA), cni.port('minikube', podB), cni.port('minikube', nginx)];
const [node, outside] = ['192.168.99.100', '192.168.99.1'];

const inEveryPod = <Seen>(seen: (address: string) => Seen) => ({ podA: seen(A), podB: seen(B), nginx: seen(N) });

export default lab({
  title: 'The CNI bridge plugin connects pods to their node, and the node to the world',
  about:
    'One node, three pods, and the real plugins bridge and host-local. The lab does what a container runtime does: it makes a namespace, and calls the plugin for it.',
  claims,
  nodes: { minikube: 'host', outside: 'host', podA: 'pod on minikube', podB: 'pod on minikube', nginx: 'pod on minikube' },
  links: [`minikube:eth1 ${node}/24 -- outside:eth0 ${outside}/24`],
  setup: {
    'Docker left a bridge on the node': {
      minikube: 'ip link add docker0 up type bridge\nip addr add 172.17.0.1/16 dev docker0',
    },
    // Distributions have the plugins in a folder of their own. Where a node finds /opt or /var/lib read-only, it gets its own.
    'Kubernetes expects plugins in /opt/cni/bin': {
      do: {
        minikube: [
          `
          test -w /opt || mount -t tmpfs cni /opt
          test -w /var/lib || mount -t tmpfs cni /var/lib
          mkdir -p /opt/cni/bin /var/lib/cni/results`,
          standsFor('cni-bridge', { small: 'ln -s /usr/lib*/cni/* /opt/cni/bin', real: 'ln -s /run/daemons/cni-bridge /opt/cni/bin/bridge' }),
          standsFor('cni-host-local', { real: 'ln -s /run/daemons/cni-host-local /opt/cni/bin/host-local' }),
        ],
      },
      see: { run: 'ls /opt/cni/bin', see: { minikube: lines('bridge', 'host-local') } },
    },
    'It expects a network’s configuration in /etc/cni/net.d': {
      minikube: `
        mkdir -p /etc/cni/net.d
        cat > /etc/cni/net.d/k8s.conf <<'END'
        {
          "cniVersion": "0.4.0", "name": "rkt.kubernetes.io", "type": "bridge", "bridge": "mybridge", "mtu": 1460,
          "isGateway": true, "ipMasq": true,
          "ipam": {
            "type": "host-local", "subnet": "10.1.0.0/16", "gateway": "10.1.0.1",
            "routes": [{ "dst": "0.0.0.0/0" }], "dataDir": "/var/lib/cni/networks"
          }
        }
        END`,
    },
    'The runtime calls ADD for each pod, and keeps the answer': {
      do: {
        minikube: containers.map(
          ({ id, pod }) =>
            `CNI_COMMAND=ADD CNI_CONTAINERID=${id} CNI_NETNS=/run/netns/${pod} CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin \
              /opt/cni/bin/bridge < /etc/cni/net.d/k8s.conf > /var/lib/cni/results/${pod}`,
        ),
      },
      see: {
        run: 'ls /var/lib/cni/results; bridge link | grep -c "master mybridge"',
        see: { minikube: lines('nginx', 'podA', 'podB', '3') },
      },
      notes: 'A plugin is a program: environment and standard input are all that it is told. What it answers is needed again for CHECK and DEL.',
    },
    'The veths get the names of the document: the plugin’s are random': {
      minikube: containers.map(
        ({ pod, veth }) =>
          `random=$(grep -o 'veth[0-9a-f]*' /var/lib/cni/results/${pod}) && ip link set $random down && \
            ip link set $random name ${veth} && ip link set ${veth} up && sed -i s/$random/${veth}/ /var/lib/cni/results/${pod}`,
      ),
    },
  },
  walks: {
    'podA pings a host outside': {
      claims: ['CN-04'],
      send: send('podA', `ping -c 1 ${outside}`),
      request: [
        ...outOf(ofA, request(A, outside)),
        at('minikube:eth1', 'Routed and masqueraded: it bears the node’s address', request(node, outside, 63)),
        at('outside:eth0', 'Nobody outside learns of pods', request(node, outside, 63)),
      ],
      reply: [
        at('outside:eth0', 'The answer is for the node', reply(outside, node)),
        at('minikube:eth1', 'Conntrack remembers whom it is for', reply(outside, node)),
        ...into(ofA, reply(outside, A, 63), 'The pod’s address is back'),
      ],
    },
    'podA pings podB on the same bridge': {
      claims: ['CN-04', 'CN-08'],
      send: send('podA', `ping -c 1 ${B}`),
      request: across(ofA, ofB, request(A, B)),
      reply: across(ofB, ofA, reply(B, A)),
    },
    'minikube pings nginx': {
      claims: ['CN-03'],
      send: send('minikube', `ping -c 1 ${N}`),
      request: into(ofNginx, request('10.1.0.1', N), 'The bridge has an address: the node is in the subnet'),
      reply: outOf(ofNginx, reply(N, '10.1.0.1'), 'The pod was asked by its gateway'),
    },
    'nginx pings minikube': {
      send: send('nginx', `ping -c 1 ${node}`),
      request: outOf(ofNginx, request(N, node), 'The gateway is the node: it has arrived, unmasqueraded'),
      reply: into(ofNginx, reply(node, N), 'The node answers'),
    },
  },
  checks: {
    ...callsAndFiles(containers),
    ...duties(containers.map(({ pod }) => pod)),
    'isGateway gives the bridge the first address': {
      claim: 'CN-03',
      run: 'ip -j -4 addr show mybridge',
      see: { minikube: json([{ addr_info: [{ local: '10.1.0.1', prefixlen: 16 }] }]) },
    },
    'isGateway has made the node, which was a mere host, forward': {
      claim: 'CN-03',
      run: 'sysctl net.ipv4.ip_forward',
      see: { minikube: lines('net.ipv4.ip_forward = 1') },
    },
    'A pod has eth0, with its address': {
      claim: 'CN-07',
      run: 'ip -j -4 addr show eth0',
      see: inEveryPod((local) => json([{ addr_info: [{ local, prefixlen: 16 }] }])),
    },
    'A pod has a connected route, and the bridge as its default': {
      claim: 'CN-07',
      run: 'ip -j route',
      see: inEveryPod((prefsrc) => exactly({ dst: 'default', gateway: '10.1.0.1', dev: 'eth0' }, { dst: '10.1.0.0/16', dev: 'eth0', prefsrc })),
    },
    'The outer veths are mybridge’s ports': {
      claim: 'CN-08',
      run: 'ip -j link show master mybridge',
      see: { minikube: exactly(...containers.map(({ veth }) => ({ ifname: veth, operstate: 'UP' }))) },
    },
    'docker0 has no port: it is unused': { claim: 'CN-08', run: 'ip -j link show master docker0', see: { minikube: exactly() } },
    'The configured MTU is the bridge’s and the veths’': {
      claim: 'CN-09',
      run: 'ip -j link',
      see: { minikube: json(['mybridge', ...containers.map(({ veth }) => veth)].map((ifname) => ({ ifname, mtu: 1460 }))) },
    },
    'The configured MTU is the pods’': { claim: 'CN-09', run: 'ip -j link show eth0', see: inEveryPod(() => json([{ mtu: 1460 }])) },
  },
  faults: {
    'The runtime has called DEL for podA': {
      claims: ['CN-06'],
      break: { minikube: cni.del(podA) },
      lostAt: 'podA:eth0',
      untouched: ['minikube pings nginx', 'nginx pings minikube'],
      cause: 'interface missing',
      hint: 'The packet does not even start. Run `ip addr` in podA, and `ls /var/lib/cni/networks/rkt.kubernetes.io` on minikube.',
      fix: { minikube: `${cni.addAfter('10.1.0.1', podA, '10.1.0.4')}\nip neigh flush dev mybridge` },
    },
    'minikube does not forward': doesNotForward('minikube', { claims: ['CN-03'], lostAt: 'minikube:eth1', untouched: 'all' }),
    'The rules of ipMasq are gone: the packet leaves with an address nobody knows': {
      claims: ['CN-04'],
      break: { minikube: 'iptables-save -t nat > /run/nat\niptables -t nat -F POSTROUTING' },
      differsAt: 'minikube:eth1',
      untouched: 'all',
      cause: 'source not translated',
      hint: 'Look at the source address on eth1. Run `iptables -t nat -S` on minikube: who masquerades it?',
      fix: { minikube: 'iptables-restore < /run/nat' },
    },
    'podB’s veth is no port of mybridge': {
      claims: ['CN-08'],
      break: { minikube: `ip link set ${podB.veth} nomaster` },
      walk: 'podA pings podB on the same bridge',
      lostAt: 'minikube:vethe0ce3592',
      untouched: 'all',
      cause: 'port off the bridge',
      hint: 'The bridge has no port that leads to podB. Run `bridge link` on minikube.',
      fix: { minikube: `ip link set ${podB.veth} master mybridge`, podA: 'ip neigh flush dev eth0' },
    },
    'podA has no default route': {
      claims: ['CN-07'],
      break: { podA: 'ip route del default' },
      lostAt: 'podA:eth0',
      untouched: 'all',
      cause: 'no route',
      hint: 'Run `ip route` in podA. Where is what is not in 10.1.0.0/16?',
      fix: { podA: 'ip route add default via 10.1.0.1' },
    },
  },
});
