import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { needsNamespaces } from '../stand.ts';
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

const waiting = 'Waiting until one of these is saved: ';

describe('--watch', function () {
  this.timeout(60_000);
  before(function () {
    needsNamespaces(this);
  });

  it('proves again what was changed by a file of the lab, and takes it down in the end', async () => {
    using own = ownFolder();
    const lab = join(own.folder, 'lab.ts');
    const text = `import { port } from './port.ts';\nnew URL('./a.sh', import.meta.url);\n${smallLab()}`.replace(
      "'b:eth0'",
      'port',
    );
    writeFileSync(join(own.folder, 'port.ts'), "export const port = 'b:eth0';");
    writeFileSync(join(own.folder, 'a.sh'), 'true');
    writeFileSync(lab, text);
    const { child, until } = begun(own.folder, 'verify', './lab.ts', '--watch', '--brief');
    expect(await until(waiting)).to.include('lab: passed');
    await until('port.ts');
    writeFileSync(join(own.folder, 'a.sh'), 'false');
    expect(await until(waiting))
      .to.include('a.sh was changed:\nWhat reads a.sh is not known: lab is set up anew.')
      .and.include('Set up')
      .and.include('lab: passed');
    writeFileSync(join(own.folder, 'port.ts'), 'export const port = ;');
    expect(await until(waiting))
      .to.include('port.ts was changed')
      .and.include('port.ts, line 1, column 21: ');
    writeFileSync(join(own.folder, 'port.ts'), "export const port = 'b:eth0'; // as before");
    expect(await until(waiting))
      .to.include('Nothing that is proven was changed by that, and all of it has passed.')
      .and.not.include('lab: ');
    writeFileSync(lab, text.replace('ttl: 64', 'ttl: 9'));
    expect(await until(waiting))
      .to.include("what was changed, or has not passed, is proven: the walk 'a pings b'.")
      .and.include('lab: failed')
      .and.not.include('Set up');
    child.kill('SIGINT');
    expect((await child).exitCode).to.equal(130);
    expect((await packetwalk(own.folder)('status', '--json')).stdout).to.equal('[]');
  });

  it('proves a check, walk or drill alone that was changed, and what has not passed', async () => {
    using own = ownFolder();
    const lab = join(own.folder, 'lab.ts');
    const withMore = (answer: string, hint: string) =>
      smallLab().replace(
        'walks: {',
        `checks: {
           'a says so': { run: 'echo ${answer}', see: { a: { lines: ['yes'] } } },
           'b says so': { run: 'echo yes', see: { b: { lines: ['yes'] } } },
         },
         faults: {
           'b is off': { break: { b: 'ip link set eth0 down' }, lostAt: 'a:eth0', hint: '${hint}', fix: { b: 'ip link set eth0 up' } },
         },
         walks: {`,
      );
    writeFileSync(lab, withMore('yes', 'Look'));
    const { child, until } = begun(own.folder, 'verify', './lab.ts', '--watch', '--drills', '--verbose');
    expect(await until(waiting)).to.include('lab: passed');
    writeFileSync(lab, withMore('no', 'Look'));
    expect(await until(waiting))
      .to.include("is proven: the check 'a says so'.")
      .and.include('lab: failed')
      .and.not.include('a pings b');
    writeFileSync(lab, withMore('no', 'Look there'));
    expect(await until(waiting))
      .to.include("is proven: the check 'a says so', the drill 'b is off'.")
      .and.include('lab: failed')
      .and.not.include('b says so');
    writeFileSync(lab, withMore('yes', 'Look there'));
    expect(await until(waiting))
      .to.include("is proven: the check 'a says so'.")
      .and.include('lab: passed');
    child.kill('SIGINT');
    await child;
    expect((await packetwalk(own.folder)('status', '--json')).stdout).to.equal('[]');
  });

  it('sets up anew what stands as its file had it before, and leaves it standing where it is to', async () => {
    using own = ownFolder();
    const lab = join(own.folder, 'lab.ts');
    writeFileSync(lab, smallLab());
    const { child, until } = begun(own.folder, './lab.ts', '--watch', '--brief');
    expect(await until(waiting))
      .to.include('Set up')
      .and.include('lab: passed');
    writeFileSync(lab, smallLab().replace('It reaches b', 'It is at b'));
    expect(await until(waiting)).not.to.include('Set up');
    writeFileSync(lab, smallLab({ setup: "'One more step': { a: 'true' }" }));
    expect(await until(waiting))
      .to.include("Its step 'One more step' was changed: lab is set up anew.")
      .and.include('lab: passed');
    child.kill('SIGINT');
    await child;
    const run = packetwalk(own.folder);
    expect(JSON.parse((await run('status', '--json')).stdout)).to.have.length(1);
    await run('down', 'lab');
  });

  it('leaves a lab alone that stands already', async () => {
    using own = ownFolder();
    writeFileSync(join(own.folder, 'lab.ts'), smallLab());
    const run = packetwalk(own.folder);
    await run('up', './lab.ts');
    const { child, until } = begun(own.folder, 'verify', './lab.ts', '--watch', '--brief');
    expect(await until(waiting))
      .to.include('lab: passed')
      .and.include('Set up');
    writeFileSync(join(own.folder, 'lab.ts'), smallLab({ setup: "'One more step': { a: 'true' }" }));
    expect(await until(waiting))
      .to.include('lab: passed')
      .and.include('Set up')
      .and.not.include('anew');
    child.kill('SIGINT');
    await child;
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
