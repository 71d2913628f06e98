import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { inCI } from '../../src/commands/strict.ts';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

describe('--strict', () => {
  const own = ownFolder();
  const lab = './mine.ts';
  const run = packetwalk(own.folder);
  const inJob = packetwalk(own.folder, { CI: 'true' });
  const code = async (ran: ReturnType<typeof run>) => (await ran).exitCode;

  before(() => {
    // `ip link add` adds no netdevsim, wherever it is.
    const setup = `'Add what no kernel has': { a: 'ip link add x type netdevsim' }`;
    writeFileSync(join(own.folder, lab), smallLab({ setup }));
    writeFileSync(join(own.folder, 'good.ts'), smallLab());
  });
  after(() => own[Symbol.dispose]());

  it('is the default where CI is set to anything but false or 0', () => {
    for (const CI of ['true', '1', 'woodpecker']) expect(inCI({ CI }), CI).to.equal(true);
    for (const CI of [undefined, '', 'false', 'False', '0']) expect(inCI({ CI }), `${CI}`).to.equal(false);
  });

  for (const command of ['prove', 'verify', 'up', 'matrix'])
    it(`of ${command} counts what was skipped as failed where CI is set, unless told otherwise`, async function () {
      needsNamespaces(this);
      const words =
        command === 'matrix' ? ['matrix', '--labs', lab, '--runtimes', 'netns'] : [command, lab, '--runtime', 'netns'];
      expect(await code(run(...words))).to.equal(0);
      expect(await code(run(...words, '--strict'))).to.equal(1);
      expect(await code(inJob(...words))).to.equal(1);
      expect(await code(inJob(...words, '--no-strict'))).to.equal(0);
    });

  it('of claims counts what no run has decided as failed where CI is set, unless told otherwise', async () => {
    expect(await code(run('claims', '--lab', 'netns-veth'))).to.equal(0);
    expect(await code(inJob('claims', '--lab', 'netns-veth'))).to.equal(1);
    expect(await code(inJob('claims', '--lab', 'netns-veth', '--no-strict'))).to.equal(0);
  });

  it('changes nothing of what passes', async function () {
    needsNamespaces(this);
    expect(await code(inJob('verify', './good.ts', '--runtime', 'netns'))).to.equal(0);
  });
});
