import { expect } from 'chai';
import { plan } from '../../src/plan/plan.ts';
import { startAgent } from '../../src/runtime/agent/start.ts';
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
    const filter =
      'tc filter add dev eth0 ingress protocol ip pref 1 flower dst_ip 10.0.0.9 action pedit ex munge ip ttl set 9 pipe csum ip';
    expect(needs(typing(filter))).to.deep.equal(['cls_flower', 'act_pedit', 'act_csum']);
    expect(
      needs(typing('tc filter replace dev eth0 egress matchall action mirred egress mirror dev e1')),
    ).to.deep.equal(['cls_matchall', 'act_mirred']);
    expect(needs(typing('ipvsadm -A -t 10.0.0.9:80'))).to.deep.equal(['ip_vs']);
    expect(needs(typing('ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1'))).to.deep.equal(['esp']);
    expect(needs(typing('ip link add v type veth\nip link add b type bridge\necho vxlanish'))).to.deep.equal([]);
  });

  it('are those that a lab states, whether a line of it names them or not; lines add to them', () => {
    const stating = (needs: unknown, command = 'true') =>
      plan(
        spoilt((lab) => {
          lab.needs = needs;
          lab.setup.More = { a: command };
        }),
        'small',
      );
    expect(needs(stating({ devices: ['newkind', 'veth'], kernel: ['netem'] }))).to.deep.equal(['newkind', 'netem']);
    expect(needs(stating({ devices: ['vlan'] }, 'ip link add d type dummy'))).to.deep.equal(['vlan', 'dummy']);
    expect(needs(stating({ kernel: [{ part: 'mine', probe: 'true' }] }))).to.deep.equal(['mine']);
  });

  it('that a lab states are tried: a new kind of device by making one, a part of its own by its probe', async function () {
    needsNamespaces(this);
    const agent = await startAgent(local, ['unshare', ...(process.getuid?.() ? ['-U', '-r'] : []), '-n'], 'test');
    try {
      const kernel = [
        { part: 'mine', probe: 'test -d /proc/sys/net/ipv4' },
        { part: 'theirs', probe: 'cat /proc/sys/net/nothing' },
      ];
      const stated = { devices: ['newkind', 'bridge'], kernel, programs: ['ip'] };
      expect(await lacking(agent, ['newkind', 'bridge', 'mine', 'theirs'], stated)).to.deep.equal([
        'newkind',
        'theirs',
      ]);
      const refusal = (needs: unknown) =>
        requireFeatures(
          agent,
          plan(
            spoilt((lab) => (lab.needs = needs)),
            'small',
          ),
          'this kernel',
        ).then(
          () => '',
          ({ message }: Error) => message,
        );
      expect(await refusal(stated)).to.equal('this kernel has no newkind, no theirs');
      expect(await refusal({ programs: ['ip', { command: 'no-such-program' }] })).to.equal(
        'where this kernel runs, there is no no-such-program',
      );
      expect(await refusal({ programs: ['ip', 'sysctl'], kernel: kernel.slice(0, 1) })).to.equal('');
    } finally {
      await agent.close();
    }
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
        cls_flower: 'tc qdisc add dev lo clsact && tc filter add dev lo ingress protocol ip flower',
        act_pedit: 'tc actions add action pedit ex munge ip ttl set 1',
        act_mirred: 'tc actions add action mirred egress redirect dev lo',
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
