import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import ssh2 from 'ssh2';
import { chosenKernel, foundKernel } from '../../../src/runtime/vm/chosen-kernel.ts';
import { wantsModule } from '../../../src/runtime/vm/contents.ts';
import { cacheFolder, guest } from '../../../src/runtime/vm/guest.ts';
import { moduleFiles } from '../../../src/runtime/vm/kernel.ts';
import { whyNot } from './image.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('The image of virtual machines', function () {
  this.timeout(120_000);
  const { XDG_CACHE_HOME } = process.env;
  let folder: string | undefined;
  const said: string[] = [];
  const say = (line: string) => said.push(line);

  before(async function () {
    const why = await whyNot();
    if (why) {
      this.test!.parent!.title += ` (skipped: ${why})`;
      this.skip();
    }
    // What has been downloaded is not downloaded again.
    const downloads = cacheFolder();
    folder = mkdtempSync(join(tmpdir(), 'packetwalk-guest-'));
    process.env.XDG_CACHE_HOME = folder;
    mkdirSync(cacheFolder(), { recursive: true });
    for (const name of readdirSync(downloads).filter((each) => each.startsWith('packages-')))
      symlinkSync(join(downloads, name), join(cacheFolder(), name));
  });
  after(() => {
    if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
    if (folder) rmSync(folder, { recursive: true });
  });

  it('is one when two processes build it at once', async () => {
    const [one, other] = await Promise.all([guest(say), guest(say)]);
    expect(one).to.deep.equal(other);
    const left = readdirSync(cacheFolder()).filter((name) => !name.startsWith('packages-'));
    expect(left).to.deep.equal([`image-${one.digest}`]);
  });

  it('is readable for its owner only, keys and all', async () => {
    const image = await guest(say);
    expect(statSync(image.folder).mode & 0o777).to.equal(0o700);
    for (const name of readdirSync(image.folder))
      expect(statSync(join(image.folder, name)).mode & 0o777).to.equal(0o600);
    const key = ssh2.utils.parseKey(image.privateKey);
    expect('isPrivateKey' in key && key.isPrivateKey()).to.equal(true);
    expect(image.hostKey).to.match(/^AAAAC3NzaC1lZDI1NTE5/);
  });

  it('has the programs, their libraries and the modules that labs use', async () => {
    const { initramfs } = await guest(say);
    const text = readFileSync(initramfs, 'latin1');
    const names = new Set(
      [...text.matchAll(/070701[0-9a-f]{104}([^\0]+)\0/g)].map(([, name]) => name!.replace(/^.*\//, '')),
    );
    const wanted =
      'init ip sh perl dropbear busybox modprobe sleep libc.so.6 strict.pm Errno.pm HiRes.pm HiRes.so modules.dep ' +
      'nginx ngx_http_modsecurity_module.so libmodsecurity.so.3 crs-setup.conf unix-shell.data haproxy keepalived';
    expect(wanted.split(' ').filter((name) => !names.has(name))).to.deep.equal([]);
    const modules = 'veth bridge vxlan ipip ip_vs nf_tables sch_netem wireguard vrf ip_set_hash_ip'.split(' ');
    const files = new Set([...names].map((name) => name.replace(/\.ko.*$/, '').replaceAll('-', '_')));
    expect(modules.filter((name) => !files.has(name))).to.deep.equal([]);
  });

  it('is used again, and built anew when what it is made of has changed', async () => {
    said.splice(0);
    const image = await guest(say);
    expect(said).to.deep.equal([]);
    const path = join(image.folder, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    const [file] = Object.keys(manifest.sources);
    manifest.sources[file!] = 'another size and time';
    writeFileSync(path, JSON.stringify(manifest));
    const { digest } = await guest(say);
    expect(said.at(-1)).to.match(/^Building the image of virtual machines: Linux \d/);
    expect(digest).to.equal(image.digest);
    said.splice(0);
    await guest(say);
    expect(said).to.deep.equal([]);
  });

  it('is another for each kernel that is asked for by its file, and stays the same for who asks for none', async () => {
    const image = await guest(say);
    const file = join(folder!, 'mine', 'bzImage');
    const modules = join(folder!, 'mine', 'modules');
    const { kernel: here } = await foundKernel(image.release);
    cpSync(here!.modules, modules, { recursive: true });
    cpSync(image.kernel, file);
    const chosen = () => chosenKernel(`${file}:${modules}`, say);
    const other = await guest(say, await chosen());
    expect(other).to.include({ kernel: file, release: image.release });
    expect(other.folder).not.to.equal(image.folder);
    said.splice(0);
    expect(await guest(say)).to.deep.equal(image);
    expect(await guest(say, await chosen())).to.deep.equal(other);
    expect(await guest(say, await chosenKernel(image.release, say))).to.deep.equal(image);
    expect(said).to.deep.equal([]);
    // One module that was built anew is another kernel.
    const [module] = moduleFiles(await chosen()).filter((name) => name.includes('/vxlan/'));
    utimesSync(join(modules, module!), 1, 1);
    expect((await guest(say, await chosen())).folder).not.to.equal(other.folder);
    expect(said).to.deep.equal([`Building the image of virtual machines: Linux ${image.release}`]);
  });

  it('says what is needed where nothing can be downloaded', async () => {
    const code = `import { guest } from './src/runtime/vm/guest.ts'; await guest(() => {}).catch(({ message }) => console.log(message))`;
    const env = { ...process.env, PATH: '/nonexistent', XDG_CACHE_HOME: join(folder!, 'empty') };
    const words = ['--import', 'tsx', '--input-type=module', '--eval', code];
    const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root, env });
    expect(stdout).to.match(/there is no apt-get on this machine\. Needed is a readable \/boot\/vmlinuz-VERSION/);
  });

  it('takes whole families of modules, and no others', () => {
    expect(['xt_statistic', 'ip_vs_rr', 'nft_fib_inet', 'sch_htb', 'dummy'].every(wantsModule)).to.equal(true);
    // Without it, nf_tables does not load on a kernel that has it as a module: libcrc32c names it in no list of dependencies.
    expect(wantsModule('crc32c_generic')).to.equal(true);
    expect(['snd_hda_intel', 'nfs', 'xfs', 'dummy_hcd', 'my_nf_tables'].some(wantsModule)).to.equal(false);
  });
});
