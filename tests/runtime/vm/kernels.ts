import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { neededModules } from '../../../src/runtime/vm/contents.ts';

/** The first bytes of a bzImage for x86-64 that says it is of this release. */
export function bzImage(release: string): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.writeUInt16LE(0xaa55, 0x1fe);
  bytes.write('HdrS', 0x202);
  bytes.writeUInt16LE(0x20f, 0x206);
  bytes.writeUInt16LE(0x200, 0x20e);
  bytes.writeUInt8(1, 0x211);
  bytes.writeUInt16LE(1, 0x236);
  bytes.write(`${release} (a@b) #1 SMP\0`, 0x400);
  return bytes;
}

/** Writes a kernel's file, which no machine would start. */
export function writeKernel(path: string, release: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bzImage(release));
  return path;
}

/** Writes a folder of modules that say they were built for a release: those that labs need, some of them built in. */
export function writeModules(folder: string, release: string, without: string[] = []): string {
  const names = neededModules.filter((name) => !without.includes(name));
  mkdirSync(join(folder, 'kernel'), { recursive: true });
  const file = (name: string) => `kernel/${name}.ko`;
  for (const name of names) writeFileSync(join(folder, file(name)), `\0vermagic=${release} SMP mod_unload \0`);
  const [builtIn, ...loaded] = names;
  writeFileSync(join(folder, 'modules.dep'), loaded.map((name) => `${file(name)}:\n`).join(''));
  writeFileSync(join(folder, 'modules.builtin'), `${file(builtIn!)}\n`);
  return folder;
}
