import { bold } from 'yoctocolors';
import { labNames, loadPlan } from '../plan/load.ts';
import type { Plan } from '../plan/plan.ts';
import { exitCodes } from '../plan/usage.ts';
import { type ClaimEntry, type LabEntry, ledger } from '../record/ledger.ts';
import { keptProofs } from '../record/proofs.ts';
import { countLine, ledgerLines } from '../report/claims/terminal.ts';
import { say, sayJson, typed } from './output.ts';

export interface ClaimsOptions {
  /** Name or path of the one lab that is asked about. */
  lab?: string;
  run?: boolean;
  strict?: boolean;
  json?: boolean;
  html?: string;
}

/** Lists what the documents claim, and how each claim ended when its labs were last proven on this machine. */
export async function claims(options: ClaimsOptions): Promise<number> {
  if (options.html) (await import('../report/html/file.ts')).checkWritable('--html', options.html);
  const words = options.lab ? [options.lab] : labNames();
  const plans = await Promise.all(words.map((word) => loadPlan(word)));
  const known = () => ledger(plans, keptProofs()).filter(({ labs }) => labs.length || !options.lab);
  const before = known();
  const reasons = options.run ? await proveMissing(words, plans, before, options) : new Map<string, string>();
  const entries = (options.run ? known() : before).map((entry) => explained(entry, reasons));
  if (options.json) sayJson(entries);
  else tell(entries);
  if (options.html) await writeClaims(options.html, entries);
  return codeOf(entries, options);
}

/** Whether no run of the lab as it is now is kept. */
const isMissing = ({ verdict }: Pick<LabEntry, 'verdict'>) =>
  verdict === 'not run here yet' || verdict === 'changed since';

/** Proves the labs of which no run is kept; returns why those that did not pass did not, by their names. */
async function proveMissing(
  words: string[],
  plans: Plan[],
  entries: ClaimEntry[],
  { json }: ClaimsOptions,
): Promise<Map<string, string>> {
  const names = new Set(entries.flatMap(({ labs }) => labs.filter(isMissing).map(({ lab }) => lab)));
  if (!names.size) return new Map();
  const [{ cell, coresOf }, { runAll }] = await Promise.all([import('./runtimes.ts'), import('./run-all.ts')]);
  const anywhere = { name: 'auto', runtime: 'auto', options: [], byDefault: false, cores: 1, prepares: true };
  const cells = words.flatMap((word, i) => (names.has(plans[i]!.name) ? [cell(word, anywhere, plans[i]!)] : []));
  const runs = await runAll(cells, coresOf(undefined), { drills: false, ...(json && { json }) });
  if (!json) say('');
  return new Map(runs.map(({ lab, verdict, reason }) => [lab, reason && `${verdict}: ${reason}`]));
}

async function writeClaims(file: string, entries: ClaimEntry[]): Promise<void> {
  const [{ writeHtml }, { claimsPage }] = await Promise.all([
    import('../report/html/file.ts'),
    import('../report/html/page-data.ts'),
  ]);
  await writeHtml(file, claimsPage(entries, countLine(entries)));
}

const explained = (entry: ClaimEntry, reasons: Map<string, string>): ClaimEntry => ({
  ...entry,
  labs: entry.labs.map((each) => (isMissing(each) ? { ...each, note: reasons.get(each.lab) || each.note } : each)),
});

function tell(entries: ClaimEntry[]): void {
  const missing = entries.some(({ labs }) => labs.some(isMissing));
  say(
    ...ledgerLines(entries, Math.max(process.stdout.columns || 80, 60)),
    bold(countLine(entries)),
    ...(missing ? [`Prove what is missing: ${typed('claims', '--run')}`] : []),
  );
}

/** A refuted claim outweighs one of which a run could not tell, and that one what no run says. */
function codeOf(entries: ClaimEntry[], { strict }: ClaimsOptions): number {
  const has = (verdict: ClaimEntry['verdict']) => entries.some((each) => each.verdict === verdict);
  if (has('refuted')) return exitCodes.failed;
  if (has('unknown')) return exitCodes.unknown;
  const open = entries.some(({ labs, verdict }) => labs.some(isMissing) || verdict === 'unproven');
  return strict && open ? exitCodes.failed : exitCodes.passed;
}
