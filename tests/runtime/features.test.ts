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
      for (const type of ['ipip', 'dummy', 'vrf'] as const) {
        const asked = await agent.run('', [
          {
            argv: ['sh', '-c', `ip link add mine type ${type} ${type === 'vrf' ? 'table 9' : ''} && ip link del mine`],
          },
        ]);
        expect(absent.includes(type), `${type}: ${asked.stderr}`).to.equal(asked.code !== 0);
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
