/** A file of an archive; its folders need not be named. `link` is what a symbolic link points to. */
export type Entry =
  | { path: string; mode: number; bytes: Buffer }
  | { path: string; link: string }
  | { path: string; folder: true; mode: number };

const [FILE, FOLDER, LINK] = [0o100000, 0o040000, 0o120000];

/**
 * An archive that Linux unpacks as its first file system: all files belong to root and are of the year 1970.
 * https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
 */
export function newc(entries: Entry[]): Buffer {
  const parts: Buffer[] = [];
  withFolders(entries).forEach((entry, i) => {
    const [mode, bytes] = contents(entry);
    parts.push(...record(entry.path.replace(/^\//, ''), i + 1, mode, bytes));
  });
  parts.push(...record('TRAILER!!!', 0, 0, Buffer.alloc(0)));
  return Buffer.concat(parts);
}

function contents(entry: Entry): [mode: number, bytes: Buffer] {
  if ('link' in entry) return [LINK | 0o777, Buffer.from(entry.link)];
  if ('folder' in entry) return [FOLDER | entry.mode, Buffer.alloc(0)];
  return [FILE | entry.mode, entry.bytes];
}

/** Each folder comes once, before what lies in it; the last entry of a path counts. */
function withFolders(entries: Entry[]): Entry[] {
  const all = new Map<string, Entry>();
  for (const entry of entries) {
    const names = entry.path.split('/').filter(Boolean);
    for (let depth = 1; depth < names.length; depth++) {
      const path = `/${names.slice(0, depth).join('/')}`;
      if (!all.has(path)) all.set(path, { path, folder: true, mode: 0o755 });
    }
    all.set(entry.path, entry);
  }
  return [...all.values()];
}

function record(name: string, inode: number, mode: number, bytes: Buffer): Buffer[] {
  const links = 1;
  const fields = [inode, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return [padded(Buffer.from(head)), padded(bytes)];
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
