import { bold, dim, green, red } from 'yoctocolors';
import { bareTable } from '../report/terminal/table.ts';
import { examine } from '../runtime/index.ts';
import { say, sayJson } from './output.ts';

/** Says what each runtime needs of this machine, what is there, and what to type where something is not. */
export async function doctor({ json }: { json?: boolean }): Promise<number> {
  const runtimes = await examine();
  if (json) {
    sayJson(runtimes);
    return 0;
  }
  for (const { runtime, about, findings } of runtimes) {
    const table = bareTable();
    for (const { what, ok, detail, mend } of findings)
      table.push([ok ? green('✓') : red('✗'), what, detail.split('\n')[0] ?? '', mend ?? '']);
    say(`${bold(runtime)} ${dim(about)}`, table.toString(), '');
  }
  const all = runtimes.flatMap(({ findings }) => findings);
  const bad = all.filter(({ ok }) => !ok).length;
  say(
    bad
      ? `${bad} of ${all.length} are missing: a lab that needs one of them is run elsewhere or skipped, and says so.`
      : 'Everything is there.',
  );
  return 0;
}
