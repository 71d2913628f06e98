import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { GuestImage } from './guest.ts';
import { lastWords, type Machine } from './machine.ts';
import { machineWords, type Shape } from './shape.ts';

/**
 * The folder of a machine that has booted, to start others from. The file `memory` is its memory, which those others
 * share until they write to it; `state` is all else.
 */
export const snapshotFolder = (image: GuestImage, shape: Shape, qemuPath: string) =>
  join(image.folder, `snapshot-${hash(machineWords(shape, image), cpus()[0]?.model, qemuPath, stamp(qemuPath))}`);

const hash = (...parts: unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);

function stamp(path: string): number[] {
  const { size, mtimeMs } = statSync(path);
  return [size, mtimeMs];
}

/** Whether there is a whole snapshot: one whose making was interrupted is never in its place. */
export function isWhole(folder: string, { memoryMb }: Shape): boolean {
  const memory = statSync(join(folder, 'memory'), { throwIfNoEntry: false });
  const state = statSync(join(folder, 'state'), { throwIfNoEntry: false });
  return memory?.size === memoryMb * 2 ** 20 && Boolean(state?.size);
}

/** Removes a snapshot, at once for others to see. */
export async function discard(folder: string): Promise<void> {
  const draft = await mkdtemp(`${folder}.`);
  await rename(folder, join(draft, 'discarded')).catch(() => {});
  await rm(draft, { recursive: true, force: true });
}

/** QEMU's words for memory in a file: shared, so that it is written there, or private, so that it stays as it is. */
export const memoryWords = (folder: string, { memoryMb }: Shape, share: boolean) => [
  ...[
    '-object',
    `memory-backend-file,id=memory,size=${memoryMb}M,share=${share ? 'on' : 'off'},mem-path=${commas(join(folder, 'memory'))}`,
  ],
  ...['-machine', 'memory-backend=memory'],
];

const commas = (text: string) => text.replaceAll(',', ',,');

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Memory is not part of the state, because it lies in a file already. */
const capabilities = ['events', 'x-ignore-shared'].map((capability) => ({ capability, state: true }));

/** Stops a machine whose memory lies in the folder `draft`, and adds its state there. */
export async function save(machine: Machine, draft: string): Promise<void> {
  const { monitor } = machine;
  await monitor.ask('stop');
  await monitor.ask('migrate-set-capabilities', { capabilities });
  const part = join(draft, 'part');
  await migrated(machine, () =>
    monitor.ask('migrate', { uri: `exec:cat > ${quoted(part)} && mv ${quoted(part)} ${quoted(join(draft, 'state'))}` }),
  );
  while (!existsSync(join(draft, 'state'))) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Lets a machine that was started with `-incoming defer` go on from a snapshot. */
export async function restore(machine: Machine, folder: string): Promise<void> {
  const { monitor } = machine;
  await monitor.ask('migrate-set-capabilities', { capabilities });
  await migrated(machine, () => monitor.ask('migrate-incoming', { uri: `exec:cat ${quoted(join(folder, 'state'))}` }));
  await monitor.ask('cont');
}

async function migrated({ monitor, ended, folder }: Machine, start: () => Promise<unknown>): Promise<void> {
  const over = monitor.event('MIGRATION', ({ status }) => status === 'completed' || status === 'failed');
  over.catch(() => {});
  await Promise.race([start(), ended]);
  const { status } = await Promise.race([over, ended]);
  if (status !== 'completed') throw new Error(`QEMU cannot migrate${lastWords(folder)}`);
}
