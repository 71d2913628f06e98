import { isOfThisVersion, readNotes, writeNote } from '../machine/notes.ts';
import type { LabProof } from './ledger.ts';

/** Keeps what a run proved of a lab, in place of what an earlier one did. */
export const keepProof = (proof: LabProof): void => writeNote(`proofs/${proof.lab}.json`, proof);

/** What is kept of the labs that were proven on this machine by this version; what another one kept is not known. */
export const keptProofs = (): LabProof[] =>
  readNotes<LabProof>('proofs').flatMap((note) => (isOfThisVersion(note) ? [note as LabProof] : []));
