import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Context } from 'mocha';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk } from './packetwalk.ts';

/** The code of docs/own-cni.md, by the kind of its blocks, in their order. */
function blocks(kind: string): string[] {
  const page = readFileSync(new URL('../../docs/own-cni.md', import.meta.url), 'utf8');
  return [...page.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code);
}

describe('docs/own-cni.md', function () {
  this.timeout(120_000);
  const own = ownFolder();
  const run = packetwalk(own.folder, {}, 120_000);
  after(() => own[Symbol.dispose]());
  before(function (this: Context) {
    needsNamespaces(this);
    const [mynet = '', mynetd = ''] = blocks('sh');
    for (const [name, text] of Object.entries({ mynet, mynetd })) {
      writeFileSync(join(own.folder, name), text);
      chmodSync(join(own.folder, name), 0o755);
    }
    writeFileSync(join(own.folder, 'my-cni.ts'), blocks('ts')[0]!);
  });

  const line = () => blocks('sh').at(-1)!.trim().replace('npm run lab -- ', '').split(' ');

  it('has a lab that its own plugin and daemon pass, by the line that it says', async () => {
    const { exitCode, stdout, all } = await run(...line(), '--json');
    expect(exitCode, all).to.equal(0);
    const { verdict, walks, drills } = JSON.parse(stdout);
    expect([verdict, walks.length, drills.length]).to.deep.equal(['passed', 1, 1]);
  });

  it('has a lab that a plugin fails which leaves a route out', async () => {
    const path = join(own.folder, 'mynet');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/^ *ip route add "\$subnet\.\$n".*\n/m, ''));
    const { exitCode, stdout } = await run(...line(), '--brief');
    writeFileSync(path, text);
    expect(stdout).to.contain('podA pings podB').and.to.contain('node2 has no route to 10.88.2.2');
    expect(exitCode).to.equal(1);
  });
});
