import { accessSync, constants, readFileSync } from 'node:fs';

export type Accelerator = 'kvm' | 'tcg';

/** What machines must have in common to start from the same snapshot. */
export interface Shape {
  accelerator: Accelerator;
  memoryMb: number;
  cpus: number;
  /** Network cards besides the management one. */
  nics: number;
}

const KERNEL_MB = 64;

/**
 * The memory that a machine needs at least, in steps that few snapshots differ by: what its first file system is unpacked to takes no
 * more than half of what the kernel and the archive leave (tmpfs(5)).
 */
export function memoryFor(archiveBytes: number): number {
  const neededMb = KERNEL_MB + (3 * archiveBytes) / 2 ** 20;
  return Math.max(512, 128 * Math.ceil(neededMb / 128));
}

/** The accelerators worth a try on this machine, the fastest first. */
export function accelerators(): Accelerator[] {
  return hasKvm() ? ['kvm', 'tcg'] : ['tcg'];
}

/** Where the CPU has no virtualization of its own, /dev/kvm may be there all the same, and then guests hang. */
function hasKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return /^flags\s*:.*\b(vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

const cpu = (accelerator: Accelerator) => (accelerator === 'tcg' ? 'qemu64,+rdrand' : 'host');

/**
 * `norandmaps` has each program at the same addresses in every process, so that TCG translates it once and not on every
 * start: commands are five times as fast. A kernel that panics ends QEMU.
 */
const commandLine =
  'console=ttyS0 quiet mitigations=off nokaslr norandmaps init_on_alloc=0 rcupdate.rcu_expedited=1 cgroup_disable=memory lsm= audit=0 kfence.sample_interval=0 tsc=reliable random.trust_cpu=on panic=-1';

/** QEMU's words for the machine itself; each card's other end has the id net0, net1, ... */
export function machineWords(shape: Shape, image: { kernel: string; initramfs: string }): string[] {
  const cards = Array.from({ length: shape.nics + 1 }, (_, i) => [
    '-device',
    `virtio-net-pci,netdev=net${i},mac=52:54:00:70:77:${hex(i)},romfile=`,
  ]);
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-accel', shape.accelerator, '-cpu', cpu(shape.accelerator), '-smp', String(shape.cpus)],
    ...['-machine', 'pc,usb=off', '-m', String(shape.memoryMb)],
    ...['-kernel', image.kernel, '-initrd', image.initramfs, '-append', commandLine],
    ...cards.flat(),
  ];
}

const hex = (number: number) => number.toString(16).padStart(2, '0');
