import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { ownFolder, packetwalk, script, smallLab } from './packetwalk.ts';

/** A command that goes on, and what it has printed so far. */
function begun(folder: string, ...words: string[]) {
  const env = { TMPDIR: folder, INIT_CWD: folder, NO_COLOR: '1', CI: '', npm_lifecycle_event: 'lab' };
  const child = execa(process.execPath, [script, ...words], { env, reject: false, all: true, stdin: 'ignore' });
  let said = '';
  const looks = new Set<() => void>();
  child.all.on('data', (chunk: Buffer) => {
    said += chunk;
    for (const look of looks) look();
  });
  /** What was printed up to a text, which is waited for; what comes next is looked at from there. */
  const until = (text: string) =>
    new Promise<string>((resolve) => {
      const look = () => {
        const end = said.indexOf(text);
        if (end < 0) return;
        looks.delete(look);
        const before = said.slice(0, end + text.length);
        said = said.slice(end + text.length);
        resolve(before);
      };
      looks.add(look);
      look();
    });
  return { child, until };
}

describe('--watch', () => {
  it('proves a lab again when its file is saved, another file of it, or what it names beside itself', async () => {
    using own = ownFolder();
    const lab = join(own.folder, 'lab.ts');
    const text = `import { hop } from './hop.ts';\nnew URL('./a.sh', import.meta.url);\n${smallLab({ hop: 'b:eth0' })}`;
    writeFileSync(join(own.folder, 'hop.ts'), 'export const hop = 1;');
    writeFileSync(join(own.folder, 'a.sh'), 'true');
    writeFileSync(lab, `${text}\nhop;`);
    const { child, until } = begun(own.folder, 'verify', './lab.ts', '--watch', '--brief');
    const waiting = 'Waiting until one of these is saved: ';
    expect(await until(waiting)).to.include('lab: passed');
    await until('hop.ts');
    writeFileSync(join(own.folder, 'a.sh'), 'false');
    expect(await until(waiting))
      .to.include('a.sh was changed')
      .and.include('lab: passed');
    writeFileSync(join(own.folder, 'hop.ts'), 'export const hop = ;');
    expect(await until(waiting))
      .to.include('hop.ts was changed')
      .and.include('hop.ts, line 1, column 20: ');
    writeFileSync(join(own.folder, 'hop.ts'), 'export const hop = 2;');
    expect(await until(waiting))
      .to.include('hop.ts was changed')
      .and.include('lab: passed');
    writeFileSync(lab, `${text.replace('ttl: 64', 'ttl: 9')}\nhop;`);
    expect(await until(waiting))
      .to.include('lab.ts was changed')
      .and.include('lab: failed');
    child.kill('SIGINT');
    expect((await child).exitCode).to.equal(130);
    expect((await packetwalk(own.folder)('status', '--json')).stdout).to.equal('[]');
  });

  it('takes down what stands as its file had it, and leaves what stands as it has it', async () => {
    using own = ownFolder();
    const lab = join(own.folder, 'lab.ts');
    writeFileSync(lab, smallLab());
    const { child, until } = begun(own.folder, './lab.ts', '--watch', '--brief');
    const waiting = 'Waiting until one of these is saved: ';
    expect(await until(waiting))
      .to.include('Set up')
      .and.include('lab: passed');
    writeFileSync(lab, smallLab().replace('It reaches b', 'It is at b'));
    expect(await until(waiting)).not.to.include('Set up');
    writeFileSync(lab, smallLab({ setup: "'One more step': { a: 'true' }" }));
    expect(await until(waiting))
      .to.include('One more step')
      .and.include('lab: passed');
    child.kill('SIGINT');
    await child;
    const run = packetwalk(own.folder);
    expect(JSON.parse((await run('status', '--json')).stdout)).to.have.length(1);
    await run('down', 'lab');
  });

  it('takes what is under way down on Ctrl-C', async () => {
    using own = ownFolder();
    writeFileSync(join(own.folder, 'lab.ts'), smallLab({ setup: "'It takes its time': { a: 'sleep 60' }" }));
    const { child, until } = begun(own.folder, 'verify', './lab.ts', '--watch', '--verbose');
    await until('Plug each cable in');
    child.kill('SIGINT');
    expect(await until('taking down')).not.to.include('Waiting');
    expect((await child).exitCode).to.equal(130);
  });

  it('is refused for a lab that comes with packetwalk', async () => {
    using own = ownFolder();
    const { exitCode, all } = await packetwalk(own.folder)('verify', 'netns-veth', '--watch');
    expect([exitCode, all]).to.deep.equal([
      64,
      'netns-veth comes with packetwalk, and none of its files changes.\n' +
        '--watch is for a file of your own: npm run lab -- verify ./my-lab.ts --watch',
    ]);
  });
});
