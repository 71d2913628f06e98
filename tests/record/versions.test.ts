import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { ownFolder } from '../commands/packetwalk.ts';

const source = (name: string) => JSON.stringify(fileURLToPath(new URL(`../../src/${name}`, import.meta.url)));

/** What a line of a program says that keeps its notes in a folder of its own. */
async function said(folder: string, modules: string, line: string): Promise<unknown> {
  const program = `import * as it from ${source(modules)}; process.stdout.write(JSON.stringify(${line}) ?? 'null')`;
  const { stdout } = await execa(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    env: { TMPDIR: folder },
  });
  return JSON.parse(stdout);
}

/** Writes a note as any version may have written it. */
function note(folder: string, name: string, content: unknown): void {
  const path = join(folder, `packetwalk-${process.getuid?.()}`, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, JSON.stringify(content));
}

describe('The version of a note', () => {
  let own: ReturnType<typeof ownFolder>;
  beforeEach(() => {
    own = ownFolder();
  });
  afterEach(() => own[Symbol.dispose]());

  it('is written with every note', async () => {
    await said(own.folder, 'record/proofs.ts', "it.keepProof({ lab: 'x', claims: [] })");
    const proofs = join(own.folder, `packetwalk-${process.getuid?.()}`, 'proofs');
    expect(JSON.parse(readFileSync(join(proofs, readdirSync(proofs)[0]!), 'utf8'))).to.include({
      lab: 'x',
      version: 2,
    });
    expect(await said(own.folder, 'record/proofs.ts', 'it.keptProofs().map(({ lab }) => lab)')).to.deep.equal(['x']);
  });

  it('tells a proof that cannot be read any more, which is as good as none', async () => {
    for (const [name, more] of [
      ['old', {}],
      ['ours', { version: 2 }],
      ['newer', { version: 3 }],
    ] as const)
      note(own.folder, `proofs/${name}.json`, { lab: name, digest: 'x', claims: [{ hops: 'of old' }], ...more });
    note(own.folder, 'proofs/null.json', null);
    expect(await said(own.folder, 'record/proofs.ts', 'it.keptProofs().map(({ lab }) => lab)')).to.deep.equal(['ours']);
  });

  it('keeps no lab from being known by its name and place, so that it can be taken down', async () => {
    const standing = { runtime: 'netns', rootless: true, where: 'process 1', key: 1 };
    note(own.folder, 'old.json', { name: 'old', standing });
    note(own.folder, 'ours.json', { name: 'ours', standing, version: 2 });
    note(own.folder, 'odd.json', { something: 'else' });
    const line = 'it.remembered().map((lab) => [lab.name, it.isOurs(lab)])';
    expect(await said(own.folder, 'record/standing.ts', line)).to.deep.equal([
      ['old', false],
      ['ours', true],
    ]);
  });
});
