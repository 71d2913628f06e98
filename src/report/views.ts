import { fromHere } from '../plan/usage.ts';
import type { Event } from '../prove/events.ts';
import { type Document, extended, unfinished } from '../record/document.ts';

/** Which views of a run are wanted, and where they go. */
export interface ViewOptions {
  json?: boolean;
  /** Paths of the files to write. */
  junit?: string;
  markdown?: string;
  /** Walks that passed as one line each. */
  brief?: boolean;
}

/** The views of one run, fed by its events. */
export interface Views {
  emit(event: Event): void;
  /** Writes what is written when the run has ended. */
  finish(): Promise<void>;
  /** Whether a person reads along. */
  forPeople: boolean;
}

export async function views({ json, junit, markdown, brief }: ViewOptions): Promise<Views> {
  let document: Document = unfinished;
  const { terminal } = json ? { terminal: undefined } : await import('./terminal.ts');
  const show = terminal?.({ hops: !brief });
  return {
    forPeople: !json,
    emit(event) {
      document = extended(document, event);
      show?.(event);
    },
    async finish() {
      const { writeFile } = await import('node:fs/promises');
      if (json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      if (junit) await writeFile(fromHere(junit), await (await import('./junit.ts')).junit(document));
      if (markdown) await writeFile(fromHere(markdown), (await import('./markdown.ts')).markdown(document));
    },
  };
}
