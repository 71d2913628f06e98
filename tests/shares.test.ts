import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = new URL('../', import.meta.url);
const shares: { files: string[]; alone?: true; because?: string }[] = JSON.parse(
  readFileSync(fileURLToPath(new URL('tests/shares.json', root)), 'utf8'),
);
const listed = shares.flatMap(({ files }) => files);

describe('tests/shares.json', () => {
  it('names test files that there are, each once', () => {
    expect(listed.filter((file) => !file.endsWith('.test.ts') || !existsSync(new URL(file, root)))).to.deep.equal([]);
    expect(new Set(listed).size).to.equal(listed.length);
  });

  it('says why files go together, and why some are alone', () => {
    expect(shares.filter(({ files, alone, because }) => (alone || files.length > 1) && !because)).to.deep.equal([]);
  });
});

describe('npm test', () => {
  it('prints all that its shares print, and the counts, to who reads slowly', async function () {
    this.timeout(60_000);
    const own = mkdtempSync(join(tmpdir(), 'shares-'));
    try {
      mkdirSync(join(own, 'tests'));
      symlinkSync(fileURLToPath(new URL('node_modules', root)), join(own, 'node_modules'));
      writeFileSync(join(own, '.mocharc.json'), '{ "timeout": 1000 }');
      writeFileSync(join(own, 'tests/shares.json'), '[]');
      writeFileSync(join(own, 'package.json'), '{ "type": "module" }');
      writeFileSync(
        join(own, 'tests/long.test.ts'),
        "it('is long', () => console.log('line of many\\n'.repeat(20_000), 'last'));\n",
      );
      const sideBySide = new URL('scripts/test/side-by-side.js', root).href;
      const code = `const { sideBySide } = await import('${sideBySide}'); await sideBySide('${own}');`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      for await (const some of child.stdout.setEncoding('utf8')) {
        text += some;
        await setTimeout(1);
      }
      expect(text)
        .to.include('\n last\n')
        .and.to.match(/\n1 passed, 0 failed, 0 skipped\n$/);
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});
