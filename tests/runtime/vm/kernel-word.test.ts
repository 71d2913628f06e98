import { expect } from 'chai';
import { BadUsage } from '../../../src/plan/usage.ts';
import { readHeader } from '../../../src/runtime/vm/bzimage.ts';
import { kernelText, kernelWord, meant, series } from '../../../src/runtime/vm/kernel-word.ts';
import { memoryFor } from '../../../src/runtime/vm/shape.ts';
import { bzImage } from './kernels.ts';

const releases = [
  '6.1.0-9-cloud-amd64',
  '6.1.0-50-amd64',
  '6.1.0-50-cloud-amd64',
  '6.1.0-50-rt-amd64',
  '6.12.9+deb12-amd64',
  '6.12.9+deb12-rt-amd64',
  '6.12.117+deb12-cloud-amd64',
  '6.10.11+bpo-cloud-amd64',
];

describe('What --kernel names', () => {
  const absolute = (path: string) => `/there/${path.replace('./', '')}`;

  it('is a version, a flavour of it, a release, or the name of a package', () => {
    for (const [text, version, flavour] of [
      ['6.12', '6.12', ''],
      ['6.12-cloud', '6.12', 'cloud'],
      ['6.1.0-50', '6.1.0-50', ''],
      ['6.1.0-50-cloud-amd64', '6.1.0-50', 'cloud-amd64'],
      ['6.12.117+deb12-cloud-amd64', '6.12.117+deb12', 'cloud-amd64'],
      ['6.1.0-0.deb11.7-amd64', '6.1.0-0.deb11.7', 'amd64'],
      ['6.8.0-31-generic', '6.8.0-31', 'generic'],
      ['linux-image-6.12-amd64', '6.12', 'amd64'],
    ] as const)
      expect(kernelWord(text), text).to.deep.equal({ version, flavour });
  });

  it('is a file, with the folder of its modules or without', () => {
    expect(kernelWord('./bzImage', absolute)).to.deep.equal({ image: '/there/bzImage' });
    const both = kernelWord('./bzImage:./lib', absolute);
    expect(both).to.deep.equal({ image: '/there/bzImage', modules: '/there/lib' });
    expect(kernelText(both)).to.equal('/there/bzImage:/there/lib');
    expect(kernelText(kernelWord('6.12-cloud'))).to.equal('6.12-cloud');
  });

  it('is nothing else', () => {
    for (const text of ['', 'cloud', '6', 'bzImage', 'six.one', '6.1 6.2', '6.1;reboot', 'linux-image-amd64'])
      expect(() => kernelWord(text), text).to.throw(BadUsage, /^--kernel is a version or the path of a bzImage, not /);
    for (const text of ['./bzImage:', ':./lib'])
      expect(() => kernelWord(text), text).to.throw(BadUsage, /^--kernel is PATH or PATH:MODULES, not /);
  });

  it('means the newest of a version, for virtual machines where no flavour is named, and never the next version', () => {
    const first = (text: string) => meant(kernelWord(text) as never, releases)[0];
    expect(first('6.1')).to.equal('6.1.0-50-cloud-amd64');
    expect(first('6.12')).to.equal('6.12.117+deb12-cloud-amd64');
    expect(first('6.12.9')).to.equal('6.12.9+deb12-amd64');
    expect(first('6.1-amd64')).to.equal('6.1.0-50-amd64');
    expect(first('6.12-amd64')).to.equal('6.12.9+deb12-amd64');
    expect(first('6.1-rt')).to.equal('6.1.0-50-rt-amd64');
    expect(first('6.1.0-9-cloud-amd64')).to.equal('6.1.0-9-cloud-amd64');
    expect(first('6.1.0-5')).to.equal(undefined);
    expect(first('6.11')).to.equal(undefined);
    expect(meant(kernelWord('6.1.0-50') as never, releases)).to.deep.equal([
      '6.1.0-50-cloud-amd64',
      '6.1.0-50-amd64',
      '6.1.0-50-rt-amd64',
    ]);
    expect(series(releases)).to.deep.equal(['6.1', '6.10', '6.12']);
  });
});

describe('The header of a bzImage', () => {
  it('says the release of the kernel', () => {
    expect(readHeader(bzImage('6.9.0-mine'))).to.deep.equal({ release: '6.9.0-mine' });
  });

  it('is not taken for one where it is none, is cut off, or is not for x86-64', () => {
    const changed = (change: (bytes: Buffer) => void) => {
      const bytes = bzImage('6.9.0-mine');
      change(bytes);
      return readHeader(bytes);
    };
    const elf = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(4096)]);
    expect(readHeader(elf)).to.deep.equal({ why: 'it is an ELF file, such as vmlinux' });
    const none = { why: 'it has no header of a bzImage' };
    for (const bytes of [Buffer.alloc(0), Buffer.from('a text'), bzImage('6.9.0').subarray(0, 0x210)])
      expect(readHeader(bytes)).to.deep.equal(none);
    expect(changed((bytes) => bytes.write('SrdH', 0x202))).to.deep.equal(none);
    expect(changed((bytes) => bytes.writeUInt8(0, 0x211))).to.deep.equal({ why: 'it is a zImage' });
    expect(changed((bytes) => bytes.writeUInt16LE(0, 0x236))).to.deep.equal({ why: 'it is not for x86-64' });
    const silent = { why: 'its header does not say its version' };
    expect(changed((bytes) => bytes.writeUInt16LE(0xffff, 0x20e))).to.deep.equal(silent);
    expect(changed((bytes) => bytes.fill(0, 0x400))).to.deep.equal(silent);
  });
});

describe('The memory of a virtual machine', () => {
  it('has room for the archive, and within half of the rest for what is in it', () => {
    const needs = (mb: number) => memoryFor(mb * 2 ** 20);
    expect(needs(1)).to.equal(512);
    expect(needs(140)).to.equal(512);
    // With 512 MB a stock kernel of Debian 12, with all modules that labs use, did not unpack its first file system.
    expect(needs(158)).to.equal(640);
    for (const mb of [150, 200, 333]) expect((needs(mb) - mb - 64) / 2).to.be.at.least(mb);
  });
});
