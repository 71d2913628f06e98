import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { ownFolder, packetwalk } from './packetwalk.ts';

const names = readdirSync(new URL('../../labs/gallery/', import.meta.url)).map(
  (file) => `gallery/${file.replace(/\.ts$/, '')}`,
);

describe('The gallery', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder);
  after(() => own[Symbol.dispose]());

  it('is listed after all other labs, apart', async () => {
    const { stdout } = await run('list', '--json');
    const labs = (JSON.parse(stdout) as { lab: string }[]).map(({ lab }) => lab);
    expect(labs.slice(-names.length)).to.deep.equal(names.sort());
    expect(labs.slice(0, -names.length).filter((lab) => lab.startsWith('gallery/'))).to.deep.equal([]);
    const text = (await run('list')).stdout;
    expect(text).to.match(/\n\nGallery: .+\n {2}gallery\//);
  });

  it('has labs that are named by folder and name, or by the name alone', async () => {
    const [first, second] = await Promise.all(
      ['gallery/pedit-ip', 'pedit-ip'].map(async (lab) => JSON.parse((await run('show', lab, '--json')).stdout)),
    );
    expect(first).to.deep.equal(second).and.to.include({ name: 'pedit-ip' });
  });

  it('tells what was meant by a name that is nearly one of its labs', async () => {
    const { exitCode, all } = await run('verify', 'gallery/pedit-pi');
    expect(exitCode).to.equal(64);
    expect(all).to.include('there is no lab gallery/pedit-pi. Did you mean gallery/pedit-ip?');
    expect((await run('down', 'gallery/pedit-ip')).all).to.include('pedit-ip does not stand');
  });

  it('is completed', async () => {
    expect((await run('complete', '--', 'verify', 'gallery/pedit')).stdout).to.equal('gallery/pedit-ip');
  });

  it('is in no matrix that does not ask for it', async () => {
    const listed = async (...words: string[]): Promise<string[]> =>
      JSON.parse((await run('matrix', '--list', '--json', ...words)).stdout).labs;
    const all = await listed();
    expect(all).to.include('ipip-tunnel');
    expect(all).not.to.include('pedit-ip');
    expect(await listed('--gallery')).to.have.members(names.map((name) => name.slice('gallery/'.length)));
    expect(await listed('--labs', 'gallery/pedit-ip,ipip-tunnel')).to.deep.equal(['pedit-ip', 'ipip-tunnel']);
    expect((await run('matrix', '--gallery', '--labs', 'ipip-tunnel')).exitCode).to.equal(64);
  });
});
