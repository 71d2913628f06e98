import type { PlaceState } from '../explain/state/place-state.ts';
import { isOfThisVersion, readNotes, writeNote } from '../machine/notes.ts';
import { baselineFile, baselineFolder, type StandingLab } from './standing.ts';

/** What the places of a standing lab went by when it was proven, or set up where it has not been proven since. */
export interface Baseline {
  name: string;
  /** Since when the lab stands that this is about: a lab of the same name that stood before it is another. */
  since: string;
  /** When the places were asked, as in ISO 8601, and what for. */
  at: string;
  after: 'proof' | 'set-up';
  states: [string, PlaceState][];
}

/** Keeps what a standing lab's places go by, in place of what they did before. */
export const keepBaseline = (baseline: Baseline): void => writeNote(baselineFile(baseline.name), baseline);

/** What is kept of a standing lab's places; what another version kept, or of a lab that stood before, is not known. */
export function keptBaseline({ name, since }: Pick<StandingLab, 'name' | 'since'>): Baseline | undefined {
  const notes = readNotes<Baseline>(baselineFolder);
  return notes.find((note): note is Baseline => isOfThisVersion(note) && note.name === name && note.since === since);
}

/** The states of a standing lab's places when it was proven or set up; none where that is not known. */
export const statesThen = (lab: Pick<StandingLab, 'name' | 'since'>): Map<string, PlaceState> =>
  new Map(keptBaseline(lab)?.states ?? []);
