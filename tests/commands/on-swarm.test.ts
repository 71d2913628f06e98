import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

describe('matrix --on', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder, { DOCKER_HOST: `unix://${own.folder}/no.sock` });
  before(() => writeFileSync(join(own.folder, 'mine.ts'), smallLab()));
  after(() => own[Symbol.dispose]());

  const refused: [string, string[], RegExp][] = [
    [
      'a place that is none',
      ['--on', 'swram'],
      /^--on swram: there is no such place\. Did you mean swarm\?\nThere is swarm\.$/,
    ],
    [
      'a runtime that no task has',
      ['--on', 'swarm', '--runtimes', 'vm'],
      /^a task has nothing that vm needs: leave --runtimes out$/,
    ],
    [
      'captures',
      ['--on', 'swarm', '--captures', 'x'],
      /^--on swarm runs labs on other machines: --captures has no meaning there$/,
    ],
    [
      'a lab of one’s own without an image',
      ['--on', 'swarm', '--labs', './mine.ts'],
      /^\.\/mine\.ts is a lab of your own, which no machine of the swarm has\n.*--image/,
    ],
    ['an image without it', ['--image', 'x'], /^--image is what --on swarm runs labs in: without, it has no meaning$/],
    [
      'Kubernetes as well',
      ['--on', 'swarm', '--kubernetes', 'x'],
      /^--kubernetes runs nothing here: --on has no meaning beside it$/,
    ],
    [
      'results to be compared',
      ['--compare', 'x.json', '--on', 'swarm'],
      /^--compare runs nothing: --on has no meaning/,
    ],
  ];
  for (const [what, words, says] of refused)
    it(`refuses ${what}`, async () => {
      const labs = words.includes('--labs') ? [] : ['--labs', 'netns-veth'];
      const { exitCode, stderr } = await run('matrix', ...words, ...(words.includes('--compare') ? [] : labs));
      expect(stderr).to.match(says);
      expect(exitCode).to.equal(64);
    });

  it('is unknown where no engine answers', async () => {
    const { exitCode, stderr } = await run('matrix', '--on', 'swarm', '--labs', 'netns-veth');
    expect(stderr).to.match(/^the container engine at unix:\S+no\.sock refuses: .*Type: docker info$/);
    expect(exitCode).to.equal(2);
  });

  it('lists what it would run', async () => {
    const { exitCode, stdout } = await run('matrix', '--on', 'swarm', '--labs', 'netns-veth', '--list');
    expect([exitCode, stdout]).to.deep.equal([0, 'labs: netns-veth\nruntimes: netns']);
  });
});

describe('A lab --on a swarm', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder, { DOCKER_HOST: `unix://${own.folder}/no.sock` });
  after(() => own[Symbol.dispose]());

  const refused: [string, string[], RegExp][] = [
    [
      'a place that is none',
      ['flannel-vxlan', '--on', 'swram', '--spread'],
      /^--on swram: there is no such place\nThere is swarm\.$/,
    ],
    [
      'one that is not spread',
      ['flannel-vxlan', '--on', 'swarm'],
      /: type --spread as well\nTo run it on one of them: .*matrix --on swarm --labs flannel-vxlan$/,
    ],
    ['another runtime', ['flannel-vxlan', '--on', 'swarm', '--spread', '--runtime', 'vm'], /no nodes on vm/],
    ['hosts as well', ['flannel-vxlan', '--on', 'swarm', '--spread', '--hosts', 'x'], /--hosts has no meaning there$/],
    ['an image without it', ['flannel-vxlan', '--image', 'x'], /^--image belongs to --on swarm$/],
    [
      'a lab of one node',
      ['netns-veth', '--on', 'swarm', '--spread'],
      /^netns-veth has one node, host: leave --on and/,
    ],
    [
      'one that is to stand',
      ['flannel-vxlan', '--on', 'swarm', '--spread', '--keep'],
      /does not stand[\s\S]*Type: .*verify flannel-vxlan --on swarm --spread\n/,
    ],
  ];
  for (const [what, words, says] of refused)
    it(`refuses ${what}`, async () => {
      const { exitCode, stderr } = await run('verify', ...words);
      expect(stderr).to.match(says);
      expect(exitCode).to.equal(64);
    });
});
