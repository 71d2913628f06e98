import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildables, builtFile, moduleFolder, pinnedVersion } from '../../../src/machine/daemons/catalogue.ts';
import { foundDaemons } from '../../../src/machine/daemons/find.ts';
import { needsLibraries } from '../../../src/machine/daemons/program-file.ts';

/** The first 20 bytes of an ELF file for a machine (elf(5)). */
const elf = (machine: number): Buffer => {
  const head = Buffer.alloc(20);
  head.write('\x7fELF\x02\x01', 'latin1');
  head.writeUInt16LE(machine, 18);
  return head;
};
const [X86_64, AARCH64] = [62, 183];
const [own, other] = process.arch === 'x64' ? [X86_64, AARCH64] : [AARCH64, X86_64];

describe('foundDaemons', () => {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-daemons-'));
  after(() => rmSync(folder, { recursive: true }));

  const program = (name: string, contents: string | Buffer, mode = 0o755): string => {
    const path = join(folder, name);
    writeFileSync(path, contents);
    chmodSync(path, mode);
    return path;
  };
  const found = (name: string, path?: string) => foundDaemons([{ name }], new Map(path ? [[name, path]] : []));
  const refusal = (name: string, path?: string) => {
    try {
      found(name, path);
    } catch (error) {
      return error as Error & { verdict: string };
    }
    throw new Error('it was found');
  };

  it('takes the path that was given, a script’s or a program’s', () => {
    const script = program('script', '#!/bin/sh\n');
    expect(found('netd', script)).to.deep.equal([{ name: 'netd', path: script }]);
    const binary = program('binary', elf(own));
    expect(found('netd', binary)).to.deep.equal([{ name: 'netd', path: binary }]);
  });

  it('says of a program whose version is not known with which one its labs were proven', () => {
    const [daemon] = found('flanneld', program('flanneld', '#!/bin/sh\n'));
    expect(daemon).to.have.property(
      'provenWith',
      pinnedVersion(moduleFolder({ folder: 'flannel' }), 'github.com/flannel-io/flannel'),
    );
    expect(daemon).not.to.have.property('version');
  });

  it('looks among the programs of this machine where no path is given', () => {
    expect(found('perl')[0]!.path).to.match(/\/perl$/);
  });

  it('says of one that is nowhere what builds it, and how its path is given', () => {
    const { message, verdict } = refusal('no-such-daemon');
    expect(message).to.equal(
      'the real no-such-daemon is not on this machine.\nSay where it is: --daemon no-such-daemon=PATH',
    );
    expect(verdict).to.equal('skipped');
  });

  it('has one that was built here, with its version, and else says the line that builds it', () => {
    const before = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = join(folder, 'cache');
    try {
      expect(refusal('kube-proxy').message).to.contain('Build it, with Go: packetwalk daemons kube-proxy');
      expect(builtFile(buildables.find(({ name }) => name === 'kube-proxy')!)).to.match(
        /cache\/packetwalk\/daemons\/kube-proxy-v1\.36\.3-[0-9a-f]{12}\/kube-proxy$/,
      );
    } finally {
      if (before === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = before;
    }
  });

  it('refuses what this machine cannot run, and says why', () => {
    const said = (path: string) => refusal('netd', path).message.replaceAll(folder, '').split('\n');
    const reason = (path: string) => said(path)[0];
    expect(reason(program('foreign', elf(other)))).to.match(
      /^netd: \/foreign is a program for \w+, and this machine is \w+\.$/,
    );
    expect(reason(program('text', 'hello\n'))).to.contain('is neither a program nor a script');
    expect(reason(program('empty', ''))).to.contain('is neither a program nor a script');
    expect(reason(join(folder, 'none'))).to.equal('netd: /none is not there.');
    expect(reason(folder)).to.contain('is no file');
    if (process.getuid?.() !== 0) expect(reason(program('locked', elf(own), 0o644))).to.contain('chmod +x');
    expect(said(join(folder, 'none'))[1]).to.equal('Say where one is that runs here: --daemon netd=PATH');
    expect(refusal('flanneld', folder).message).to.contain('Build one, with Go: packetwalk daemons flanneld\n');
    expect(refusal('netd', join(folder, 'none')).name).to.equal('BadUsage');
  });
});

describe('needsLibraries', () => {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-daemons-'));
  after(() => rmSync(folder, { recursive: true }));

  /** An ELF file for 64 bits with two program headers, the second of a type. */
  const linked = (type: number): string => {
    const bytes = Buffer.alloc(64 + 2 * 56);
    bytes.write('\x7fELF\x02\x01', 'latin1');
    bytes.writeUInt32LE(64, 0x20);
    bytes.writeUInt16LE(56, 0x36);
    bytes.writeUInt16LE(2, 0x38);
    bytes.writeUInt32LE(1, 64);
    bytes.writeUInt32LE(type, 64 + 56);
    const path = join(folder, String(type));
    writeFileSync(path, bytes);
    return path;
  };

  it('says it of a program that names a dynamic linker, and of no script', () => {
    const script = join(folder, 'script');
    writeFileSync(script, '#!/bin/sh\n');
    expect([linked(3), linked(4), script].map(needsLibraries)).to.deep.equal([true, false, false]);
  });
});

describe('buildables', () => {
  it('have each a go.mod that pins the version, and a go.sum that has its checksum', async () => {
    const { moduleFolder, pinnedVersion } = await import('../../../src/machine/daemons/catalogue.ts');
    const { readFileSync } = await import('node:fs');
    for (const each of buildables) {
      const version = pinnedVersion(moduleFolder(each), each.module);
      expect(version, each.name).to.match(/^v\d+\.\d+\.\d+$/);
      expect(readFileSync(join(moduleFolder(each), 'go.sum'), 'utf8')).to.contain(`${each.module} ${version} h1:`);
    }
  });
});
