import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';

/** What an ELF header calls the machines that Node runs on (e_machine, elf(5)). */
const machines: Record<number, string> = {
  3: 'x86',
  40: 'arm',
  62: 'x86_64',
  183: 'aarch64',
  22: 's390x',
  21: 'ppc64le',
  243: 'riscv64',
  258: 'loongarch64',
};

const own: Record<string, string> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  ia32: 'x86',
  ppc64: 'ppc64le',
  loong64: 'loongarch64',
};

/** Why a file is no program that runs on this machine, in half a sentence; undefined where it is one. */
export function whyNoProgram(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'is no file';
    accessSync(path, constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'is not there' : `cannot be run (${code}): type chmod +x ${path}`;
  }
  const head = firstBytes(path, 20);
  if (head.subarray(0, 2).toString() === '#!') return undefined;
  if (head.subarray(0, 4).toString('latin1') !== '\x7fELF')
    return 'is neither a program nor a script that begins with #!';
  const machine = head[5] === 1 ? head.readUInt16LE(18) : head.readUInt16BE(18);
  const [its, ours] = [machines[machine] ?? `machine ${machine}`, own[process.arch] ?? process.arch];
  return its === ours ? undefined : `is a program for ${its}, and this machine is ${ours}`;
}

const PT_INTERP = 3;

/** Whether a program needs libraries of its node: its ELF header names a dynamic linker (PT_INTERP, elf(5)). */
export function needsLibraries(path: string): boolean {
  const head = firstBytes(path, 4096);
  if (head.subarray(0, 4).toString('latin1') !== '\x7fELF') return false;
  const is64 = head[4] === 2;
  const isLittle = head[5] === 1;
  const half = (at: number) => (isLittle ? head.readUInt16LE(at) : head.readUInt16BE(at));
  const word = (at: number) => (isLittle ? head.readUInt32LE(at) : head.readUInt32BE(at));
  // The table of program headers follows the header: its offset fits 32 bits.
  const offset = word(is64 ? (isLittle ? 0x20 : 0x24) : 0x1c);
  const [size, count] = is64 ? [half(0x36), half(0x38)] : [half(0x2a), half(0x2c)];
  const types = Array.from({ length: count }, (_, i) => offset + i * size).filter((at) => at + 4 <= head.length);
  return types.some((at) => word(at) === PT_INTERP);
}

function firstBytes(path: string, count: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(count);
    readSync(file, bytes, 0, count, 0);
    return bytes;
  } finally {
    closeSync(file);
  }
}
