import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { find } from '../../../src/machine/programs.ts';
import { type GuestImage, guest } from '../../../src/runtime/vm/guest.ts';

/** Why no virtual machine can be tested here, if so. */
export async function whyNot(): Promise<string | undefined> {
  if (!find('qemu-system-x86_64')) return 'no qemu-system-x86_64';
  return guest(() => {}).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/** A folder for some tests, and the image with no snapshots yet: they are kept in that folder. */
export async function scratch(): Promise<Disposable & { folder: string; image: GuestImage }> {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-vm-'));
  const snapshots = join(folder, 'snapshots');
  mkdirSync(snapshots);
  return {
    folder,
    image: { ...(await guest(() => {})), folder: snapshots },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
