// A box for vagrant-libvirt that is started as a kernel and an initramfs, those of the vm runtime with another first
// process. Its disk is empty.
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const here = (name) => readFile(new URL(name, import.meta.url), 'utf8');

// The archives of an initramfs follow each other, and the file of the later one counts.
async function initramfs(image, { loadedModules, newc }) {
  const init = (await here('guest-init.sh')).replace(/(?<=modprobe .*)MODULES/, loadedModules);
  const over = newc([
    { path: '/init', mode: 0o755, bytes: Buffer.from(init) },
    { path: '/etc/lease.sh', mode: 0o755, bytes: Buffer.from(await here('guest-lease.sh')) },
  ]);
  const first = await readFile(image.initramfs);
  return Buffer.concat([first, Buffer.alloc((512 - (first.length % 512)) % 512), over]);
}

const text = (value) => `'${value.replaceAll(/[\\']/g, '\\$&')}'`;

/** Settings for machines that are emulated, since this machine may have no KVM that a stock kernel starts on. */
const settings = ({ box, kernel, first, key }) => `Vagrant.configure('2') do |config|
  config.vm.box = 'packetwalk-test'
  config.vm.box_url = ${text(`file://${box}`)}
  # Vagrant would look for 12 s which system it is.
  config.vm.guest = :debian
  config.vm.boot_timeout = 180
  config.ssh.username = 'root'
  config.ssh.private_key_path = ${text(key)}
  config.ssh.insert_key = false
  config.ssh.sudo_command = '%c'
  config.vm.provider :libvirt do |libvirt|
    libvirt.driver = 'qemu'
    libvirt.cpu_mode = 'custom'
    libvirt.cpu_model = 'qemu64'
    libvirt.kernel = ${text(kernel)}
    libvirt.initrd = ${text(first)}
    libvirt.cmd_line = 'console=ttyS0 quiet mitigations=off panic=-1'
    libvirt.graphics_type = 'none'
    libvirt.video_type = 'none'
    libvirt.memballoon_enabled = false
    libvirt.random model: 'random'
  end
end
`;

function run(command, args) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

/** Makes the box in a folder; returns the path of the settings that its machines need. */
export async function makeBox(folder, bundle, say) {
  const image = await bundle.guest(say);
  const at = (name) => join(folder, name);
  await writeFile(at('initramfs'), await initramfs(image, bundle));
  await writeFile(at('metadata.json'), JSON.stringify({ provider: 'libvirt', format: 'qcow2', virtual_size: 1 }));
  run('qemu-img', ['create', '-q', '-f', 'qcow2', at('box.img'), '1G']);
  run('tar', ['-C', folder, '-czf', at('test.box'), 'metadata.json', 'box.img']);
  const key = join(image.folder, 'client_key');
  const own = { box: at('test.box'), kernel: image.kernel, first: at('initramfs'), key };
  await writeFile(at('settings.rb'), settings(own));
  return at('settings.rb');
}
