import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { newc } from '../../../src/runtime/vm/newc.ts';

const archive = newc([
  { path: '/init', mode: 0o755, bytes: Buffer.from('hello') },
  { path: '/usr/bin/true', mode: 0o755, bytes: Buffer.alloc(0) },
  { path: '/bin', link: 'usr/bin' },
  { path: '/tmp', folder: true, mode: 0o1777 },
  { path: '/init', mode: 0o700, bytes: Buffer.from('hello again') },
]);

describe('newc', () => {
  it('writes fields as eight hexadecimal digits, and pads names and contents to four bytes', () => {
    const first =
      '070701' + // magic
      '00000001' + // inode
      '000081c0' + // mode: a file, rwx------
      '0000000000000000' + // user and group: root
      '00000001' + // links
      '00000000' + // time
      '0000000b' + // size
      '00000000000000000000000000000000' + // device numbers
      '00000005' + // length of the name, with its NUL
      '00000000' + // checksum: none in this format
      'init\0\0' +
      'hello again\0';
    expect(archive.subarray(0, first.length).toString('latin1')).to.equal(first);
  });

  it('names each folder once, before what lies in it, and ends with the trailer', () => {
    const names = [...archive.toString('latin1').matchAll(/070701[0-9a-f]{104}([^\0]+)/g)].map(([, name]) => name);
    expect(names).to.deep.equal(['init', 'usr', 'usr/bin', 'usr/bin/true', 'bin', 'tmp', 'TRAILER!!!']);
  });

  it('is what cpio reads', function () {
    const { error, stdout } = spawnSync('cpio', ['-itv', '--quiet', '-n'], { input: archive, encoding: 'utf8' });
    if (error) this.skip();
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/));
    expect(lines.map(([mode, , user, group, size]) => [mode, user, group, size].join(' '))).to.deep.equal([
      '-rwx------ 0 0 11',
      'drwxr-xr-x 0 0 0',
      'drwxr-xr-x 0 0 0',
      '-rwxr-xr-x 0 0 0',
      'lrwxrwxrwx 0 0 7',
      'drwxrwxrwt 0 0 0',
    ]);
  });
});
