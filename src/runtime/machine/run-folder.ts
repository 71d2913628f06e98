import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTicks } from './process.ts';

/** Where a user's runs keep what cannot be in memory: beside the notes of what stands. */
const top = () => join(tmpdir(), `packetwalk-${process.getuid?.() ?? 0}`);

/** Makes a folder for a run of this process; `lab` is for whoever finds it when the process has ended. */
export function runFolder(kind: string, lab: string): string {
  const name = `${kind}-${randomBytes(4).toString('hex')}`;
  const draft = join(top(), `.${name}`);
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeFileSync(join(draft, 'owner'), JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid), lab }));
  // It appears with its owner, so that nobody takes it for one that was left behind.
  renameSync(draft, join(top(), name));
  return join(top(), name);
}

/** The folders of a kind whose process has ended, but for those of labs that stand. */
export function leftBehind(kind: string, standing: string[]): { folder: string; lab: string }[] {
  return list(top())
    .filter((name) => name.startsWith(`${kind}-`))
    .map((name) => join(top(), name))
    .filter((folder) => !standing.includes(folder))
    .flatMap((folder) => {
      const { pid, startTicks: started, lab } = owner(folder);
      return startTicks(pid) === started ? [] : [{ folder, lab }];
    });
}

export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function owner(folder: string): { pid: number; startTicks: number; lab: string } {
  try {
    return JSON.parse(readFileSync(join(folder, 'owner'), 'utf8'));
  } catch {
    return { pid: 0, startTicks: 0, lab: '' };
  }
}
