import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('..', import.meta.url));

const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

/** What a file imports: a path from the root, or a package's name. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g);
  return [...found].map(([, target = '']) =>
    target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target,
  );
}

/** Files of a folder with an import that is not allowed there, as `file > import`. */
const offenders = (folder: string, allowed: (target: string) => boolean) =>
  files(folder).flatMap((file) =>
    imports(file)
      .filter((target) => !allowed(target))
      .map((target) => `${file} > ${target}`),
  );

describe('Import rules', () => {
  it('the packet layer imports only itself', () => {
    expect(offenders('src/packet', (target) => target.startsWith('src/packet/'))).to.deep.equal([]);
  });

  it('reports never import a runtime', () => {
    expect(offenders('src/report', (target) => !target.startsWith('src/runtime'))).to.deep.equal([]);
  });

  it('labs import only packetwalk, their kit, and hashes for names that are hashes', () => {
    const allowed = (target: string) => ['packetwalk', 'node:crypto'].includes(target) || target.startsWith('labs/');
    expect(offenders('labs', allowed)).to.deep.equal([]);
  });

  it('what is pure starts nothing and touches no file', () => {
    const touching = /^node:(fs|child_process)|^execa$/;
    const pure = ['lab', 'judge', 'explain', 'compare', 'packet'].flatMap((folder) => files(`src/${folder}`));
    const planning = files('src/plan').filter((file) => file !== 'src/plan/load.ts');
    const found = [...pure, ...planning].flatMap((file) =>
      imports(file)
        .filter((target) => touching.test(target))
        .map((target) => `${file} > ${target}`),
    );
    expect(found).to.deep.equal([]);
  });

  it('only runtimes, the set-up and a person’s own commands start processes', () => {
    const allowed = /^src\/(runtime\/|machine\/install\.ts|commands\/(exec-shell-capture|subprocess)\.ts)/;
    const starting = files('src').filter((file) =>
      imports(file).some((target) => /^(node:child_process|execa)$/.test(target)),
    );
    expect(starting.filter((file) => !allowed.test(file))).to.deep.equal([]);
  });

  it('no code outside src/runtime imports one runtime, but the note of what stands', () => {
    // What the scripts of the repository take is theirs alone.
    const own = files('src').filter((file) => !/^src\/runtime\//.test(file));
    const common = /^src\/runtime\/(index|runtime|machine-per-node)\.ts$/;
    const named = own.filter((file) =>
      imports(file).some((target) => target.startsWith('src/runtime/') && !common.test(target)),
    );
    expect(named).to.deep.equal([]);
  });

  it('no code outside src/runtime names a runtime, but the command line’s options', () => {
    const own = files('src').filter((file) => !/^src\/(runtime\/|commands\/runtime-options\.ts|machine\/)/.test(file));
    const names = /'(netns|docker|vm|vagrant|ssh|containerlab)'/;
    expect(own.filter((file) => names.test(readFileSync(join(root, file), 'utf8')))).to.deep.equal([]);
  });
});
