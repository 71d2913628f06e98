import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { buildables, moduleFolder, pinnedVersion } from '../../../src/machine/daemons/catalogue.ts';
import { isOtherVersion, saidVersion } from '../../../src/machine/daemons/versions.ts';

describe('saidVersion', () => {
  it('reads what daemons print when they are asked for their versions', () => {
    const printed = [
      'v0.28.10\n',
      'Kubernetes v1.36.3\n',
      'Running /run/daemons/kube-router-v9.9/kube-router version v2.1.0, built on , go1.26.8\n',
      'CNI bridge plugin v1.10.0\nCNI protocol versions supported: 0.1.0, 0.2.0\n',
      'gobgpd version 3.37.0\n',
      'CoreDNS-1.14.2\nlinux/amd64, go1.26.1, dd1df4f\n',
      'netd (v1.2.3-rc.1+build.7)\n',
      '{"version":"3.1"}',
    ];
    expect(printed.map(saidVersion)).to.deep.equal([
      ...['v0.28.10', 'v1.36.3', 'v2.1.0', 'v1.10.0', '3.37.0', '1.14.2', 'v1.2.3-rc.1+build.7', '3.1'],
    ]);
  });

  it('finds none where none is told', () => {
    const printed = [
      '',
      'CNI bridge plugin version unknown\nCNI protocol versions supported: 0.1.0, 0.2.0\n',
      'netd listens at 10.0.0.1:53 and writes /etc/netd/v1.2/conf\n',
      'version 7\n',
      'netd is ready\nv1.2.3\n',
    ];
    expect(printed.map(saidVersion)).to.deep.equal(printed.map(() => undefined));
  });
});

describe('isOtherVersion', () => {
  it('compares the first two numbers, as numbers', () => {
    const others = [
      ['v0.27.4', 'v0.28.10'],
      ['v1.28.10', 'v0.28.10'],
      ['3.1', '3.10.0'],
    ] as const;
    const alike = [
      ['v0.28.7', 'v0.28.10'],
      ['3.37.0', 'v3.37.0'],
      ['v1.10.0-rc.1', 'v1.10.0'],
    ] as const;
    expect(others.map(([a, b]) => isOtherVersion(a, b))).to.deep.equal([true, true, true]);
    expect(alike.map(([a, b]) => isOtherVersion(a, b))).to.deep.equal([false, false, false]);
  });

  it('says that what labs were proven with is what was recorded of the daemons', () => {
    const recorded = fileURLToPath(new URL('../../conformance/recorded', import.meta.url));
    const headers = readdirSync(recorded, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').match(/^# daemon: .*/gm) ?? []);
    const names = { flanneld: 'flanneld', 'kube-proxy': 'kube-proxy', 'kube-router': 'kube-router' };
    const told = { ...names, 'cni-bridge': 'CNI plugins bridge and host-local' };
    for (const [name, words] of Object.entries(told)) {
      const buildable = buildables.find((each) => each.name === name)!;
      const pinned = pinnedVersion(moduleFolder(buildable), buildable.module)!;
      const versions = headers.flatMap((line) => (line.includes(` ${words} v`) ? [saidVersion(line)!] : []));
      expect(versions, name).not.to.deep.equal([]);
      expect(
        versions.filter((version) => isOtherVersion(version, pinned)),
        name,
      ).to.deep.equal([]);
    }
  });
});
