import { rmSync } from 'node:fs';
import { notePath, readNotes, writeNote } from '../machine/notes.ts';
import { BadUsage } from '../plan/usage.ts';
import { lives, type Noted, startTicks } from '../runtime/index.ts';

const folder = 'pages';

interface Claim {
  lab: string;
  owner: Noted;
}

/** Has this process alone serve a page of a lab until it is disposed of. Throws where another process does. */
export function claimPage(lab: string): Disposable {
  const other = readNotes<Claim>(folder).find((note) => note.lab === lab && note.owner && lives(note.owner));
  if (other?.owner)
    throw new BadUsage(
      `${lab} is open already, in process ${other.owner.pid}: use the link that it has printed.`,
      `Or end it: kill ${other.owner.pid}`,
    );
  const name = `${folder}/${lab}.json`;
  writeNote(name, { lab, owner: { pid: process.pid, startTicks: startTicks(process.pid) } });
  return { [Symbol.dispose]: () => rmSync(notePath(name), { force: true }) };
}
