import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import type { Context } from 'mocha';
import { find } from '../src/machine/programs.ts';
import { plan } from '../src/plan/plan.ts';
import { macOf } from '../src/runtime/mac.ts';
import { machines } from '../src/runtime/machine-per-node.ts';
import { ownFolder, smallLab } from './commands/packetwalk.ts';
import { twoHosts } from './stand.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The networks of each machine, by node. */
function networks(lab: Record<'nodes' | 'links', unknown>): Record<string, string[]> {
  const planned = plan({ ...twoHosts(), ...lab }, 'test');
  return Object.fromEntries(machines(planned).map(({ node, nics }) => [node, nics.map(({ network }) => network)]));
}

describe('The virtual machines of a lab', () => {
  it('are its hosts and routers, named after the lab as well', () => {
    expect(machines(plan(twoHosts(), 'test')).map(({ name, node }) => [name, node])).to.deep.equal([
      ['test-a', 'a'],
      ['test-b', 'b'],
    ]);
  });

  it('have a network for each cable between two of them, and none for that of a pod', () => {
    const nodes = { a: 'host', b: 'host', pod: 'pod on b' } as const;
    const links = ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24', 'a:eth1 -- b:eth1', 'pod:eth0 -- b:veth'];
    expect(networks({ nodes, links })).to.deep.equal({
      a: ['test-a-eth0', 'test-a-eth1'],
      b: ['test-a-eth0', 'test-a-eth1'],
    });
  });

  it('have one network for all switches that are cabled together, in whatever order', () => {
    const nodes = { s1: 'switch', s2: 'switch', s3: 'switch', s4: 'switch', a: 'host', b: 'host' } as const;
    const wired = [
      'a:eth0 10.0.0.1/24 -- s1',
      'b:eth0 10.0.0.2/24 -- s4',
      's1:x -- s2:x',
      's3:z -- s4:z',
      's2:y -- s3:y',
    ];
    for (const links of [wired, wired.toReversed()]) {
      const { a, b } = networks({ nodes, links });
      expect(a).to.deep.equal(b).and.have.length(1);
    }
  });

  it('have network adapters in the order of the cables, with the name of the interface', () => {
    const links = ['a:z -- b:z', 'b:eth0 10.0.0.2/24 -- a:eth0 10.0.0.1/24'];
    const [a] = machines(plan({ ...twoHosts(), links }, 'test'));
    expect(a!.nics.map((nic) => nic.interface)).to.deep.equal(['z', 'eth0']);
  });
});

describe('The MAC of a virtual machine’s interface', () => {
  it('is the same in every run', () => {
    expect(macOf('lab', 'node', 'eth0')).to.equal('02:4f:5b:b7:ee:cb');
  });

  it('is another for another lab, node or interface', () => {
    const all = [macOf('a', 'b', 'c'), macOf('ab', '', 'c'), macOf('a', 'bc', ''), macOf('a', 'b', 'd')];
    expect(new Set(all)).to.have.property('size', 4);
  });

  it('is an individual address, locally administered', () => {
    for (let i = 0; i < 100; i++) expect(macOf('lab', 'node', `eth${i}`)).to.match(/^02(:[0-9a-f]{2}){5}$/);
  });
});

function needsVagrant(context: Context): void {
  if (find('vagrant')) return;
  const test = context.currentTest ?? context.test;
  if (test) test.title += ' (skipped: there is no vagrant here: apt-get install vagrant vagrant-libvirt)';
  context.skip();
}

describe('The Vagrantfile', function () {
  this.timeout(60_000);
  beforeEach(function () {
    needsVagrant(this);
  });

  /** A command of Vagrant in the top folder; nothing is kept of it. */
  async function vagrant(words: string, env: Record<string, string>) {
    using own = ownFolder();
    const { exitCode, all } = await execa(find('vagrant')!, words.split(' '), {
      cwd: root,
      env: {
        VAGRANT_HOME: join(own.folder, 'home'),
        VAGRANT_DOTFILE_PATH: join(own.folder, 'state'),
        VAGRANT_CHECKPOINT_DISABLE: '1',
        INIT_CWD: own.folder,
        LAB: '',
        ...env,
      },
      reject: false,
      all: true,
      stdin: 'ignore',
      timeout: 50_000,
    });
    return { exitCode, all };
  }

  it('is valid for every lab', async () => {
    for (const LAB of ['flannel-vxlan', 'flannel-vxlan-routed']) {
      const { exitCode, all } = await vagrant('validate', { LAB });
      expect(all).to.include('validated successfully');
      expect(exitCode).to.equal(0);
    }
  });

  it('has a machine for each node of a lab that is named by its file', async () => {
    using own = ownFolder();
    const LAB = join(own.folder, 'mine.ts');
    writeFileSync(LAB, smallLab());
    expect((await vagrant('status', { LAB })).all)
      .to.match(/^mine-a +not created/m)
      .and.match(/^mine-b +not created/m);
  });

  it('takes further settings from a file of one’s own', async () => {
    using own = ownFolder();
    const extra = join(own.folder, 'extra.rb');
    writeFileSync(extra, "Vagrant.configure('2') { |config| config.vm.hostname = 'no name' }\n");
    const { exitCode, all } = await vagrant('validate', { LAB: 'flannel-vxlan', PACKETWALK_VAGRANT_EXTRA: extra });
    expect(all).to.include('should only contain letters');
    expect(exitCode).to.equal(1);
  });

  it('says what to type where no lab is named', async () => {
    const { exitCode, all } = await vagrant('validate', {});
    expect(all).to.match(/Which lab\? Type: LAB=flannel-vxlan vagrant up$/);
    expect(exitCode).to.equal(1);
  });

  it('says which labs there are where one is unknown', async () => {
    expect((await vagrant('validate', { LAB: 'flannel' })).all).to.match(
      /there is no lab flannel\. There is .*\bflannel-vxlan\b/,
    );
  });

  it('says so where there is no Node.js', async () => {
    using own = ownFolder();
    const { all } = await vagrant('validate', { LAB: 'flannel-vxlan', PATH: own.folder });
    expect(all).to.include('there is no `node` here');
  });
});
