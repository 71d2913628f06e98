import { expect } from 'chai';
import bgp, { sized as sizedBgp } from '../../labs/calico-bgp.ts';
import ipip, { sized as sizedIpip } from '../../labs/calico-ipip.ts';
import crossSubnet, { sized as sizedCrossSubnet } from '../../labs/calico-ipip-cross-subnet.ts';
import reflector, { sized as sizedReflector } from '../../labs/calico-route-reflector.ts';
import vxlan, { sized as sizedVxlan } from '../../labs/calico-vxlan.ts';
import * as bird from '../../labs/kit/calico/bird.ts';
import {
  acrossSubnets,
  type CalicoNode,
  cali,
  document,
  networkOf,
  sized,
  vtepMac,
} from '../../labs/kit/calico/cluster.ts';
import { nodesOf, type Pod, podsOf } from '../../labs/kit/cluster.ts';
import type { Lab } from '../../src/lab/words.ts';
import type { Live } from '../../src/observe/sent.ts';
import { plan } from '../../src/plan/plan.ts';
import { findings, live, setUp } from '../../src/prove/run.ts';
import { type Runtime, start } from '../../src/runtime/index.ts';
import { verdictsOf } from './in-vain.ts';

/** What is changed by hand, where, how it is undone, and the checks and walks that must notice. */
type Mutation = [place: string, change: string, undo: string, noticing: string[]];

/** A rule of iptables, and its end. */
const rule = (place: string, [table, chain, rest]: string[], noticing: string[]): Mutation => [
  place,
  `iptables -t ${table} -I ${chain} ${rest}`,
  `iptables -t ${table} -D ${chain} ${rest}`,
  noticing,
];

/** A rule of nat, for connections that are new. */
const natRule = (place: string, rest: string, noticing: string[]): Mutation => [
  place,
  `iptables -t nat -I ${rest} && conntrack -F`,
  `iptables -t nat -D ${rest} && conntrack -F`,
  noticing,
];

/** A command of iproute2, and its opposite. */
const byHand = (place: string, command: string, noticing: string[]): Mutation => [
  place,
  command.replace('VERB', 'add'),
  command.replace('VERB', 'del'),
  noticing,
];

/** The pool has lost natOutgoing on a node. */
const notOutgoing = (place: string, noticing: string[]): Mutation => [
  place,
  'ipset del cali40masq-ipam-pools 10.42.0.0/16 && conntrack -F',
  'ipset add cali40masq-ipam-pools 10.42.0.0/16 && conntrack -F',
  noticing,
];

const otherNode = 'podA pings podB on another node';
const sameNode = 'podB pings podC on the same node';
const filtered = 'podC pings podB, past all that netfilter has on node1';
const thirdNode = 'podA pings podD on a third node';
const onlyItsOwn = 'A pod’s address is a /32: it shares a subnet with nobody, least of all a gateway';
const netfilter = 'Pod to pod passes kube-proxy’s chain, and no rule there touches it';
const anyRoute = 'Each other node’s block is behind that node’s address: BIRD wrote so';
const sessions = 'Each BIRD’s sessions are Established, and there is none but these';
const full = 'A packet of the pods’ full MTU fills the wire’s';

const ofBgp: Mutation[] = [
  natRule('node1', 'POSTROUTING -s 10.42.0.64/26 -d 10.42.1.0/26 -j MASQUERADE', [
    'All pods reach all pods without NAT',
    'The address a pod has is the one that all pods see, and its own node',
    otherNode,
  ]),
  natRule('master', 'POSTROUTING -s 192.168.205.4 -d 10.42.1.9 -j SNAT --to-source 10.42.0.77', [
    'All nodes reach all pods without NAT',
    'master pings podB on another node',
  ]),
  notOutgoing('master', [
    'podA pings node1: with its own node’s address',
    'podA pings the gateway, which knows nothing of pods',
  ]),
  [
    'podC',
    'ip addr add 10.42.1.6/24 dev eth0 && ip addr del 10.42.1.6/32 dev eth0',
    'ip addr add 10.42.1.6/32 dev eth0 && ip addr del 10.42.1.6/24 dev eth0',
    [onlyItsOwn, 'A pod’s gateway is 169.254.1.1'],
  ],
  byHand('node2', 'ip addr VERB 169.254.1.1/32 dev lo', ['No device of a node has the address 169.254.1.1']),
  byHand('podB', 'ip addr VERB 169.254.1.1/32 dev lo', [onlyItsOwn]),
  [
    'master',
    `sysctl -w net.ipv4.conf.${cali('podA')}.proxy_arp=0`,
    `sysctl -w net.ipv4.conf.${cali('podA')}.proxy_arp=1`,
    ['Whoever asks for it by ARP is answered all the same', 'The switch for that is on, as the document looks it up'],
  ],
  [
    'node2',
    `ip link set ${cali('podD')} address 02:00:00:00:00:01`,
    `ip link set ${cali('podD')} address ee:ee:ee:ee:ee:ee\nip netns exec podD ip neigh flush dev eth0`,
    ['Whoever asks for it by ARP is answered all the same', 'The MAC in the answer is that of every cali* device'],
  ],
  byHand('node1', `ip route VERB 10.42.1.20 dev ${cali('podB')} scope link`, [
    'Each local pod has a /32 route to its own cali* device',
  ]),
  byHand('node1', 'ip link VERB br0 type bridge', ['There is no bridge']),
  // BIRD takes a route of its own that it does not know away when it next looks, unless it is halted.
  [
    'node2',
    'kill -STOP $(cat /run/bird.pid) && ip route add 10.42.3.0/26 via 192.168.205.4 proto bird',
    'ip route del 10.42.3.0/26 via 192.168.205.4 proto bird; kill -CONT $(cat /run/bird.pid)',
    [anyRoute],
  ],
  [
    'node1',
    'birdc disable Mesh_192_168_205_5',
    `birdc enable Mesh_192_168_205_5 && ${bird.untilConverged(2, 2)}`,
    [sessions, '3 nodes keep 3 sessions', anyRoute],
  ],
  [
    'master',
    `etcdctl del /calico/ipam/v2/host/node2/ipv4/block/10.42.2.0-26 && ${bird.untilWithdrawn('10.42.2.0/26')}`,
    `${bird.registration(document, 'node2')}\n${bird.untilLearned('10.42.2.0/26')}`,
    [
      'In etcd is what each node has said of itself',
      'Each bird.cfg has the other nodes as neighbours, and the node’s own block',
      thirdNode,
    ],
  ],
  byHand('master', `ip route VERB 10.42.0.127 dev ${cali('podA')}`, [
    'An address of master’s block that no pod has goes nowhere',
  ]),
  byHand('node2', 'ip link VERB other type vxlan id 9 dstport 4789 dev enp0s1', ['No node has a tunnel']),
  rule(
    'node1',
    ['mangle', 'FORWARD', '-j TTL --ttl-set 60'],
    ['The answer of a pod on another node has ttl=62', otherNode],
  ),
  rule('node1', ['mangle', 'PREROUTING', '-j TTL --ttl-inc 1'], ['traceroute names a node, a node and the pod']),
  natRule('master', 'KUBE-SERVICES -d 10.42.1.9 -j DNAT --to-destination 10.42.1.6', [netfilter]),
  rule('node1', ['filter', 'FORWARD', '-j ACCEPT'], [filtered]),
  rule('node1', ['filter', 'FORWARD', '-s 10.42.1.9 -j DROP'], [sameNode]),
  rule(
    'master',
    ['filter', 'OUTPUT', '-p icmp -j DROP'],
    ['master pings its own pod', 'master pings podB on another node'],
  ),
  rule(
    'node1',
    ['raw', 'PREROUTING', '-m length --length 1401:65535 -j DROP'],
    ['A packet of 1500 bytes crosses in one piece'],
  ),
  ['node2', 'kill $(cat /run/confd.pid)', '', ['confd still runs']],
  ['node2', 'birdc down; while kill -0 $(cat /run/bird.pid); do sleep 0.01; done', '', ['bird still runs']],
  [
    'master',
    'kill $(cat /run/etcd.pid); while kill -0 $(cat /run/etcd.pid); do sleep 0.01; done',
    '',
    ['etcd still runs'],
  ],
];

const ofReflector: Mutation[] = [
  [
    'node2',
    'echo 3 > /run/calico/sessions.mesh',
    'echo 4 > /run/calico/sessions.mesh',
    ['As a mesh they kept 10: each node one with every other'],
  ],
  byHand('node1', 'ip route VERB 10.99.0.0/16 via 192.168.205.1', [
    'Each node has the very routes that the mesh gave it',
  ]),
  [
    'node1',
    'birdc disable Global_192_168_205_4',
    `birdc enable Global_192_168_205_4 && ${bird.untilConverged(1, 4)}`,
    [
      sessions,
      '5 nodes keep 4 sessions',
      'node1 has node2’s block from master, and it says who is the originator',
      'podB pings podD: neither is at home on the reflector',
      'podA, which is at home on the reflector, pings podB',
    ],
  ],
  rule('node2', ['filter', 'INPUT', '-p icmp -j DROP'], ['podB pings node2']),
  rule('node2', ['filter', 'FORWARD', '-s 192.168.205.3 -j DROP'], ['node1 pings podD on another node']),
];

const counts = (device: string) => `A pod counts the other node as one hop, by the address of its ${device}`;
const oneByteMore = 'One byte more than the MTU is refused at once';
const there = 'podA pings node1: with its own node’s address, so plain both ways';
const nextHops = 'BIRD sends to its peers through tunl0, and so to the pods that they announce';
const tunl0 = 'tunl0 has no peer of its own, the first address of the block, and an MTU of 1480';

/** The pool’s ipipMode is another one, so that BIRD’s routes lead elsewhere. */
const modes = (
  cluster: typeof document,
  [mode, device]: Mode,
  [other, otherDevice]: Mode,
  noticing: string[],
): Mutation => [
  'master',
  `${bird.settings(cluster, other)}\n${bird.untilLearned('10.42.1.0/26', otherDevice)}`,
  `${bird.settings(cluster, mode)}\n${bird.untilLearned('10.42.1.0/26', device)}`,
  noticing,
];
type Mode = [bird.IpIpMode, string];

const ofIpIp: Mutation[] = [
  ['node2', 'ip link set tunl0 mtu 1400', 'ip link set tunl0 mtu 1480', [tunl0]],
  [
    'podA',
    'ip link set eth0 mtu 1500',
    'ip link set eth0 mtu 1480',
    ['The MTU is 1480 in the pods, so that the outer header has room', oneByteMore],
  ],
  modes(
    document,
    ['Always', 'tunl0'],
    ['Never', 'enp0s1'],
    [anyRoute, nextHops, otherNode, thirdNode, 'master pings podB: with the address of tunl0'],
  ),
  notOutgoing('master', [there]),
  rule('node1', ['mangle', 'PREROUTING', '-j TTL --ttl-inc 1'], [counts('tunl0')]),
  rule('node1', ['raw', 'PREROUTING', '-m length --length 1401:65535 -j DROP'], [full]),
];

const within = 'podA pings podB in the same subnet';
const routed: typeof document = { ...document, node2: { ...document.node2, address: '192.168.206.5' } };

const ofCrossSubnet: Mutation[] = [
  byHand('gw', 'ip route VERB 10.42.3.0/26 via 192.168.205.4', ['The router knows no pods']),
  rule(
    'gw',
    ['mangle', 'PREROUTING', '-j TTL --ttl-inc 1'],
    [
      'podA pings podD in the other subnet',
      'The outer TTL is a copy: traceroute’s second probe ends at the router, unsaid',
    ],
  ),
  modes(
    routed,
    ['CrossSubnet', 'enp0s1'],
    ['Always', 'tunl0'],
    [anyRoute, within, 'master pings podB in the same subnet: with its own address'],
  ),
  notOutgoing('master', ['podA pings node1']),
  rule(
    'node2',
    ['filter', 'INPUT', '-p icmp -j DROP'],
    ['podA pings node2: with its own node’s address, so plain both ways'],
  ),
];

const ofVxlan: Mutation[] = [
  [
    'node2',
    'ip link set vxlan.calico mtu 1400',
    'ip link set vxlan.calico mtu 1450',
    ['vxlan.calico has VXLAN id 4096, UDP port 4789, and an MTU of 1450'],
  ],
  ['podA', 'ip link set eth0 mtu 1500', 'ip link set eth0 mtu 1450', ['The MTU is 1450 in the pods', oneByteMore]],
  byHand('node1', 'ip route VERB 10.42.3.0/26 via 10.42.0.64 dev vxlan.calico onlink', [
    'Each other node’s block is behind its end of the tunnel, and no daemon wrote so',
  ]),
  [
    'node1',
    `ip neigh replace 10.42.2.0 lladdr ${vtepMac('node2')} dev vxlan.calico nud reachable`,
    `ip neigh replace 10.42.2.0 lladdr ${vtepMac('node2')} dev vxlan.calico nud permanent`,
    ['Each other end is a permanent neighbour'],
  ],
  [
    'node1',
    'bridge fdb append 66:00:00:00:00:01 dev vxlan.calico dst 192.168.205.9 self permanent',
    'bridge fdb del 66:00:00:00:00:01 dev vxlan.calico dst 192.168.205.9 self',
    ['Each of those MACs has an fdb entry with the other node’s address'],
  ],
  byHand('node2', 'ip route VERB 10.42.3.0/26 via 192.168.205.4 proto bird', [
    'There is no BIRD: nobody speaks BGP, and no route is one of its',
  ]),
  rule('node1', ['mangle', 'PREROUTING', '-j TTL --ttl-inc 1'], [counts('vxlan.calico')]),
  rule('node1', ['raw', 'PREROUTING', '-m length --length 1401:65535 -j DROP'], [full]),
  rule(
    'node1',
    ['raw', 'PREROUTING', '-p udp --dport 4789 -j DROP'],
    [otherNode, 'master pings podB: with the address of vxlan.calico'],
  ),
  rule('master', ['raw', 'PREROUTING', '-p udp --dport 4789 -j DROP'], [thirdNode]),
  notOutgoing('master', [there]),
  [
    'node2',
    'ip link set vxlan.calico down',
    '',
    ['At UDP port 4789 is the kernel itself: the socket belongs to no process'],
  ],
];

const labs: [name: string, lab: Lab, mutations: Mutation[]][] = [
  ['calico-bgp', bgp as Lab, ofBgp],
  ['calico-route-reflector', reflector as Lab, ofReflector],
  ['calico-vxlan', vxlan as Lab, ofVxlan],
  ['calico-ipip', ipip as Lab, ofIpIp],
  ['calico-ipip-cross-subnet', crossSubnet as Lab, ofCrossSubnet],
];

/** What a lab shares with one before it is tried there. */
const triedUpTo = (name: string) =>
  labs
    .slice(0, labs.findIndex(([each]) => each === name) + 1)
    .flatMap(([, , mutations]) => mutations.flatMap(([, , , noticing]) => noticing));

for (const [name, lab, mutations] of labs)
  describe(`No check and no walk of ${name} passes in vain`, function () {
    this.timeout(120_000);
    const planned = plan(lab, name);
    let runtime: Runtime;
    let eyes: Live;
    before(async () => {
      ({ runtime } = await start(planned, 'auto', {}, () => {}));
      expect(await setUp(planned, runtime, findings(), () => {})).to.equal(true);
      eyes = await live(planned, runtime);
    });
    after(() => runtime?.[Symbol.asyncDispose]());

    const verdicts = (titles: readonly string[]) => verdictsOf(eyes, planned, titles);

    const all = (titles: string[], each: string) => Object.fromEntries(titles.map((title) => [title, each]));

    it('is all tried', () => {
      const titles = [...planned.checks, ...planned.matrices].map(({ title }) => title);
      expect(triedUpTo(name)).to.include.members([...titles, ...planned.walks.map(({ name }) => name)]);
    });

    for (const [place, change, undo, noticing] of mutations)
      it(`${place}# ${change.split('\n')[0]}`, async () => {
        const type = async (lines: string) => {
          const { code, stderr } = await runtime.script(place, lines, { timeoutMs: 60_000 });
          expect(code, stderr).to.equal(0);
          await eyes.watch.refresh();
        };
        await type(change);
        expect(await verdicts(noticing)).to.deep.equal(all(noticing, 'failed'));
        if (!undo) return;
        await type(undo);
        let again = await verdicts(noticing);
        for (let i = 0; i < 20 && Object.values(again).includes('failed'); i++) again = await verdicts(noticing);
        expect(again).to.deep.equal(all(noticing, 'passed'));
      });
  });

describe('A Calico cluster of any size', () => {
  it('has the documented one in it', () => {
    expect(sized({})).to.deep.equal(document);
    const large = sized({ nodes: 30, pods: 4 });
    expect(nodesOf(large)).to.have.length(30);
    expect(podsOf(large)).to.have.length(120).and.include.members(podsOf(document));
    for (const [name, node] of Object.entries(document)) {
      expect(large).to.have.deep.nested.property(`${name}.address`, node.address);
      expect(large).to.have.deep.nested.property(`${name}.pods`).that.includes(node.pods);
    }
  });

  it('is refused in a sentence where its nodes or pods find no room, and where it would lack documented ones', () => {
    const most = 'from 3 to 252, since the document has three, and 192.168.205.0/24 has room for 252';
    for (const nodes of [2, 253, 3.5]) expect(() => sized({ nodes })).to.throw(`${nodes} nodes cannot be: ${most}`);
    for (const pods of [0, 63, Number.NaN])
      expect(() => sized({ pods })).to.throw(`${pods} pods a node cannot be: from 1 to 62`);
  });

  it('is planned in all five labs', () => {
    for (const each of [sizedBgp, sizedReflector, sizedVxlan, sizedIpip, sizedCrossSubnet]) {
      const { nodes } = plan(each({ nodes: 9, pods: 3 }), 'calico');
      expect(nodes.map(({ name }) => name)).to.include.members(['node8']);
      expect(() => each({ nodes: 2 })).to.throw('2 nodes cannot be');
    }
    expect(plan(sizedReflector({ pods: 2 }), 'calico').nodes.map(({ name }) => name)).to.include.members(['node4']);
  });

  it('is told who has which MAC where its kernel could not keep all of that, as each node speaks with each', () => {
    const stepsOf = (lab: Lab) => plan(lab, 'calico').steps;
    const isTold = (step: { title: string }) => step.title.startsWith('Tell the nodes each other’s MAC');
    for (const each of [sizedBgp, sizedReflector, sizedIpip, sizedCrossSubnet]) {
      expect(stepsOf(each({})).some(isTold)).to.equal(false);
      const told = stepsOf(each({ nodes: 51 }))
        .find(isTold)
        ?.commands?.find(({ place }) => place === 'node1')?.lines;
      expect(told).to.have.length(each === sizedCrossSubnet ? 26 : 51);
      expect(told!.slice(1).every((line) => line.startsWith('ip neigh add 192.168.205.'))).to.equal(true);
    }
  });

  it('puts its nodes in turn into two subnets, where there are two', () => {
    const networks = Object.values<CalicoNode>(acrossSubnets(sized({ nodes: 6 }))).map(networkOf);
    const [near, far] = ['192.168.205.0/24', '192.168.206.0/24'];
    expect(networks).to.deep.equal([near, near, far, near, far, near]);
  });

  it('gives no address and no name twice, and pods those of their node’s block', () => {
    const large = Object.values(sized({ nodes: 252, pods: 62 }));
    const pods = large.flatMap((node) => Object.values(node.pods as Record<string, Pod>).map(({ address }) => address));
    for (const list of [pods, large.map(({ address }) => address), large.map(({ block }) => block)])
      expect(new Set(list).size).to.equal(list.length);
    expect(new Set(podsOf(sized({ nodes: 252, pods: 62 })).map((name) => cali(name))).size).to.equal(pods.length);
    for (const { address, block, pods } of large) {
      expect(Number(address.split('.')[3])).to.be.within(2, 254);
      const [network, first] = /^(.*)\.(\d+)\/26$/.exec(block)!.slice(1) as [string, string];
      for (const pod of Object.values(pods as Record<string, Pod>).map(({ address }) => address)) {
        expect(pod).to.match(new RegExp(`^${network}\\.\\d+$`));
        expect(Number(pod.split('.')[3]) - Number(first)).to.be.within(1, 62);
      }
    }
  });

  it('names devices and tunnel ends as Calico does', () => {
    expect(cali('podA')).to.match(/^cali[0-9a-f]{11}$/);
    expect(vtepMac('master')).to.match(/^66(:[0-9a-f]{2}){5}$/);
  });
});
