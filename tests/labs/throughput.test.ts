import { expect } from 'chai';
import hostGw from '../../labs/flannel-host-gw.ts';
import udp from '../../labs/flannel-udp.ts';
import { throughput } from '../../labs/kit/flannel/beside.ts';
import { plan } from '../../src/plan/plan.ts';
import { check } from '../../src/prove/check.ts';
import { needsNamespaces, stand, withLoad } from '../stand.ts';

const slower = 'Two processes carry not half of what VXLAN does, which stays in the kernel';

describe('What is said of throughput', function () {
  this.timeout(60_000);
  before(function () {
    needsNamespaces(this);
  });

  it('fails where it is said the wrong way round, and cannot be told where the machine is busy', async () => {
    for (const [lab, from, own, other, than] of [
      [hostGw, 'podA', '10.42.1.9', '10.52.0.2', 'less than half'],
      [udp, 'master', '10.42.1.0', '10.52.1.0', 'more'],
    ] as const) {
      await using stood = await stand(plan(lab, 'flannel'));
      const wrong = throughput('X', { from, name: 'it', to: own, vxlan: other, than, bytes: '1M' });
      const said = async (load: number) => {
        expect((await stood.runtime.script(from, withLoad(load))).code).to.equal(0);
        return (await check(stood, { title: 'x', ...wrong }))[0]!;
      };
      const result = await said(0);
      expect(result.output).to.match(/^In 16 rounds it carries up to [1-9]\d* Mbit\/s, VXLAN [1-9]/m);
      expect(result.verdict).to.equal('failed');
      expect((await said(9999)).verdict).to.equal('unknown');
    }
  });

  it('fails where udp mode’s packets take the way of all others', async () => {
    await using stood = await stand(plan(udp, 'flannel-udp'));
    const shortcut = `ip route add 10.42.1.0/32 via 192.168.205.3; ${withLoad(0)}`;
    expect((await stood.runtime.script('master', shortcut)).code).to.equal(0);
    const one = stood.plan.checks.find(({ title }) => title === slower)!;
    expect((await check(stood, one)).map(({ verdict }) => verdict)).to.deep.equal(['failed']);
  });
});
