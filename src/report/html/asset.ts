import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A file of the page: beside this one where it is bundled, and in dist/ of the sources. */
export async function asset(name: string): Promise<string> {
  const beside = new URL(`./${name}`, import.meta.url);
  return readFile(existsSync(beside) ? beside : new URL(`../../../dist/${name}`, import.meta.url), 'utf8');
}
