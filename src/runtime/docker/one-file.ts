import { open } from 'node:fs/promises';
import { CannotRun } from '../../plan/usage.ts';

const BLOCK = 512;

/** Type flags of tar(5) that are a file’s; what comes before it (`x`, `g`, `L`) tells more of it, and is passed over. */
const isFile = (flag: string) => flag === '0' || flag === '\0';
const tellsMore = (flag: string) => 'xgL'.includes(flag);

/**
 * Writes the first file of an archive (ustar, tar(5)) to a path. Rejects with a CannotRun where there is none, or not all of it; `what`
 * says in that what the archive is of.
 */
export async function writeFirstFile(archive: AsyncIterable<Buffer>, path: string, what: string): Promise<void> {
  const bytes = reader(archive, what);
  for (;;) {
    const header = Buffer.concat(await bytes(BLOCK));
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8);
    const flag = header.toString('latin1', 156, 157);
    if (isFile(flag) && size >= 0) return write(path, size, bytes);
    if (!tellsMore(flag) || !(size >= 0)) throw new CannotRun('unknown', `${what} is no file.`);
    await bytes(Math.ceil(size / BLOCK) * BLOCK);
  }
}

type Bytes = (count: number) => Promise<Buffer[]>;

async function write(path: string, size: number, bytes: Bytes): Promise<void> {
  const file = await open(path, 'wx');
  try {
    const PIECE = 1 << 20;
    for (let left = size; left > 0; left -= PIECE)
      for (const piece of await bytes(Math.min(left, PIECE))) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

/** Gives the next so many bytes of a stream, in pieces; rejects where it ends before. */
function reader(stream: AsyncIterable<Buffer>, what: string): Bytes {
  const chunks = stream[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  return async (count) => {
    const pieces: Buffer[] = [];
    for (let missing = count; missing > 0; ) {
      if (!rest.length) {
        const { value, done } = await chunks.next();
        if (done) throw new CannotRun('unknown', `${what}: what the engine sends ends ${missing} bytes too early.`);
        rest = value;
      }
      const piece = rest.subarray(0, missing);
      rest = rest.subarray(piece.length);
      missing -= piece.length;
      pieces.push(piece);
    }
    return pieces;
  };
}
