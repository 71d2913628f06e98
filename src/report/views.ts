import type { Plan } from '../plan/plan.ts';
import { fromHere } from '../plan/usage.ts';
import type { Event } from '../prove/events.ts';
import { type Document, extended, unfinished } from '../record/document.ts';

/** Which views of a run are wanted, and where they go. */
export interface ViewOptions {
  json?: boolean;
  /** Paths of the files to write. */
  junit?: string;
  markdown?: string;
  html?: string;
  /** Paths of files that export a report of one's own. */
  report?: string[];
  /** Walks that passed as one line each. */
  brief?: boolean;
  /** Every step, walk and check in full. */
  verbose?: boolean;
}

/** The views of one run, fed by its events. */
export interface Views {
  emit(event: Event): void;
  /** Writes what is written when the run has ended; returns whether all of it was, and else says what was not. */
  finish(): Promise<boolean>;
  /** Whether a person reads along. */
  forPeople: boolean;
}

/** The views of a run of a plan; `inFull` is the command that shows a walk in full, by its name. Throws a BadUsage where one of them could not be had in the end. */
export async function views(
  { json, junit, markdown, html, report = [], brief, verbose }: ViewOptions,
  plan: Plan,
  inFull?: (walk: string) => string,
): Promise<Views> {
  if (html) (await import('./html/file.ts')).checkWritable('--html', html);
  let document: Document = unfinished;
  const own = report.length ? await import('./own.ts') : undefined;
  const reports = await Promise.all(report.map((file) => own!.ownReport(fromHere(file))));
  const { terminal } = json ? { terminal: undefined } : await import('./terminal.ts');
  const show = terminal?.({ detail: verbose ? 'all' : brief ? 'brief' : 'usual', inFull });
  return {
    forPeople: !json,
    emit(event) {
      document = extended(document, event);
      show?.(event);
      for (const each of reports) each.emit(event);
    },
    async finish() {
      const { writeFile } = await import('node:fs/promises');
      if (json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      const tellings = [
        ...(junit ? [async () => writeFile(fromHere(junit), await (await import('./junit.ts')).junit(document))] : []),
        ...(markdown
          ? [async () => writeFile(fromHere(markdown), (await import('./markdown.ts')).markdown(document))]
          : []),
        ...(html ? [() => writeRun(html, document, plan)] : []),
        ...reports.map((each) => () => each.finish()),
      ];
      const told = await Promise.allSettled(tellings.map((tell) => tell()));
      const failures = told.flatMap((each) => (each.status === 'rejected' ? [(each.reason as Error).message] : []));
      for (const message of failures) process.stderr.write(`${message}\n`);
      return failures.length === 0;
    },
  };
}

async function writeRun(file: string, document: Document, plan: Plan): Promise<void> {
  const [{ writeHtml }, { runPage }] = await Promise.all([import('./html/file.ts'), import('./html/page-data.ts')]);
  await writeHtml(file, await runPage(document, plan));
}
