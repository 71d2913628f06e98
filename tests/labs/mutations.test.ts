import { expect } from 'chai';
import { check } from '../../src/check.ts';
import { checkMatrices } from '../../src/matrix.ts';
import { type Plan, plan } from '../../src/plan.ts';
import { findings, live, setUp } from '../../src/run.ts';
import { startNetns } from '../../src/runtime/netns.ts';
import type { Live } from '../../src/walk.ts';

/** What is changed by hand, where, and the checks that must notice. */
const mutations: [place: string, command: string, noticing: string[]][] = [
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
  ['node2', 'ip tuntap add dev tun0 mode tun', ['No device on the way leads to a process, as a TUN device would']],
  [
    'master',
    'iptables -t nat -I KUBE-SERVICES -d 10.42.1.9 -j DNAT --to-destination 10.42.1.6',
    ['Pod to pod passes kube-proxy’s chain, and no rule there touches it'],
  ],
  [
    'node1',
    'iptables -t nat -A POSTROUTING -s 10.42.0.0/24 -d 10.42.1.0/24 -j MASQUERADE',
    ['All pods reach all pods without NAT', 'The address a pod has is the one that all others see'],
  ],
  [
    'master',
    'iptables -t nat -A POSTROUTING -s 10.42.0.65 -d 192.168.205.3 -j MASQUERADE',
    ['All nodes reach all pods, and back, without NAT'],
  ],
];

describe('No check of flannel-vxlan passes in vain', function () {
  this.timeout(30_000);
  let planned: Plan;
  before(async () => {
    planned = plan((await import('../../labs/flannel-vxlan.ts')).default, 'flannel-vxlan');
  });

  const verdict = async (eyes: Live, title: string) => {
    const one = planned.checks.find((each) => each.title === title);
    const matrix = planned.matrices.find((each) => each.title === title);
    if (!one && !matrix) throw new Error(`there is no check '${title}'`);
    const results = one ? await check(eyes, one) : await checkMatrices(eyes, [matrix!]);
    return results.some((result) => result.verdict === 'failed') ? 'failed' : results[0]!.verdict;
  };

  for (const [place, command, noticing] of mutations)
    it(`${place}# ${command}`, async () => {
      await using runtime = await startNetns(planned);
      expect(await setUp(planned, runtime, findings(), () => {})).to.equal(true);
      const eyes = await live(planned, runtime);
      const { code, stderr } = await runtime.script(place, command);
      expect(code, stderr).to.equal(0);
      const verdicts = await Promise.all(noticing.map((title) => verdict(eyes, title)));
      expect(verdicts).to.deep.equal(noticing.map(() => 'failed'));
    });
});
