import { existsSync, readFileSync } from 'node:fs';

/** This folder. A lab that was bundled lies in dist/ or dist/labs/, and what it reads stays here. */
function folder(): URL {
  const near = ['./', '../labs/kit/', '../../labs/kit/'].flatMap((path) =>
    URL.canParse(path, import.meta.url) ? [new URL(path, import.meta.url)] : [],
  );
  const own = near.find((url) => existsSync(new URL('program.ts', url)));
  if (!own) throw new Error(`the programs of labs/kit/ are not near ${import.meta.url.slice(0, 60)}`);
  return own;
}

/**
 * Writes a program to a path of a node: `program('flannel/flanneld', '/run/flanneld')`. It is a file of this folder or, as a URL,
 * one of the lab's own: `program(new URL('./proxy', import.meta.url), '/run/proxy')`. Throws where it cannot be read, and where
 * a line of it is END, by which a shell knows the end of what is written.
 */
export function program(file: string | URL, path: string): string {
  const text = readFileSync(file instanceof URL ? file : new URL(file, folder()), 'utf8');
  if (/^END$/m.test(text)) throw new Error(`${file} has a line END: the rest of it would be typed, and not written to ${path}`);
  return feed(`cat > ${path}`, [text.replace(/\n$/, '')]);
}

/** Gives lines to a command on its standard input: `feed('ipset restore', ['create pods hash:net'])`. */
export const feed = (command: string, lines: string[]) => `${command} <<'END'\n${lines.join('\n')}\nEND`;
