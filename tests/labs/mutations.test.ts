import { expect } from 'chai';
import type { Live } from '../../src/observe/sent.ts';
import { type Plan, plan } from '../../src/plan/plan.ts';
import { check } from '../../src/prove/check.ts';
import { checkMatrices } from '../../src/prove/reachability.ts';
import { findings, live, setUp } from '../../src/prove/run.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { ended } from './ended.ts';

/** What is changed by hand, where, and the checks that must notice. */
type Mutation = [place: string, command: string, noticing: string[]];

/** NAT between pods, and between a pod and a node. */
const translations: Mutation[] = [
  [
    'node1',
    'iptables -t nat -A POSTROUTING -s 10.42.0.0/24 -d 10.42.1.0/24 -j MASQUERADE',
    ['All pods reach all pods without NAT', 'The address a pod has is the one that all pods see, and its own node'],
  ],
  [
    'master',
    'iptables -t nat -I POSTROUTING -m addrtype --src-type LOCAL -d 10.42.1.9 -j SNAT --to-source 10.42.0.77',
    ['All nodes reach all pods without NAT'],
  ],
];

/** A plugin bridge that does something else at times. */
const pluginThat = (otherwise: string) =>
  `rm /opt/cni/bin/bridge && printf '%s\\n' '#!/bin/sh' '${otherwise}' 'exec /usr/lib*/cni/bridge' > /opt/cni/bin/bridge && \
    chmod +x /opt/cni/bin/bridge`;

const network = '/var/lib/cni/networks/rkt.kubernetes.io';
const files = 'host-local keeps a file an address, in order, with the container’s id';
const places = 'Plugins, configuration, addresses and results are where Kubernetes has them';

const mutations: Record<string, Mutation[]> = {
  'flannel-vxlan': [
    ['node2', 'ip link set flannel.1 type vxlan learning', ['flannel.1 is a VXLAN device that learns nothing']],
    ['node1', 'ip link set cni0 mtu 1500', ['The MTU falls from 1500 to 1450 on flannel.1 and cni0']],
    ['podC', 'ip link set eth0 mtu 1500', ['The MTU falls to 1450 in the pods']],
    ['podA', 'ip link set eth0 mtu 1500', ['One byte more than the MTU is refused at once']],
    ['master', 'ip addr del 10.42.0.0/32 dev flannel.1', ['flannel.1 holds the subnet’s .0 as /32, cni0 its .1']],
    [
      'node2',
      'ip route replace 10.42.1.0/24 via 192.168.205.3',
      ['The own subnet is on cni0, each other one behind its .0 on flannel.1'],
    ],
    ['master', 'ip route add 10.42.1.9 via 192.168.205.3', ['The kernel takes that route']],
    [
      'node1',
      'ip neigh replace 10.42.2.0 lladdr ee:87:b2:4a:fd:62 dev flannel.1 nud reachable',
      ['Each peer’s .0 is a permanent neighbour with the MAC of its flannel.1'],
    ],
    [
      'node1',
      'bridge fdb append 0a:8e:04:d9:0c:99 dev flannel.1 dst 192.168.205.5',
      ['Each of those MACs has an fdb entry with the peer’s address'],
    ],
    ['node2', 'ip link set flannel.1 down', ['A UDP socket on 8472 belongs to no process']],
    [
      'node1',
      'iptables -t mangle -A FORWARD -j TTL --ttl-set 60',
      ['A pod’s ping to another node’s pod comes back with ttl=62'],
    ],
    [
      'node1',
      'ip addr add 10.42.1.77/32 dev flannel.1 && ip addr del 10.42.1.0/32 dev flannel.1',
      ['traceroute names cni0, the peer’s flannel.1 and the pod'],
    ],
    ['node1', 'bridge link set dev vethC state 0', ['cni0’s ports forward']],
    ['node2', 'rm /run/flannel/subnet.env', ['subnet.env holds the cluster’s network and the node’s subnet']],
    ['master', 'ip route add 10.99.0.0/16 dev cni0', ['ip route reads on master as in the document, line by line']],
    ['master', 'ip rule add from 10.42.0.0/16 lookup 77', ['ip rule has what every Linux has: flannel needs no more']],
    [
      'master',
      'ip addr add 192.168.205.44/24 dev enp0s1',
      ['ip addr reads on master as in the document: the node’s address'],
    ],
    [
      'master',
      'ip link set cni0 txqueuelen 500',
      ['ip addr reads on master as in the document: flannel.1, cni0 and a veth'],
    ],
    [
      'master',
      'ip link set flannel.1 type vxlan ageing 100',
      ['ip -d link reads on master as in the document, less what newer iproute2 adds: flannel.1'],
    ],
    [
      'master',
      'bridge link set dev vethA hairpin off',
      ['ip -d link reads on master as in the document: a bridge that never spoke STP, and a port with hairpin'],
    ],
    [
      'master',
      'at=/coreos.com/network/subnets/10.42.1.0-24; etcdctl put $at -- "$(etcdctl get $at --print-value-only)"',
      ['A lease is for 24 hours'],
    ],
    [
      'master',
      'etcdctl del /coreos.com/network/subnets/10.42.1.0-24',
      ['etcd has flannel’s configuration and a lease for each node'],
    ],
    [
      'node1',
      'iptables -I FORWARD -p icmp -j DROP',
      ['With etcd and flanneld halted pods reach each other: no packet passes there'],
    ],
    [
      'node2',
      ended('flanneld'),
      ['One more node leases a subnet and gives it back: node2’s tables follow', 'flanneld still runs'],
    ],
    ['master', ended('etcd'), ['etcd still runs']],
    ['node2', 'ip tuntap add dev tun0 mode tun', ['No device on the way leads to a process, as a TUN device would']],
    [
      'master',
      'iptables -t nat -I KUBE-SERVICES -d 10.42.1.9 -j DNAT --to-destination 10.42.1.6',
      ['Pod to pod passes kube-proxy’s chain, and no rule there touches it'],
    ],
    ...translations,
  ],
  'flannel-host-gw': [
    [
      'node2',
      'ip route replace 10.42.1.0/24 via 192.168.205.4',
      ['Each other node’s pods are behind that node’s own address'],
    ],
    ['master', 'ip route add 10.42.1.9 via 192.168.205.5', ['The kernel takes that route']],
    [
      'node1',
      'ip link set cni0 mtu 1450',
      ['The MTU is 1500 on the node’s bridge as on its wire, and there is no tunnel'],
    ],
    [
      'node2',
      'ip link add flannel.1 type vxlan id 1 dev enp0s1 dstport 8472',
      ['The MTU is 1500 on the node’s bridge as on its wire, and there is no tunnel'],
    ],
    ['podC', 'ip link set eth0 mtu 1450', ['The MTU is 1500 in the pods']],
    [
      'podB',
      ended('iperf3'),
      ['Plain packets get more across than wrapped ones, on the same way', 'iperf3 still runs'],
    ],
    [
      'node1',
      'ip addr add 192.168.205.77/24 dev enp0s1 && ip route replace 10.42.0.0/24 via 192.168.205.4 src 192.168.205.77',
      ['traceroute names cni0, the other node and the pod'],
    ],
    [
      'podB',
      'ip addr add 10.42.1.200/24 dev eth0 && ip addr del 10.42.1.9/24 dev eth0',
      ['Traced from podB, as the document does, podB is one hop away: it is itself'],
    ],
    [
      'master',
      'iptables -t nat -I KUBE-SERVICES -d 10.42.1.9 -j DNAT --to-destination 10.42.1.6',
      ['Pod to pod passes kube-proxy’s chain, and no rule there touches it'],
    ],
    ...translations,
  ],
  'flannel-udp': [
    ['node2', 'ip link set flannel0 mtu 1400', ['flannel0 is a TUN device of MTU 1472 with the subnet’s .0 as /32']],
    [
      'node1',
      'ip route del 10.42.0.0/16 dev flannel0',
      ['All pods’ network is behind flannel0, but for the own subnet'],
    ],
    [
      'node1',
      `${ended('flanneld')}; ip tuntap add dev flannel0 mode tun`,
      [
        'A process owns flannel0: it has the TUN device open',
        'The same process holds UDP port 8285',
        'flanneld still runs',
      ],
    ],
    [
      'node2',
      'sleep 99 >/dev/null 2>&1 & echo $! > /run/flanneld.pid',
      ['With the process halted nothing gets through: no packet passes without it'],
    ],
    ['podC', 'ip link set eth0 mtu 1450', ['The MTU falls to 1472 in the pods']],
    ['podA', 'ip link set eth0 mtu 1500', ['One byte more than the MTU is refused at once']],
    [
      'node1',
      'iptables -t mangle -A PREROUTING -i flannel0 -j TTL --ttl-inc 1',
      ['traceroute: each process spends a hop and says nothing of it'],
    ],
    [
      'master',
      'ip route add 10.42.1.9 via 10.52.1.0 dev flannel.1 onlink',
      ['Nothing of VXLAN is in the way: the pods’ network does not lead there'],
    ],
    ['node1', ended('iperf3'), ['iperf3 still runs']],
    ...translations,
  ],
  'flannel-host-gw-routed': [
    [
      'master',
      'ip addr add 192.168.206.77/24 dev enp0s1',
      ['flannel’s own route, via the peer’s address, is refused: no neighbour has it'],
    ],
    ['gw', 'ip route replace 10.42.1.0/24 via 192.168.205.4', ['The router was taught every pod subnet']],
    [
      'gw',
      'iptables -t mangle -A PREROUTING -j TTL --ttl-inc 1',
      ['A pod counts one hop more than on one segment: the router'],
    ],
    ...translations,
  ],
  'cni-bridge': [
    ['minikube', 'rm /etc/cni/net.d/k8s.conf', [places, 'Duty 3 of 8: a configuration file']],
    [
      'minikube',
      'sed -i s/10.1.0.0/10.9.0.0/ /etc/cni/net.d/k8s.conf',
      ['Duty 2 of 8: the node’s own range of addresses, the pod CIDR'],
    ],
    ['podB', 'ip link del eth0', ['Duty 1 of 8: a pair of veths, one end of it in the pod']],
    ['minikube', 'ip link set mybridge address 0a:58:0a:01:00:01', ['No MAC spells an address']],
    ['minikube', 'rm /opt/cni/bin/host-local', [places]],
    ['minikube', 'rm -r /var/lib/cni/networks', [places]],
    ['minikube', 'mkdir /var/lib/cni/bridge', [places]],
    [
      'minikube',
      'sed -i s/10.1.0.2/10.1.0.7/ /var/lib/cni/results/podA',
      [
        'ADD has answered with the interfaces, the address and the routes, in JSON',
        'CHECK finds each pod as ADD has left it',
      ],
    ],
    ['minikube', pluginThat('[ $CNI_COMMAND = VERSION ] && echo {} && exit'), ['VERSION is answered in JSON']],
    [
      'minikube',
      pluginThat('[ $CNI_COMMAND = DEL ] && exit'),
      ['DEL gives the address back, and to repeat it is no error'],
    ],
    ['minikube', pluginThat('[ $CNI_COMMAND = CHECK ] && exit'), ['CHECK says what is wrong if not, in JSON']],
    [
      'podB',
      'ip addr add 10.1.0.33/16 dev eth0 && ip addr del 10.1.0.3/16 dev eth0',
      ['CHECK finds each pod as ADD has left it', 'A pod has eth0, with its address'],
    ],
    ['podA', 'ip addr add 10.1.0.9/16 dev eth0', ['CHECK says what is wrong if not, in JSON']],
    [
      'nginx',
      'ip route del default',
      [
        'CHECK finds each pod as ADD has left it',
        'A pod has a connected route, and the bridge as its default',
        'Duty 5 of 8: a default route in the pod',
      ],
    ],
    ['nginx', 'ip route add 10.2.0.0/16 via 10.1.0.1', ['A pod has a connected route, and the bridge as its default']],
    [
      'minikube',
      'ip addr add 10.1.0.77/16 dev mybridge && ip addr del 10.1.0.1/16 dev mybridge',
      ['isGateway gives the bridge the first address'],
    ],
    ['minikube', 'sysctl -w net.ipv4.ip_forward=0', ['isGateway has made the node, which was a mere host, forward']],
    ['minikube', `echo another > ${network}/10.1.0.3`, [files]],
    [
      'minikube',
      `touch ${network}/10.1.0.5`,
      [files, 'Duty 4 of 8: addresses are given to one pod each, and it is noted'],
    ],
    ['minikube', `printf 10.1.0.9 > ${network}/last_reserved_ip.0`, [files]],
    [
      'minikube',
      'ip link set veth10fac511 master docker0',
      ['The outer veths are mybridge’s ports', 'docker0 has no port: it is unused'],
    ],
    ['minikube', 'ip link set vethe0ce3592 mtu 1400', ['The configured MTU is the bridge’s and the veths’']],
    ['podA', 'ip link set eth0 mtu 1500', ['The configured MTU is the pods’']],
  ],
};

/** Checks that must notice, too, and are tried in throughput.test.ts: they need the machine for themselves. */
const triedAlone = ['Two processes carry not half of what VXLAN does, which stays in the kernel'];

for (const [name, ofLab] of Object.entries(mutations))
  describe(`No check of ${name} passes in vain`, function () {
    this.timeout(30_000);
    let planned: Plan;
    before(async () => {
      planned = plan(((await import(`../../labs/${name}.ts`)) as { default: unknown }).default, name);
    });

    const verdict = async (eyes: Live, title: string) => {
      const one = planned.checks.find((each) => each.title === title);
      const matrix = planned.matrices.find((each) => each.title === title);
      if (!one && !matrix) throw new Error(`there is no check '${title}'`);
      const results = one ? await check(eyes, one) : await checkMatrices(eyes, [matrix!]);
      return results.some((result) => result.verdict === 'failed') ? 'failed' : results[0]!.verdict;
    };

    for (const [place, command, noticing] of ofLab)
      it(`${place}# ${command}`, async () => {
        await using runtime = await startNetns(planned);
        expect(await setUp(planned, runtime, findings(), () => {})).to.equal(true);
        const eyes = await live(planned, runtime);
        const { code, stderr } = await runtime.script(place, command);
        expect(code, stderr).to.equal(0);
        const verdicts = await Promise.all(noticing.map((title) => verdict(eyes, title)));
        expect(verdicts).to.deep.equal(noticing.map(() => 'failed'));
      });

    if (name !== 'flannel-vxlan')
      it('as each is here', () => {
        const all = [...planned.checks, ...planned.matrices].map(({ title }) => title);
        const titles = all.filter((title) => !triedAlone.includes(title));
        expect(new Set(ofLab.flatMap(([, , noticing]) => noticing))).to.have.all.keys(titles);
      });
  });
