import { statSync } from 'node:fs';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { find } from '../../machine/programs.ts';
import { kill, startTicks } from '../machine/process.ts';
import { fleet } from './fleet.ts';
import type { GuestImage } from './guest.ts';
import { type Machine, qemu, sshPort, within } from './machine.ts';
import { settle } from './personal.ts';
import { type Boot, prepare, type Ready } from './prepare.ts';
import { segmentWords, type Wanted } from './segments.ts';
import { type Accelerator, accelerators, machineWords, memoryFor } from './shape.ts';
import { discard, memoryWords, restore } from './snapshot.ts';

export { personalise } from './personal.ts';
export type { Wanted } from './segments.ts';

/** A machine that runs: what a later process needs to enter or end it. */
export interface Booted {
  name: string;
  pid: number;
  /** When its QEMU started, in clock ticks since this machine's boot, so that a reused pid is told apart. */
  startTicks: number;
  /** On 127.0.0.1. */
  sshPort: number;
  /** Holds its logs, its pid file and its ends of the segments. */
  folder: string;
}

export interface BootOptions {
  /** What the image needs, where it is not said. */
  memoryMb?: number;
  /** More than one only helps where a machine does several things at once. */
  cpus?: number;
  /** Below it each machine gets a folder by its name. */
  folder: string;
  /** For a boot without a snapshot. */
  deadlineMs?: number;
  /** Those to try, the fastest first; by default what this machine has. */
  accelerators?: Accelerator[];
  say: (line: string) => void;
}

const RESTORE_MS = 20_000;

/**
 * Boots machines side by side, from a snapshot where there is one; it is made on the first boot of a machine of that
 * shape. Each has its name, its MACs and the time when this returns. On failure nothing is left running.
 */
export async function boot(image: GuestImage, wanted: Wanted[], options: BootOptions): Promise<Booted[]> {
  const { memoryMb = memoryFor(statSync(image.initramfs).size), cpus = 1, deadlineMs = 60_000, say } = options;
  const qemuPath = find(qemu);
  if (!qemuPath) throw new Error(`Virtual machines need ${qemu}. Type: apt-get install qemu-system-x86`);
  const wrong = wanted.find(
    ({ name }, i) => !/^\w[\w.-]*$/.test(name) || wanted.findIndex((one) => one.name === name) < i,
  );
  if (wrong) throw new Error(`${JSON.stringify(wrong.name)} cannot be a machine's name here, or is one already`);
  const folder = resolve(options.folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const machines = fleet(folder);
  const all: Boot = {
    image,
    fleet: machines,
    memoryMb,
    cpus,
    deadlineMs,
    qemuPath,
    accelerators: options.accelerators ?? accelerators(),
    say,
  };
  try {
    const ready = await prepare(all, [...new Set(wanted.map(({ nics }) => nics.length))]);
    const segments = segmentWords(wanted);
    const booted = await Promise.all(
      wanted.map(async ({ name, nics }, index) => {
        const machine = await bringUp(all, { name, index, segments: segments[index]! }, ready.get(nics.length)!);
        return describe(machine);
      }),
    );
    machines.release();
    return booted;
  } catch (error) {
    await machines.end();
    throw error;
  }
}

const describe = async (machine: Machine): Promise<Booted> => ({
  name: machine.name,
  pid: machine.pid,
  startTicks: startTicks(machine.pid),
  sshPort: await sshPort(machine),
  folder: machine.folder,
});

interface One {
  name: string;
  index: number;
  segments: string[];
}

/** Starts a machine from its snapshot, or boots it from nothing. */
async function bringUp(boot: Boot, one: One, { shape, snapshot }: Ready): Promise<Machine> {
  const words = [...machineWords(shape, boot.image), ...one.segments];
  const restored =
    snapshot && (await fromSnapshot(boot, one, [...words, ...memoryWords(snapshot, shape, false)], snapshot));
  if (restored) return restored;
  const machine = await boot.fleet.start(one.name, words);
  await within(boot.deadlineMs, machine, machine.ready);
  await within(boot.deadlineMs, machine, settle(machine, one.index));
  return machine;
}

/** A machine that goes on from a snapshot; one that does not is ended, and the snapshot removed. */
async function fromSnapshot(boot: Boot, one: One, words: string[], snapshot: string): Promise<Machine | undefined> {
  const machine = await boot.fleet.start(one.name, [...words, '-incoming', 'defer']);
  try {
    const up = restore(machine, snapshot).then(() => settle(machine, one.index));
    await within(RESTORE_MS, machine, up);
    return machine;
  } catch (error) {
    if (boot.fleet.isOver()) throw error;
    boot.say(`${one.name} boots from nothing, as its snapshot is of no use: ${(error as Error).message}`);
    await boot.fleet.drop(machine);
    await discard(snapshot);
    return undefined;
  }
}

/** Ends machines, waits until they are gone, and removes their folders. */
export async function halt(booted: Booted[]): Promise<void> {
  await kill(booted);
  for (const { folder } of booted) {
    await rm(folder, { recursive: true, force: true });
    await rmdir(dirname(folder)).catch(() => {});
  }
}
