import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { find } from '../../src/machine/programs.ts';
import { logins } from '../../src/runtime/vagrant/index.ts';
import { ownFolder, packetwalk } from '../commands/packetwalk.ts';

const verify = ['verify', 'flannel-vxlan', '--runtime', 'vagrant', '--json'];

describe('vagrant', function () {
  this.timeout(60_000);
  const own = ownFolder();
  after(() => own[Symbol.dispose]());
  const left = () => {
    const runs = join(own.folder, `packetwalk-${process.getuid?.()}`);
    return existsSync(runs) ? readdirSync(runs) : [];
  };

  it('is skipped, with where to find it, where it is not installed', async () => {
    const { stdout, exitCode } = await packetwalk(own.folder, { PATH: own.folder })(...verify);
    expect(exitCode).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ verdict: 'skipped' });
    expect(JSON.parse(stdout).reason).to.match(/Vagrant is not installed.*https:/);
    expect(left()).to.deep.equal([]);
  });

  it('is unknown, with its last words, where it has no provider, and leaves nothing', async function () {
    if (!find('vagrant') || find('VBoxManage')) {
      this.test!.title += ' (skipped: it needs a Vagrant, and no VirtualBox)';
      this.skip();
    }
    const home = { VAGRANT_HOME: join(own.folder, 'home'), VAGRANT_DEFAULT_PROVIDER: 'virtualbox' };
    const { stdout, exitCode } = await packetwalk(own.folder, home)(...verify);
    expect(exitCode).to.equal(2);
    const { verdict, reason } = JSON.parse(stdout);
    expect(verdict).to.equal('unknown');
    expect(reason).to.match(/^vagrant up failed[\s\S]*(VirtualBox|virtualbox|provider)/);
    expect(left()).to.deep.equal([]);
  });

  it('tells how each machine is reached', () => {
    const key = new URL(import.meta.url).pathname;
    const block = (name: string, port: number) => `Host ${name}
  HostName 127.0.0.1
  User vagrant
  Port ${port}
  UserKnownHostsFile /dev/null
  IdentityFile "${key}"
`;
    const found = logins(`${block('lab-a', 2222)}\n${block('lab-b', 2200)}`);
    expect(found.map(({ privateKey: _, ...login }) => login)).to.deep.equal([
      { name: 'lab-a', host: '127.0.0.1', port: 2222, user: 'vagrant' },
      { name: 'lab-b', host: '127.0.0.1', port: 2200, user: 'vagrant' },
    ]);
    expect(found[0]!.privateKey).to.contain('describe');
  });
});
