import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { pcapngPackets } from '../../src/packet/index.ts';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

describe('A standing lab', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder);
  before(async () => {
    expect((await run('up', 'flannel-vxlan')).exitCode).to.equal(0);
  });
  after(async () => {
    await run('clean');
    own[Symbol.dispose]();
  });

  it('is found by status, and is not stood up twice', async () => {
    const [lab] = JSON.parse((await run('status', '--json')).stdout);
    expect(lab).to.include({ lab: 'flannel-vxlan', runtime: 'netns' });
    expect((await run('up', 'flannel-vxlan')).stdout).to.contain('stands already');
  });

  it('is proven where it stands, and stands on', async () => {
    const { exitCode, stdout } = await run('flannel-vxlan', '--brief');
    expect(stdout).to.contain('7 of 7 walks as listed').and.to.contain('flannel-vxlan stands.');
    expect(exitCode).to.equal(0);
    expect(JSON.parse((await run('up', 'flannel-vxlan', '--json')).stdout)).to.include({
      lab: 'flannel-vxlan',
      stands: true,
    });
  });

  it('is not proven by a file that would stand up something else, nor kept twice', async () => {
    writeFileSync(join(own.folder, 'flannel-vxlan.ts'), smallLab());
    const other = await run('./flannel-vxlan.ts');
    expect(other.all).to.equal(
      'flannel-vxlan stands, but from another file or an older one.\nTake it down first: npm run lab down flannel-vxlan',
    );
    expect(other.exitCode).to.equal(64);
    expect((await run('verify', 'flannel-vxlan', '--keep')).all).to.contain('a second could not be kept');
  });

  it('runs commands on its nodes and pods, and passes their exit code on', async () => {
    expect(
      (await run('exec', 'flannel-vxlan', 'podB', '--', 'ip', '-br', '-4', 'addr', 'show', 'eth0')).stdout,
    ).to.contain('10.42.1.9/24');
    expect((await run('exec', 'flannel-vxlan', 'node1', 'sh', '-c', 'exit 7')).exitCode).to.equal(7);
    expect((await run('exec', 'flannel-vxlan', 'node1', 'hostname')).stdout).to.equal('node1');
  });

  it('shows what was broken by hand, at the right hop', async () => {
    await run('exec', 'flannel-vxlan', 'node1', '--', 'iptables', '-I', 'FORWARD', '-s', '10.42.0.65', '-j', 'DROP');
    const broken = await run('walk', 'flannel-vxlan', '1', '--json');
    const [lost] = JSON.parse(broken.stdout).walks;
    expect(lost).to.include({ verdict: 'failed', outcome: 'lost' });
    expect(lost.hops[lost.failedAt]).to.include({ place: 'node1', device: 'cni0' });
    expect(broken.exitCode).to.equal(1);
    await run('exec', 'flannel-vxlan', 'node1', '--', 'iptables', '-D', 'FORWARD', '-s', '10.42.0.65', '-j', 'DROP');
    expect((await run('walk', 'flannel-vxlan', '1')).exitCode).to.equal(0);
  });

  it('prints the path between two pods so that it can be pasted into a lab, where it passes', async () => {
    const { stdout } = await run('walk', 'flannel-vxlan', 'podD', 'podA', '--as-lab');
    writeFileSync(
      join(own.folder, 'pasted.ts'),
      `import * as flannel from '${join(import.meta.dirname, '../../labs/flannel-vxlan.ts')}';
       import { at, icmp, ip, lab, send, udp, vxlan } from 'packetwalk';
       export default lab({ ...flannel.default, checks: {}, faults: {}, walks: { ${stdout} } });`,
    );
    const { all, exitCode } = await run('verify', './pasted.ts', '--brief');
    expect(all).to.contain('1 of 1 walk as listed');
    expect(exitCode).to.equal(0);
  });

  it('is broken by a drill for somebody to find out, and mended', async () => {
    const { stdout } = await run('drill', 'flannel-vxlan', '1', '--break');
    const hint = (await run('drill', 'flannel-vxlan', '1', '--hint')).stdout.trim();
    expect(stdout).to.contain('For a hint:').and.not.contain(hint);
    expect((await run('walk', 'flannel-vxlan', '1')).exitCode).to.equal(1);
    await run('drill', 'flannel-vxlan', '1', '--fix');
    expect((await run('walk', 'flannel-vxlan', '1')).exitCode).to.equal(0);
  });

  it('captures into a pcapng file with one interface a point', async () => {
    const capture = run('capture', 'flannel-vxlan', 'node1:flannel.1', '-c', '2', '-w', 'x.pcapng');
    await new Promise<void>((ready) =>
      capture.stderr.on('data', (text) => String(text).includes('Capturing') && ready()),
    );
    await run('exec', 'flannel-vxlan', 'podA', '--', 'ping', '-c', '1', '10.42.1.9');
    expect((await capture).exitCode).to.equal(0);
    const packets = [...pcapngPackets(readFileSync(join(own.folder, 'x.pcapng')))];
    expect(packets).to.have.length(2);
    expect(packets.map(({ point }) => point.name)).to.deep.equal(['node1:flannel.1', 'node1:flannel.1']);
  });

  it('names what is near when a place, a point or a drill is mistyped', async () => {
    const { all, exitCode } = await run('exec', 'flannel-vxlan', 'nod1', 'true');
    expect(all).to.contain('there is no node or pod nod1. Did you mean node1?');
    expect(exitCode).to.equal(64);
    expect((await run('capture', 'flannel-vxlan', 'node1:enp0s')).all).to.contain('Did you mean node1:enp0s1?');
    expect((await run('drill', 'flannel-vxlan', '99')).all).to.contain("there is no drill '99'");
    expect((await run('walk', 'flannel-vxlan', 'podA', 'podX')).exitCode).to.equal(64);
  });

  it('is gone after down, with its note', async () => {
    const [{ where }] = JSON.parse((await run('status', '--json')).stdout);
    const pid = Number(/^process (\d+)$/.exec(where)![1]);
    expect((await run('down', 'flannel-vxlan')).stdout).to.match(/^flannel-vxlan is down/);
    expect(existsSync(`/proc/${pid}`)).to.equal(false);
    expect((await run('status')).stdout).to.contain('No lab stands.');
  });

  it('that another version stood up can be listed and taken down, and nothing else', async () => {
    writeFileSync(join(own.folder, 'mine.ts'), smallLab());
    await run('up', './mine.ts');
    const note = join(own.folder, `packetwalk-${process.getuid?.()}`, 'mine.json');
    const { version, plan, ...kept } = JSON.parse(readFileSync(note, 'utf8'));
    expect(version).to.be.a('number');
    for (const other of [{ ...kept, plan }, { ...kept, plan, version: version + 1 }, kept]) {
      writeFileSync(note, JSON.stringify(other));
      const refused = await Promise.all(
        [['walk', 'mine'], ['drill', 'mine'], ['shell', 'mine', 'a'], ['up', './mine.ts'], ['./mine.ts']].map((words) =>
          run(...words),
        ),
      );
      for (const { all, exitCode } of refused) {
        expect(all).to.contain('stood up by another version of packetwalk: take it down and up again');
        expect(all).to.contain('Type: npm run lab down mine');
        expect(exitCode).to.equal(64);
      }
      expect((await run('status')).stdout)
        .to.contain('mine')
        .and.to.contain('another version');
      expect(JSON.parse((await run('status', '--json')).stdout)[0]).to.include({ lab: 'mine', sameVersion: false });
    }
    expect((await run('down', 'mine')).stdout).to.match(/^mine is down/);
    expect((await run('status')).stdout).to.contain('No lab stands.');
  });

  it('that ended by itself is forgotten by clean', async () => {
    await run('up', 'flannel-vxlan-routed');
    const [{ where }] = JSON.parse((await run('status', '--json')).stdout);
    const pid = Number(/^process (\d+)$/.exec(where)![1]);
    process.kill(pid, 'SIGKILL');
    expect((await run('clean')).stdout).to.match(/its note is gone|is down/);
    const notes = join(own.folder, `packetwalk-${process.getuid?.()}`);
    expect(existsSync(join(notes, 'flannel-vxlan-routed.json'))).to.equal(false);
    expect(statSync(notes).mode & 0o777).to.equal(0o700);
  });
});
