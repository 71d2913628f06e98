import { expect } from 'chai';
import { plan } from '../../src/plan/plan.ts';
import { startAgent } from '../../src/runtime/agent/agent.ts';
import { features, type LacksFeatures, lacking, needs, requireFeatures } from '../../src/runtime/features.ts';
import { local } from '../../src/runtime/machine/local.ts';
import { spoilt } from '../small-lab.ts';
import { needsNamespaces } from '../stand.ts';

const typing = (command: string) =>
  plan(
    spoilt(({ setup }) => Object.assign(setup, { 'One more': { a: command } })),
    'small',
  );

describe('features', () => {
  it('are those that a lab’s commands name, veth and bridge apart', () => {
    expect(needs(typing('ip link add t type ipip local 10.0.0.1\nip link add d type dummy'))).to.deep.equal([
      'ipip',
      'dummy',
    ]);
    expect(needs(typing('ip tunnel add t mode gre local 10.0.0.1'))).to.deep.equal(['gre']);
    expect(needs(typing('tc qdisc add dev eth0 root netem delay 1ms'))).to.deep.equal(['netem']);
    expect(needs(typing('ip link add link eth0 name eth0.10 type vlan id 10'))).to.deep.equal(['vlan']);
    expect(needs(typing('ip link set e1 type bond_slave'))).to.deep.equal([]);
    expect(needs(typing('ip tunnel add t mode ip6ip6 local ::1'))).to.deep.equal(['ip6tnl']);
    expect(needs(typing('ip link add br0 up type bridge vlan_filtering 1'))).to.deep.equal(['vlan_filtering']);
    expect(needs(typing('bridge vlan add dev eth0 vid 10'))).to.deep.equal(['vlan_filtering']);
    expect(needs(typing('tc qdisc add dev eth0 root fq_codel'))).to.deep.equal(['fq_codel']);
    expect(needs(typing('tc qdisc add dev eth0 root handle 1: htb default 10'))).to.deep.equal(['htb']);
    expect(needs(typing('tc qdisc add dev eth0 clsact'))).to.deep.equal(['ingress']);
    expect(needs(typing('ipvsadm -A -t 10.0.0.9:80'))).to.deep.equal(['ip_vs']);
    expect(needs(typing('ip link add v type veth\nip link add b type bridge\necho vxlanish'))).to.deep.equal([]);
  });

  it('are those of a fault too', () => {
    const lab = spoilt(({ faults }) => {
      faults['b is deaf'].break = { b: 'ip link add t type vxlan id 1 dstport 1' };
    });
    expect(needs(plan(lab, 'small'))).to.deep.equal(['vxlan']);
  });

  it('that a kernel lacks are found by trying, as ip itself would find it', async function () {
    needsNamespaces(this);
    const agent = await startAgent(local, ['unshare', ...(process.getuid?.() ? ['-U', '-r'] : []), '-n'], 'test');
    try {
      const absent = await lacking(agent, features);
      const ways: Record<string, string> = {
        ipip: 'ip link add mine type ipip',
        dummy: 'ip link add mine type dummy',
        vrf: 'ip link add mine type vrf table 9',
        vlan: 'ip link add on type veth && ip link add mine link on type vlan id 5',
        macvlan: 'ip link add on type veth && ip link add mine link on type macvlan',
        gretap: 'ip link add mine type gretap local 127.0.0.1 remote 127.0.0.2',
        sit: 'ip link add mine type sit local 127.0.0.1',
        bond: 'ip link add mine type bond',
        ifb: 'ip link add mine type ifb',
        vlan_filtering: 'ip link add mine type bridge vlan_filtering 1',
        htb: 'tc qdisc add dev lo root htb',
        fq: 'tc qdisc add dev lo root fq',
        tbf: 'tc qdisc add dev lo root tbf rate 1mbit burst 10k latency 1ms',
      };
      for (const [feature, way] of Object.entries(ways)) {
        const asked = await agent.run('', [{ argv: ['unshare', '-n', 'sh', '-c', way] }]);
        expect(absent.includes(feature), `${feature}: ${asked.stderr}`).to.equal(asked.code !== 0);
      }
      expect(absent).not.to.include('veth');
      const refused = await requireFeatures(agent, typing('ip link add t type dummy'), 'this kernel').then(
        () => [],
        (error: LacksFeatures) => error.features,
      );
      expect(refused).to.deep.equal(absent.includes('dummy') ? ['dummy'] : []);
    } finally {
      await agent.close();
    }
  });
});
