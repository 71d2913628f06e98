import { existsSync } from 'node:fs';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fleet } from './fleet.ts';
import type { GuestImage } from './guest.ts';
import { within } from './machine.ts';
import { renameUnlessThere } from './packages.ts';
import { type Accelerator, machineWords, type Shape } from './shape.ts';
import { isWhole, memoryWords, save, snapshotFolder } from './snapshot.ts';

/** What all machines of one boot have in common. */
export interface Boot {
  image: GuestImage;
  fleet: Fleet;
  memoryMb: number;
  cpus: number;
  deadlineMs: number;
  qemuPath: string;
  accelerators: Accelerator[];
  say: (line: string) => void;
}

const PROBE_MS = 20_000;

/** How to start machines with some number of cards. */
export interface Ready {
  shape: Shape;
  snapshot: string | undefined;
}

/** By number of cards, how to start machines; the first accelerator with which a guest comes up is taken. */
export async function prepare(boot: Boot, cards: number[]): Promise<Map<number, Ready>> {
  const refusal = (accelerator: Accelerator) => join(boot.image.folder, `no-${accelerator}`);
  const list = boot.accelerators.filter((each) => !existsSync(refusal(each)));
  for (const [i, accelerator] of list.entries()) {
    const isLast = i === list.length - 1;
    const deadlineMs = isLast ? boot.deadlineMs : Math.min(PROBE_MS, boot.deadlineMs);
    const tried = await Promise.allSettled(
      cards.map(async (nics) => {
        const shape = { accelerator, nics, memoryMb: boot.memoryMb, cpus: boot.cpus };
        return [nics, { shape, snapshot: await snapshotOf({ ...boot, deadlineMs }, shape) }] as const;
      }),
    );
    const failed = tried.find((each) => each.status === 'rejected');
    if (!failed) return new Map(tried.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
    if (isLast) throw failed.reason;
    boot.say(`Virtual machines do without ${accelerator}: ${(failed.reason as Error).message}`);
    await writeFile(refusal(accelerator), '');
  }
  throw new Error('there is no accelerator');
}

/** The snapshot of a shape, made if need be; undefined where it cannot be kept. Rejects when no guest comes up. */
async function snapshotOf(boot: Boot, shape: Shape): Promise<string | undefined> {
  const { image, fleet, say } = boot;
  const folder = snapshotFolder(image, shape, boot.qemuPath);
  if (isWhole(folder, shape)) return folder;
  if (await lacksRoom(image.folder, shape)) {
    say(`Virtual machines start without a snapshot: ${image.folder} has less than ${shape.memoryMb} MB left`);
    return undefined;
  }
  say(`Booting a virtual machine to start others from (${shape.nics} cards, once)`);
  const draft = await mkdtemp(`${folder}.`);
  const unplugged = Array.from({ length: shape.nics }, (_, i) => ['-netdev', `hubport,id=net${i + 1},hubid=${i}`]);
  const words = [...machineWords(shape, image), ...memoryWords(draft, shape, true), ...unplugged.flat()];
  try {
    const machine = await fleet.start(`.template${shape.nics}`, words, { mortal: process.platform === 'linux' });
    await within(boot.deadlineMs, machine, machine.ready);
    const why = await within(boot.deadlineMs, machine, save(machine, draft)).then(
      () => undefined,
      (error: Error) => error,
    );
    await fleet.drop(machine);
    if (!why) {
      await renameUnlessThere(draft, folder);
      return folder;
    }
    say(`Virtual machines start without a snapshot: ${why.message}`);
    return undefined;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** QEMU dies when it writes to memory in a file that there is no room for. */
async function lacksRoom(folder: string, { memoryMb }: Shape): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < memoryMb * 2 ** 20;
}
