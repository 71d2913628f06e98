import Table from 'cli-table3';
import { green, red } from 'yoctocolors';
import { examine } from '../doctor.ts';
import { say, sayJson } from './say.ts';

/** Says what this machine can do for labs, and what to type where it cannot. */
export async function doctor({ json }: { json?: boolean }): Promise<number> {
  const findings = await examine();
  if (json) {
    sayJson(findings);
    return 0;
  }
  const bare = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: ' ',
  };
  const table = new Table({ chars: bare, style: { 'padding-left': 0, 'padding-right': 1, head: [], border: [] } });
  for (const { what, ok, detail, mend } of findings)
    table.push([ok ? green('✓') : red('✗'), what, detail.split('\n')[0] ?? '', mend ?? '']);
  say(table.toString());
  const bad = findings.filter(({ ok }) => !ok);
  say(
    '',
    bad.length
      ? `${bad.length} of ${findings.length} are missing: labs that need them are skipped, and say so.`
      : 'Everything is there.',
  );
  return 0;
}
