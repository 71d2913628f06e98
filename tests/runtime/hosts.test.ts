import { expect } from 'chai';
import { plan } from '../../src/plan/plan.ts';
import { reenterHosts, startOnHosts } from '../../src/runtime/hosts.ts';
import { local } from '../../src/runtime/machine/local.ts';
import type { Machine, Program } from '../../src/runtime/machine/machine.ts';
import { rootless } from '../../src/runtime/netns/index.ts';
import { needsNamespaces, twoHosts } from '../stand.ts';

describe('A lab that stands on several hosts', () => {
  const planned = plan(twoHosts(), 'test');
  const hosts = (...machines: [Machine, Machine]) =>
    machines.map((machine, i) => ({ machine, kernel: 'this kernel', rootless, nodes: [['a', 'b'][i]!] }));

  it('is entered on all of them or on none: what was begun ends, and all are let go of', async function () {
    needsNamespaces(this);
    const stood = await startOnHosts(planned, hosts(local, local));
    const begun: Program[] = [];
    const closed: string[] = [];
    const answers: Machine = {
      ...local,
      async start(argv) {
        const program = await local.start(argv);
        begun.push(program);
        return program;
      },
      close: () => void closed.push('one'),
    };
    const refuses: Machine = {
      ...local,
      start: () => Promise.reject(new Error('it has no room for more')),
      close: () => void closed.push('two'),
    };
    try {
      const entered = reenterHosts(planned, hosts(answers, refuses), stood.keys);
      expect(await entered.catch((error: Error) => error.message)).to.equal('it has no room for more');
      expect(closed).to.deep.equal(['one', 'two']);
      expect(await Promise.all(begun.map(({ ended }) => ended))).to.have.length(1);
      expect((await stood.script('a', 'echo it stands')).stdout).to.equal('it stands\n');
    } finally {
      await stood.close();
    }
  });
});
