import { expect } from 'chai';
import { cali } from '../../labs/kit/calico/cluster.ts';
import { calicoPolicy, felixName, felixPolicies, policyChain, setOf } from '../../labs/kit/network-policy/felix.ts';
import { app, enforced, type NetworkPolicy, namespace, policy } from '../../labs/kit/network-policy/objects.ts';
import lab from '../../labs/network-policy.ts';
import type { Lab } from '../../src/lab/words.ts';
import { ended } from './ended.ts';
import { noneInVain } from './in-vain.ts';

const pods = [
  { name: 'web', namespace: 'default', labels: { app: 'web' }, address: '10.42.0.2', node: 'n1' },
  { name: 'db', namespace: 'default', labels: { app: 'db' }, address: '10.42.0.3', node: 'n1' },
  { name: 'probe', namespace: 'ops', labels: { app: 'probe' }, address: '10.42.1.2', node: 'n2' },
];

const ingress = (from: NonNullable<NetworkPolicy['spec']['ingress']>[0]['from'], port = 80) =>
  policy('db', { podSelector: app('db'), policyTypes: ['Ingress'], ingress: [{ from, ports: [{ port }] }] });

describe('NetworkPolicies', () => {
  const refused = (...policies: NetworkPolicy[]) => {
    try {
      enforced(policies, pods);
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };

  it('are taken as they are where each selector fits a pod', () => {
    const policies = [ingress([{ podSelector: app('web') }, { namespaceSelector: namespace('ops') }])];
    expect(enforced(policies, pods)).to.equal(policies);
  });

  it('are refused where they would do nothing: a selector that fits no pod, rules that no policyType asks', () => {
    expect(refused(policy('x', { podSelector: app('dbb'), policyTypes: ['Ingress'] }))).to.include(
      'default/x selects no pod of its namespace',
    );
    expect(refused(policy('ops/x', { podSelector: app('db'), policyTypes: ['Ingress'] }))).to.include(
      'ops/x selects no pod',
    );
    expect(refused(ingress([{ podSelector: app('probe') }]))).to.include('has a peer that is no pod');
    const spec = { podSelector: {}, ingress: [], egress: [] };
    expect(refused(policy('x', { ...spec, policyTypes: [] }))).to.equal(
      'default/x has ingress rules, and no Ingress among its policyTypes: they would not be asked; default/x has egress rules, and no Egress among its policyTypes: they would not be asked',
    );
  });

  it('are refused with a block that is no CIDR, an exception outside of it, a port that is none', () => {
    for (const cidr of ['', '203.0.113.0', '203.0.113.0/33', '203.0.113/24'])
      expect(refused(ingress([{ ipBlock: { cidr } }]))).to.equal(
        `default/db has the block '${cidr}', which is no CIDR such as 203.0.113.0/24`,
      );
    const except = ['203.0.114.0/26'];
    expect(refused(ingress([{ ipBlock: { cidr: '203.0.113.0/24', except } }]))).to.equal(
      "default/db excepts '203.0.114.0/26', which is not within 203.0.113.0/24",
    );
    expect(refused(ingress([{ podSelector: {} }], 0))).to.include('the port 0, which is not in 1-65535');
  });

  const rulesOf = (one: NetworkPolicy, node = 'n1') => felixPolicies([calicoPolicy(one, pods)], pods, node);

  it('have a chain each where a pod has them, named as Calico names what it makes of Kubernetes’ policies', () => {
    expect(policyChain('ingress', felixName('calico-system/allow-apiserver'))).to.equal('cali-pi-_RPHPUh868v26JJg7645');
    expect(rulesOf(ingress([{ podSelector: {} }]), 'n2').rules.filter((line) => line.includes('cali-p'))).to.deep.equal(
      [
        ':cali-pri-kns.ops -',
        '-A cali-pri-kns.ops -m comment --comment "Profile kns.ops ingress" -j MARK --set-xmark 0x10000/0x10000',
        `-R cali-tw-${cali('probe', 'ops')} 4 -j cali-pri-kns.ops`,
        ':cali-pro-kns.ops -',
        '-A cali-pro-kns.ops -m comment --comment "Profile kns.ops egress" -j MARK --set-xmark 0x10000/0x10000',
        `-R cali-fw-${cali('probe', 'ops')} 6 -j cali-pro-kns.ops`,
      ],
    );
  });

  it('name pods by sets: of their own namespace, or of that which a selector names', () => {
    const own = setOf(
      '(projectcalico.org/namespace == "default" && (projectcalico.org/orchestrator == "k8s" && app == "web"))',
      [],
    );
    expect(rulesOf(ingress([{ podSelector: app('web') }])).sets).to.deep.equal([
      `create ${own.name} hash:net family inet`,
      `add ${own.name} 10.42.0.2`,
    ]);
    expect(rulesOf(ingress([{ namespaceSelector: namespace('ops') }])).sets[1]).to.match(/ 10\.42\.1\.2$/);
    expect(rulesOf(ingress([{ namespaceSelector: {} }])).sets).to.have.length(4);
  });

  it('return after each rule that allows but the last, and take a bit away from exceptions', () => {
    const except = ['203.0.113.64/26'];
    const one = ingress([{ ipBlock: { cidr: '10.0.0.0/8' } }, { ipBlock: { cidr: '203.0.113.0/24', except } }]);
    const chain = policyChain('ingress', felixName('default/db'));
    expect(rulesOf(one).rules.filter((line) => line.startsWith(`-A ${chain}`))).to.deep.equal([
      `-A ${chain} -s 10.0.0.0/8 -p tcp -m comment --comment "Policy default/knp.default.db ingress" -m multiport --dports 80 -j MARK --set-xmark 0x10000/0x10000`,
      `-A ${chain} -m mark --mark 0x10000/0x10000 -j RETURN`,
      `-A ${chain} -j MARK --set-xmark 0x80000/0x180000`,
      `-A ${chain} -s 203.0.113.64/26 -j MARK --set-xmark 0x0/0x80000`,
      `-A ${chain} -s 203.0.113.0/24 -p tcp -m multiport --dports 80 -m mark --mark 0x80000/0x80000 -j MARK --set-xmark 0x10000/0x10000`,
    ]);
  });
});

const [toDb, otherPort, noFrontend, outAndIn, notOut, fromBlock, excepted, ownNode] = [
  'podA calls podB: the policy db lets app=frontend in, at port 80',
  'podA calls podB at port 81, of which no policy speaks, and hears nothing',
  'podC calls podB on its own node, and is no frontend',
  'podD calls podC: one policy lets it out, another one in',
  'podD calls podB, which its own policy does not let out',
  'client calls podC from the block of addresses that may',
  'stranger calls podC from addresses that the block excepts',
  'node1 calls podB, its own pod: no policy is asked',
] as const;
const [who, inFilter, marks, order, sets] = [
  'Who may call whom: of all others nothing is heard',
  'The chains of policies are in filter and in no other table, and only at nodes whose pods have them',
  'A policy’s chain marks what it allows, and refuses nothing',
  'A pod’s chain asks its policies in the order of their names, and then drops',
  'Labels are sets of addresses: a node has those that its pods’ policies ask',
] as const;

const accepts = (from: string) => `iptables -I FORWARD -s ${from} -j ACCEPT`;

noneInVain('network-policy', lab as Lab, [
  ['node1', "for set in $(ipset list -n | grep '^cali40s:'); do ipset flush $set; done", [toDb, outAndIn, who, sets]],
  ['node1', accepts('10.42.0.0/16'), [otherPort, noFrontend, who]],
  ['node1', accepts('203.0.113.0/24'), [excepted, fromBlock, who]],
  ['node2', accepts('10.42.2.6'), [notOut, who]],
  ['node1', 'iptables -I OUTPUT -d 10.42.1.9 -j DROP', [ownNode, who]],
  ['node1', 'iptables -t mangle -N cali-pi-_another', [inFilter]],
  ['node1', `iptables -A ${policyChain('ingress', felixName('default/deny-all'))} -j DROP`, [marks, outAndIn]],
  ['node1', `iptables -F cali-tw-${cali('podB')}`, [order, noFrontend]],
  ...['podA', 'podB', 'podC', 'podD', 'client'].map((name): [string, string, string[]] => [
    name,
    ended(name),
    [`${name} still runs`],
  ]),
  ['podB', ended('podB-81'), ['podB-81 still runs']],
]);
