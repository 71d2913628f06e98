import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package, whether it runs from its sources or from its bundle. */
export function ownFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The version of this packetwalk. */
export function version(): string {
  const text = readFileSync(join(ownFolder(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
