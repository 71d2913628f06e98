import { createHash } from 'node:crypto';
import { at, type Hop, lab, lacks, lines, send, through } from 'packetwalk';
import { into, outOf } from './kit/bridge-walks.ts';
import * as cni from './kit/cni/bridge-plugin.ts';
import { doesNotForward } from './kit/faults.ts';
import { serves } from './kit/kube-proxy/cluster.ts';
import { accepted, call, called, PATIENT } from './kit/processes.ts';

const podA = { pod: 'podA', address: '10.42.1.2', veth: 'vethA', id: 'a'.repeat(64) } as const;
const nginx = { pod: 'nginx', address: '10.42.1.3', veth: 'vethN', id: 'b'.repeat(64) } as const;
const [A, N, gateway] = [podA.address, nginx.address, '10.42.1.1'];
const [node, outside] = ['192.168.205.3', '192.168.205.50'];
const ofN = cni.port('node1', nginx, 'cni0');

/** The plugin names a container’s chains by a hash of the network’s name and the container’s id. */
const DN = `CNI-DN-${createHash('sha512').update(`podnet${nginx.id}`).digest('hex').slice(0, 21)}`;

const plugin = (operation: 'ADD' | 'DEL', type: 'bridge' | 'portmap', { id, pod }: typeof podA | typeof nginx) =>
  `CNI_COMMAND=${operation} CNI_CONTAINERID=${id} CNI_NETNS=/run/netns/${pod} CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin /opt/cni/bin/${type}`;

const publish = [
  `(sed '$d' /etc/cni/net.d/portmap.conf; echo ', "prevResult":'; cat /var/lib/cni/results/nginx; echo '}') > /run/portmap.conf`,
  `${plugin('ADD', 'portmap', nginx)} < /run/portmap.conf > /run/nginx-published`,
];

const dnat = (hook: 'PREROUTING' | 'OUTPUT', marks: '' | ' > CNI-HOSTPORT-SETMARK', why: string): Hop<'node1'> =>
  through('node1', `nat ${hook} > CNI-HOSTPORT-DNAT > ${DN}${marks}: dnat to ${N}:80`, why);
const masquerade = (why: string): Hop<'node1'> => through('node1', 'nat POSTROUTING > CNI-HOSTPORT-MASQ: masquerade', why);

/** nat is changed on the node, and put back as it was. */
const inNat = (change: string) => ({
  break: { node1: `iptables-save -t nat > /run/nat\niptables -t nat ${change}` },
  fix: { node1: 'iptables-restore < /run/nat' },
});

const fromOutside = 'outside calls node1’s port 8080';
const fromPod = 'podA calls node1’s port 8080, and both pods are on one bridge';
const fromItself = 'nginx calls node1’s port 8080, and is behind it itself';
const fromLocalhost = 'node1 calls its own port 8080 at 127.0.0.1';

export default lab({
  title: 'A hostPort is the portmap plugin’s: nat leads from a node’s port to one pod',
  about:
    'One node, two pods, and the real plugins bridge and portmap: the runtime calls one after the other, and gives the second what the first has answered. Its chains are those that the document ‘Kubernetes Network’ prints behind KUBE-SERVICES.',
  nodes: { node1: 'host', outside: 'host', podA: 'pod on node1', nginx: 'pod on node1' },
  links: [`node1:eth1 ${node}/24 -- outside:eth0 ${outside}/24`],
  setup: {
    'Kubernetes expects plugins in /opt/cni/bin': {
      do: { node1: `${cni.plugins}\nmkdir -p /etc/cni/net.d` },
      see: { run: 'ls /opt/cni/bin', see: { node1: lines('bridge', 'host-local', 'portmap') } },
    },
    'A network is a list of plugins: the bridge, whose ports send frames back where they came from, then portmap': {
      node1: `
        cat > /etc/cni/net.d/bridge.conf <<'END'
        {
          "cniVersion": "0.4.0", "name": "podnet", "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
          "ipam": {
            "type": "host-local", "subnet": "10.42.1.0/24", "routes": [{ "dst": "0.0.0.0/0" }], "dataDir": "/var/lib/cni/networks"
          }
        }
        END
        cat > /etc/cni/net.d/portmap.conf <<'END'
        {
          "cniVersion": "0.4.0", "name": "podnet", "type": "portmap", "capabilities": { "portMappings": true },
          "runtimeConfig": { "portMappings": [{ "hostPort": 8080, "containerPort": 80, "protocol": "tcp" }] }
        }
        END`,
    },
    'The runtime calls bridge for each pod, and keeps the answer': {
      node1: [podA, nginx].flatMap((pod) => [
        `${plugin('ADD', 'bridge', pod)} < /etc/cni/net.d/bridge.conf > /var/lib/cni/results/${pod.pod}`,
        cni.rename(pod),
      ]),
    },
    'It calls portmap for nginx, with that answer': { node1: publish },
    'Tell node1 its pods’ MACs for good: a frame for a pod of which it is in doubt crosses cni0, too': {
      node1: [podA, nginx].flatMap(({ address }) => [`ping -c 1 ${address}`, `ip neigh change ${address} dev cni0 nud permanent`]),
    },
    'nginx’s process says who called': { nginx: serves('nginx') },
  },
  walks: {
    [fromOutside]: {
      send: send('outside', call(node, 8080)),
      request: [
        at('outside:eth0', 'It knows of no pod', called(outside, node, 8080)),
        at('node1:eth1', 'It is for the node, where no process listens', called(outside, node, 8080)),
        dnat('PREROUTING', '', 'The address is the node’s own, and the port is published'),
        through('node1', 'nat POSTROUTING > CNI-HOSTPORT-MASQ: policy accept', 'It bears no mark: its source stays'),
        ...into(ofN, called(outside, N, 80, 63)),
      ],
      reply: [
        ...outOf(ofN, accepted(N, outside, 80)),
        at('node1:eth1', 'What was called answers', accepted(node, outside, 8080, 63)),
        at('outside:eth0', 'It has heard of no pod', accepted(node, outside, 8080, 63)),
      ],
    },
    [fromPod]: {
      send: send('podA', call(node, 8080)),
      request: [
        at('podA:eth0', 'The node’s address is in another subnet', called(A, node, 8080)),
        at('node1:vethA', 'The frame is for the bridge', called(A, node, 8080)),
        dnat('PREROUTING', ' > CNI-HOSTPORT-SETMARK', 'A caller of the pods’ own subnet is marked'),
        masquerade('Without that nginx would answer podA itself, which has called another address'),
        at('node1:vethN', 'br_netfilter: it is bridged on, and no TTL is spent', called(gateway, N, 80)),
        at('nginx:eth0', 'nginx takes its gateway for the caller', called(gateway, N, 80)),
      ],
    },
    [fromItself]: {
      send: send('nginx', call(node, 8080)),
      request: [
        at('nginx:eth0', 'It does not know that it calls itself', called(N, node, 8080)),
        at('node1:vethN in', 'The frame is for the bridge', called(N, node, 8080)),
        dnat('PREROUTING', ' > CNI-HOSTPORT-SETMARK', 'It is of the pods’ subnet as well'),
        masquerade('A packet from one’s own address would be taken for a forgery'),
        at('node1:vethN out', 'Hairpin mode: a port may send back what it has received', called(gateway, N, 80)),
        at('nginx:eth0 in', 'nginx takes its gateway for the caller', called(gateway, N, 80)),
      ],
    },
    [fromLocalhost]: {
      send: send('node1', call('127.0.0.1', 8080)),
      request: [
        dnat('OUTPUT', ' > CNI-HOSTPORT-SETMARK', '127.0.0.1 is the node’s own as well, and a caller from there is marked'),
        masquerade('route_localnet of cni0 lets it out, and the mark gives it an address in time'),
        ...into(ofN, called(gateway, N, 80)),
      ],
    },
  },
  checks: {
    'iptables -nvL reads as in the document: what is for the node’s own addresses goes to CNI-HOSTPORT-DNAT': {
      run: 'iptables -t nat -nvL PREROUTING',
      see: { node1: [lines('CNI-HOSTPORT-DNAT'), lines('ADDRTYPE match dst-type LOCAL')] },
    },
    'The pod’s chain marks pods and localhost, and translates': {
      run: `iptables -t nat -S ${DN}`,
      see: {
        node1: lines(
          '-s 10.42.1.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK',
          '-s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK',
          `-p tcp -m tcp --dport 8080 -j DNAT --to-destination ${N}:80`,
        ),
      },
    },
    'The mark is 0x2000, kube-proxy’s is 0x4000': {
      run: 'iptables -t nat -S CNI-HOSTPORT-SETMARK; iptables -t nat -S CNI-HOSTPORT-MASQ',
      see: { node1: lines('-j MARK --set-xmark 0x2000/0x2000', '-m mark --mark 0x2000/0x2000 -j MASQUERADE') },
    },
    'No process listens at the port': { run: 'ss -Htln', see: { node1: lacks(':8080') } },
    'From outside nginx sees the caller': { run: call(node, 8080, PATIENT), see: { outside: lines(`nginx sees ${outside}`) } },
    'From the node nginx sees its gateway': { run: call('127.0.0.1', 8080, PATIENT), see: { node1: lines(`nginx sees ${gateway}`) } },
    'In filter portmap writes nothing: whoever drops what is forwarded ends it': { run: 'iptables-save -t filter', see: { node1: lacks('CNI') } },
  },
  faults: {
    'The runtime has called DEL of portmap for nginx': {
      break: { node1: `${plugin('DEL', 'portmap', nginx)} < /run/portmap.conf` },
      fix: { node1: publish },
      differsAt: 'node1 nat PREROUTING',
      cause: 'destination not translated',
      hint: 'The node itself refuses the call. Run `iptables -t nat -S CNI-HOSTPORT-DNAT` on node1: which ports does it know?',
    },
    'CNI-HOSTPORT-SETMARK sets 0x1000, and CNI-HOSTPORT-MASQ looks for 0x2000': {
      ...inNat('-R CNI-HOSTPORT-SETMARK 1 -j MARK --set-xmark 0x1000/0x1000'),
      walk: fromPod,
      differsAt: 'node1 nat POSTROUTING',
      untouched: [fromOutside],
      cause: 'source not translated',
      hint: 'Two chains must agree on a bit. Run `iptables -t nat -S CNI-HOSTPORT-SETMARK` and `iptables -t nat -S CNI-HOSTPORT-MASQ` on node1.',
    },
    'nginx’s port of cni0 has its hairpin mode off': {
      break: { node1: 'ip link set vethN type bridge_slave hairpin off' },
      fix: { node1: 'ip link set vethN type bridge_slave hairpin on' },
      walk: fromItself,
      lostAt: 'node1 nat POSTROUTING',
      untouched: [fromOutside, fromPod, fromLocalhost],
      cause: 'hairpin off',
      hint: 'Only who calls himself hears nothing. Run `bridge -d link show dev vethN` on node1.',
    },
    'node1 forwards only what a rule accepts: its policy is DROP': {
      break: { node1: 'iptables -P FORWARD DROP' },
      fix: { node1: 'iptables -P FORWARD ACCEPT' },
      lostAt: 'node1 nat POSTROUTING',
      untouched: [fromLocalhost],
      cause: 'firewall policy',
      hint: 'It is translated, and then dropped. Run `iptables -S FORWARD` on node1: portmap leaves that table to the plugin firewall.',
    },
    'cni0 does not route 127.0.0.1': {
      break: { node1: 'sysctl -w net.ipv4.conf.cni0.route_localnet=0' },
      fix: { node1: 'sysctl -w net.ipv4.conf.cni0.route_localnet=1' },
      walk: fromLocalhost,
      lostAt: 'node1 nat POSTROUTING',
      untouched: [fromOutside, fromPod],
      cause: 'route_localnet off',
      hint: 'By the node’s own address it would work. Run `sysctl net.ipv4.conf.cni0.route_localnet` on node1.',
    },
    'node1 does not forward': doesNotForward('node1', { lostAt: 'node1 nat POSTROUTING', untouched: [fromLocalhost] }),
  },
});
