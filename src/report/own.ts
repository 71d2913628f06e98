import { loadOwn } from '../plan/load-own.ts';
import { toItsEnd } from '../plan/own-code.ts';
import { BadUsage } from '../plan/usage.ts';
import type { Event } from '../prove/events.ts';

/** A view of a run of one's own: it is told each event as it happens; `run ended` is the last. */
export type OwnReport = (event: Event) => void | Promise<void>;

/** A report that was loaded: what tells it of an event, and waits until it is done with all. */
export interface LoadedReport {
  emit(event: Event): void;
  /** Throws an error that names the file where the report failed. */
  finish(): Promise<void>;
}

const WHAT = 'A report is written: export default () => (event) => { … } (docs/own-report.md)';

/** The report that a file exports. Throws a BadUsage where it is none. */
export async function ownReport(path: string): Promise<LoadedReport> {
  const make = await loadOwn(path, WHAT);
  if (typeof make !== 'function') throw new BadUsage(`${path}: its default export is no function.`, WHAT);
  const report: unknown = await toItsEnd(() => make() as unknown).catch(({ message }: Error) => {
    throw new BadUsage(`${path}: its default export makes no report: ${message}`, WHAT);
  });
  if (typeof report !== 'function')
    throw new BadUsage(`${path}: what its default export returns is no function.`, WHAT);
  // In the order of the events; after a failure it is told no more, and the run goes on.
  let told = Promise.resolve();
  let failure: Error | undefined;
  return {
    emit(event) {
      told = told.then(async () => {
        if (failure) return;
        try {
          await (report as OwnReport)(event);
        } catch (error) {
          failure = error as Error;
        }
      });
    },
    async finish() {
      await told;
      if (failure) throw new Error(`${path}: the report failed: ${failure.message}`);
    },
  };
}
