import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { plan } from '../../src/plan/plan.ts';
import { daemonVersions } from '../../src/prove/daemon-versions.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { needsNamespaces, twoHosts } from '../stand.ts';

describe('daemonVersions', function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-versions-'));
  after(() => rmSync(folder, { recursive: true }));
  before(function () {
    needsNamespaces(this);
  });

  const daemon = (name: string, script: string, provenWith?: string) => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return { name, path, ...(provenWith && { provenWith }) };
  };

  it('asks each, and nothing is left of one that goes on running instead of answering', async () => {
    const real = [
      daemon('told', 'echo "told v1.2.3, of $*"', 'v1.1.0'),
      daemon('mute', 'sleep 7654 & setsid sleep 7654 & echo v1.2.3; wait', 'v1.1.0'),
      { name: 'nowhere' },
    ];
    const planned = { ...plan(twoHosts(), 'test'), real };
    await using runtime = await startNetns({ ...planned, real: real.slice(0, 2) });
    const [told, mute, ...more] = await daemonVersions(planned, runtime, 3000);
    expect(told).to.deep.equal({ ...real[0], version: 'v1.2.3', differs: true });
    expect(mute).to.deep.equal({ ...real[1], version: null, differs: false });
    expect(more).to.deep.equal([]);
    const left = 'for i in $(seq 100); do pgrep -f "sleep 765[4]" >/dev/null || exit 0; sleep 0.1; done; exit 1';
    expect((await runtime.run('a', [left])).code).to.equal(0);
  });
});
