import { closeSync, openSync, readSync } from 'node:fs';
import { BadUsage } from '../../plan/usage.ts';

// https://docs.kernel.org/arch/x86/boot.html: the header of a kernel for the PC, by the offsets of its fields.
const BOOT_FLAG = 0x1fe;
const MAGIC = 0x202;
const PROTOCOL = 0x206;
const VERSION = 0x20e;
const LOADED_HIGH = 0x211;
const X_FLAGS = 0x236;

/** The setup part, where the version stands, has 64 sectors at most. */
const SETUP_BYTES = 65 * 512;

/** The release of the kernel in a bzImage: `6.1.0-50-amd64`. Throws a BadUsage where the file is none, or none for x86-64. */
export function releaseOf(path: string): string {
  const found = readHeader(start(path));
  if ('release' in found) return found.release;
  throw new BadUsage(
    `${path} is no kernel that a virtual machine starts: ${found.why}`,
    'Needed is a bzImage for x86-64: /boot/vmlinuz-VERSION, or arch/x86/boot/bzImage where a kernel was built.',
  );
}

function start(path: string): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(SETUP_BYTES);
      return bytes.subarray(0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new BadUsage(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** The release that the first bytes of a bzImage tell, or why they are none. */
export function readHeader(bytes: Buffer): { release: string } | { why: string } {
  if (bytes.length > 3 && bytes.readUInt32BE(0) === 0x7f454c46) return { why: 'it is an ELF file, such as vmlinux' };
  if (bytes.length < X_FLAGS + 2 || bytes.readUInt16LE(BOOT_FLAG) !== 0xaa55 || !isAt(bytes, MAGIC, 'HdrS'))
    return { why: 'it has no header of a bzImage' };
  if (!(bytes[LOADED_HIGH]! & 1)) return { why: 'it is a zImage' };
  if (bytes.readUInt16LE(PROTOCOL) < 0x20c || !(bytes.readUInt16LE(X_FLAGS) & 1))
    return { why: 'it is not for x86-64' };
  const at = bytes.readUInt16LE(VERSION) + 0x200;
  const [release] = bytes.toString('latin1', at, Math.max(at, bytes.indexOf(0, at))).split(' ');
  return release ? { release } : { why: 'its header does not say its version' };
}

const isAt = (bytes: Buffer, offset: number, text: string) =>
  bytes.toString('latin1', offset, offset + text.length) === text;
