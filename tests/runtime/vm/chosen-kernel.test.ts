import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BadUsage } from '../../../src/plan/usage.ts';
import { exactly, foundKernel, identity } from '../../../src/runtime/vm/chosen-kernel.ts';
import { ownFolder } from '../../commands/packetwalk.ts';
import { writeKernel, writeModules } from './kernels.ts';

describe('The kernel that is asked for', () => {
  const own = ownFolder();
  after(() => own[Symbol.dispose]());
  const at = (...names: string[]) => join(own.folder, ...names);
  const cache = at('cache');
  const R = '99.1.0-mine';

  /** As `found`, but for that a refusal is told. */
  const said = (text: string) =>
    foundKernel(text, cache).then(
      ({ release }) => expect.fail(`${text} is ${release}`),
      (error: Error) => {
        expect(error, error.stack).to.be.instanceOf(BadUsage);
        return error.message.replaceAll(own.folder, '~');
      },
    );

  before(() => {
    writeKernel(at('boot', 'vmlinuz-mine'), R);
    writeModules(at('lib', 'modules', R), R);
  });

  it('by its path, has its modules where an unpacked package or a build leaves them', async () => {
    const { kernel } = await foundKernel(at('boot', 'vmlinuz-mine'), cache);
    expect(kernel).to.include({ release: R, modules: at('lib', 'modules', R), own: true });
    writeKernel(at('build', 'bzImage'), R);
    writeModules(at('build', 'lib', 'modules', R), R);
    const built = await foundKernel(at('build', 'bzImage'), cache);
    expect(built.kernel!.modules).to.equal(at('build', 'lib', 'modules', R));
  });

  it('by its path and a folder, has its modules there, or where make modules_install puts them in it', async () => {
    const image = writeKernel(at('alone', 'bzImage'), R);
    for (const folder of [at('lib', 'modules', R), own.folder])
      expect((await foundKernel(`${image}:${folder}`, cache)).kernel!.modules).to.equal(at('lib', 'modules', R));
  });

  it('is refused where its file is none, or has no modules', async () => {
    expect(await said(at('nosuch'))).to.match(/^~\/nosuch cannot be read: ENOENT/);
    expect(await said(own.folder)).to.match(/^~ cannot be read: EISDIR/);
    writeFileSync(at('text'), 'no kernel at all');
    expect(await said(at('text'))).to.match(
      /^~\/text is no kernel that a virtual machine starts: it has no header of a bzImage\nNeeded is a bzImage for x86-64/,
    );
    const image = writeKernel(at('lonely', 'deep', 'bzImage'), R);
    expect(await said(image)).to.match(/^there are no modules of Linux 99\.1\.0-mine beside ~\/lonely\/deep\/bzImage:/);
    mkdirSync(at('empty'));
    expect(await said(`${image}:${at('empty')}`)).to.match(/^~\/empty has no modules\.dep: .*\n.*make modules_install/);
  });

  it('is refused with modules of another kernel, or without some that labs need', async () => {
    const image = at('boot', 'vmlinuz-mine');
    writeModules(at('others'), '99.2.0-other');
    expect(await said(`${image}:${at('others')}`)).to.equal(
      '~/others has the modules of Linux 99.2.0-other, and ~/boot/vmlinuz-mine is Linux 99.1.0-mine',
    );
    writeModules(at('few'), R, ['vxlan', 'ipip']);
    expect(await said(`${image}:${at('few')}`)).to.equal(
      'Linux 99.1.0-mine lacks vxlan, ipip, which labs need: neither in ~/few nor built in',
    );
  });

  it('by its version, is one that was downloaded before; the one for virtual machines, and the newest', async () => {
    for (const release of ['98.1.0-1-amd64', '98.1.0-2-amd64', '98.1.0-1-cloud-amd64']) {
      writeKernel(at('cache', `kernel-${release}`, 'boot', `vmlinuz-${release}`), release);
      writeModules(at('cache', `kernel-${release}`, 'lib', 'modules', release), release);
    }
    const release = async (text: string) => (await foundKernel(text, cache)).release;
    expect(await release('98.1')).to.equal('98.1.0-1-cloud-amd64');
    expect(await release('98.1-amd64')).to.equal('98.1.0-2-amd64');
    expect(await release('98.1.0-1-amd64')).to.equal('98.1.0-1-amd64');
  });

  it('is not one whose download was cut short, or that lacks what labs need', async () => {
    const release = '98.2.0-1-amd64';
    writeKernel(at('cache', 'packages-0a1b', 'boot', `vmlinuz-${release}`), release);
    writeModules(at('cache', 'packages-0a1b', 'lib', 'modules', release), release, ['vxlan']);
    cpSync(at('cache', 'kernel-98.1.0-1-amd64'), at('cache', 'kernel-98.3.0-1-amd64.AbC123'), { recursive: true });
    expect(await said('98.2')).to.match(/^there is no Linux 98\.2 /);
    expect(await said('98.3')).to.match(/^there is no Linux 98\.3 /);
  });

  it('is not to be had where nobody has it: it says what there is, or that there is no apt-get', async () => {
    expect(await said('98.7-cloud')).to.match(
      /^there is no Linux 98\.7-cloud (to be had: there is none in \/boot, and apt (has Linux 6|knows of no)|in \/boot, and no apt-get)/,
    );
  });

  it('is the same as another with the same file and the same modules, however it is named', async () => {
    const identityOf = async (text: string) => identity(await foundKernel(text, cache));
    const one = await identityOf(at('boot', 'vmlinuz-mine'));
    symlinkSync(at('lib', 'modules', R), at('linked'));
    cpSync(at('boot', 'vmlinuz-mine'), at('copy', 'bzImage'), { recursive: true });
    expect(await identityOf(`${at('copy', 'bzImage')}:${at('linked')}`)).to.equal(one);
    expect(await identityOf(at('build', 'bzImage'))).not.to.equal(one);
    expect(await identityOf('98.1')).not.to.equal(one);
  });

  it('is told to others as the release that it is, or by its whole path', async () => {
    expect(exactly('98.1', await foundKernel('98.1', cache))).to.equal('98.1.0-1-cloud-amd64');
    const path = at('boot', 'vmlinuz-mine');
    expect(exactly(path, await foundKernel(path, cache))).to.equal(path);
  });
});
