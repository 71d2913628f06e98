import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

/** Broken as long as /run/breaking is there: so it is known when the drill is interrupted. */
const faults = `
  faults: {
    'b hears nothing': {
      break: { b: ['iptables -A INPUT -p icmp -j DROP', 'touch /run/breaking; while [ -e /run/breaking ]; do sleep 0.01; done'] },
      lostAt: 'reply b:eth0',
      hint: 'Look at b',
      fix: { b: 'iptables -F INPUT' },
    },
    'a says nothing': {
      break: { a: 'iptables -A OUTPUT -p icmp -j DROP' },
      lostAt: 'a:eth0',
      hint: 'Look at a',
      fix: { a: 'iptables -F OUTPUT' },
    },
  },
`;

describe('Drills of a lab that stands, interrupted', function () {
  this.timeout(60_000);
  const own = ownFolder();
  const run = packetwalk(own.folder);
  const answers =
    "['b:eth0', 'a:eth0'].map((at_) => at(at_, 'The answer', [ip({ src: '10.0.0.2' }), icmp({ type: 'echo reply' })]))";
  const lab = smallLab().replace("'It reaches b', request)],", `$& reply: ${answers},`);

  before(async function () {
    needsNamespaces(this);
    writeFileSync(join(own.folder, 'mine.ts'), lab.replace(/\}\);\s*$/, `${faults}});\n`));
    expect((await run('up', './mine.ts')).exitCode).to.equal(0);
    expect((await run('walk', 'mine')).exitCode).to.equal(0);
  });
  after(async () => {
    await run('down', 'mine');
    own[Symbol.dispose]();
  });

  /** Lets the break of the first fault end, once it has begun. */
  const onceBroken = async (then: () => void) => {
    const broken = 'until [ -e /run/breaking ]; do sleep 0.01; done';
    expect((await run('exec', 'mine', 'b', '--', 'sh', '-c', broken)).exitCode).to.equal(0);
    then();
    await run('exec', 'mine', 'b', '--', 'rm', '/run/breaking');
  };

  for (const [how, words] of [
    ['drill', ['drill', 'mine']],
    ['prove', ['prove', './mine.ts', '--drills']],
  ] as const)
    it(`Ctrl-C has the fault mended that ${how} is at, begins no other, and ends with 130`, async () => {
      const drills = run(...words);
      await onceBroken(() => drills.kill('SIGINT'));
      const { exitCode, stdout, stderr } = await drills;
      expect(stderr).to.contain('SIGINT: mending');
      expect(exitCode, stdout).to.equal(130);
      expect(stdout).not.to.contain('a says nothing');
      expect((await run('walk', 'mine')).exitCode, 'the lab is as it was').to.equal(0);
    });

  it('who reads along and leaves has the fault mended, and is told nothing', async () => {
    const drills = run('drill', 'mine');
    await onceBroken(() => drills.stdout.destroy());
    const { exitCode, stderr } = await drills;
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 141, stderr: '' });
    expect((await run('walk', 'mine')).exitCode, 'the lab is as it was').to.equal(0);
  });
});
