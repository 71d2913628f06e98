import { bold, dim } from 'yoctocolors';
import { galleryNames, listed } from '../plan/load.ts';
import { standingLabs } from '../record/standing.ts';
import { say, sayJson, typed } from './output.ts';

/** Lists the labs there are, and whether each stands. */
export async function list({ json }: { json?: boolean }): Promise<number> {
  const [labs, all] = await Promise.all([listed(), standingLabs()]);
  const standing = new Set(all.map(({ name }) => name));
  const rows = labs.map((each) => ({ ...each, stands: standing.has(each.lab) }));
  if (json) sayJson(rows);
  else {
    const width = Math.max(...rows.map(({ lab }) => lab.length));
    const line = ({ lab, title, stands }: (typeof rows)[number]) =>
      `${bold(lab.padEnd(width))}  ${title}${stands ? dim('  (stands)') : ''}`;
    const gallery = new Set(galleryNames());
    say(...rows.filter(({ lab }) => !gallery.has(lab)).map(line));
    say('', 'Gallery: what the kernel’s own selftests of forwarding set up');
    say(...rows.filter(({ lab }) => gallery.has(lab)).map((row) => `  ${line(row)}`));
    say('', `Prove one: ${typed('LAB')}     Read one: ${typed('show', 'LAB')}`);
  }
  return 0;
}
