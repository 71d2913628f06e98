import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownFolder, packetwalk, script, smallLab } from './packetwalk.ts';

describe('What is typed wrongly', () => {
  const own = ownFolder();
  const { folder } = own;
  after(() => own[Symbol.dispose]());
  const run = packetwalk(folder);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return `./${name}`;
  };

  const cases: [string, string[], RegExp][] = [
    ['a lab', ['flanel-vxlan'], /no lab or command flanel-vxlan\. Did you mean flannel-vxlan\?/],
    ['a lab after a command', ['verify', 'flannel-vxlam'], /no lab flannel-vxlam\. Did you mean flannel-vxlan\?/],
    ['a command', ['verfy', 'flannel-vxlan'], /no lab or command verfy\. Did you mean verify\?/],
    ['an option', ['verify', 'flannel-vxlan', '--drils'], /unknown option '--drils'\n\(Did you mean --drills\?\)/],
    [
      'a lab that does not stand',
      ['walk', 'flannel-vxlan'],
      /does not stand\.\nStand it up: npm run lab up flannel-vxlan/,
    ],
    ['a file', ['verify', './nosuch.ts'], /there is no file .*nosuch\.ts/],
    [
      'a kernel of what has none to choose',
      ['verify', 'netns-veth', '--kernel', '6.1'],
      /^--kernel belongs to --runtime vm\nType: --runtime vm --kernel 6\.1$/,
    ],
    [
      'a kernel',
      ['verify', 'netns-veth', '--runtime', 'vm', '--kernel', 'new'],
      /^--kernel is a version or the path of a bzImage, not new\nType, for example: --kernel 6\.1, /,
    ],
    [
      'the kernel of a workshop',
      ['workshop', 'netns-veth', '--prove', '--runtime', 'vm', '--kernel', './nosuch/bzImage'],
      /nosuch\/bzImage cannot be read: ENOENT/,
    ],
    ['a shell', ['completion', 'tcsh'], /tcsh is not known here; there is bash, zsh, fish/],
  ];
  for (const [what, words, said] of cases)
    it(`${what}: the nearest is named, the exit code is 64`, async () => {
      const { exitCode, all } = await run(...words);
      expect(all).to.match(said);
      expect(all).not.to.match(/\n\s+at /);
      expect(exitCode).to.equal(64);
    });

  const files: [string, string, RegExp][] = [
    ['is no lab', 'export default 5', /has a problem:\n {2}the lab: /],
    ['has no default export', 'export const lab = 5', /no default export/],
    ['does not parse', 'export default lab({ title: }', /line 1, column 29: Unexpected/],
    ['throws', 'throw new Error("no luck")', /does not load: no luck/],
    [
      'imports what is not there',
      'import x from "nosuchpkg"; export default x',
      /line 1, column 15: Could not resolve "nosuchpkg"/,
    ],
    ['names a node wrongly', smallLab({ hop: 'bb:eth0' }), /there is no node bb\. Did you mean b\?/],
  ];
  for (const [what, text, said] of files)
    it(`a file that ${what}: the place and the reason, exit code 64`, async () => {
      const { exitCode, all } = await run('verify', file('bad.ts', text));
      expect(all).to.match(said);
      expect(all).not.to.match(/\n\s+at /);
      expect(exitCode).to.equal(64);
    });

  it('an option that npm kept to itself is noticed, not ignored', async () => {
    const swallowing = packetwalk(folder, { npm_config_drills: 'true' });
    const { exitCode, all } = await swallowing('verify', 'flannel-vxlan');
    expect(all).to.equal('npm kept --drills to itself.\nType: npm run lab -- verify flannel-vxlan --drills');
    expect(exitCode).to.equal(64);
    const one = await packetwalk(folder, { npm_config_runtime: 'true' })('flannel-vxlan', 'docker');
    expect(one.all).to.contain('Type: npm run lab -- flannel-vxlan --runtime docker');
    const two = await packetwalk(folder, { npm_config_nodes: 'true', npm_config_pods: '4' })('flannel-vxlan', '50');
    expect(two.all).to.contain('Type: npm run lab -- flannel-vxlan --nodes 50 --pods 4');
    const parted = { npm_config_nodes: 'true', npm_config_pods: 'true' };
    const both = await packetwalk(folder, parted)('flannel-vxlan', '50', '4');
    expect(both.all).to.contain('Type: npm run lab -- flannel-vxlan --nodes <number> --pods <number>');
    const short = await packetwalk(folder, { npm_config_call: '1' })(
      'exec',
      'flannel-vxlan',
      'podA',
      'ping',
      '10.42.1.9',
    );
    expect(short.all).to.contain('npm kept -c to itself.');
  });

  it('a reader who leaves, as head does, is no error to tell', async () => {
    const { execa } = await import('execa');
    const { stderr } = await execa(`${process.execPath} ${script} show flannel-vxlan | head -n 1`, {
      shell: true,
      env: { TMPDIR: folder },
    });
    expect(stderr).to.equal('');
  });
});
