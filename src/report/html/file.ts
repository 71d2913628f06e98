import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PageData } from '../../page/data.ts';
import { BadUsage, fromHere } from '../../plan/usage.ts';

/** Refuses a report that could not be written, before anything is run for it. */
export function checkWritable(option: string, file: string): void {
  const path = fromHere(file);
  const refused = (why: string) =>
    new BadUsage(`${option}: ${path} cannot be written: ${why}`, `Name another file: ${option} report.html`);
  if (existsSync(path) && statSync(path).isDirectory()) throw refused('it is a folder');
  const folder = dirname(path);
  try {
    if (!existsSync(path) && !statSync(folder).isDirectory()) throw refused(`${folder} is no folder`);
    accessSync(existsSync(path) ? path : folder, constants.W_OK);
  } catch (error) {
    if (error instanceof BadUsage) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw refused(code === 'ENOENT' || code === 'ENOTDIR' ? `there is no folder ${folder}` : message);
  }
}

/** Writes a page as one HTML file. */
export async function writeHtml(file: string, data: PageData): Promise<void> {
  const { html } = await import('./html.ts');
  await writeFile(fromHere(file), await html(data));
}
