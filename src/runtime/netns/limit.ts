import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import type { Most } from '../runtime.ts';

const ROOT = '/sys/fs/cgroup';
const PREFIX = 'packetwalk-';

/** What is written where, in the hierarchy of cgroups of version 2, or in those of version 1 (cgroups(7)). */
function hierarchies({ processes, memoryBytes }: Most): [hierarchy: string, files: Record<string, number>][] {
  if (existsSync(`${ROOT}/cgroup.controllers`)) return [[ROOT, { 'pids.max': processes, 'memory.max': memoryBytes }]];
  return [
    [`${ROOT}/pids`, { 'pids.max': processes }],
    [`${ROOT}/memory`, { 'memory.limit_in_bytes': memoryBytes }],
    // Whoever is in a group has as much of the processors as all in another one together.
    [`${ROOT}/cpu`, {}],
  ];
}

/**
 * Has the kernel give a process, and all that come from it from now on, so much at most, until it is disposed of. Undefined where
 * this user can have none of that.
 */
export function limit(pid: number, most: Most): Disposable | undefined {
  const groups = hierarchies(most).flatMap(([hierarchy, files]) => joined(hierarchy, files, pid) ?? []);
  return groups.length ? { [Symbol.dispose]: () => groups.forEach(remove) } : undefined;
}

/** Puts a process into a group of its own, with the limits that can be had there; undefined where it cannot be put there. */
function joined(hierarchy: string, files: Record<string, number>, pid: number): string | undefined {
  const group = `${hierarchy}/${PREFIX}${pid}`;
  try {
    removeEmpty(hierarchy);
    mkdirSync(group);
    for (const [file, value] of Object.entries(files))
      if (existsSync(`${group}/${file}`)) writeFileSync(`${group}/${file}`, String(value));
    writeFileSync(`${group}/cgroup.procs`, String(pid));
    return group;
  } catch {
    remove(group);
    return undefined;
  }
}

/** Removes groups that nobody is in any more, whose owner was killed. */
function removeEmpty(hierarchy: string): void {
  for (const name of readdirSync(hierarchy)) if (name.startsWith(PREFIX)) remove(`${hierarchy}/${name}`);
}

/** A group that has processes stays (EBUSY). */
function remove(group: string): void {
  try {
    rmdirSync(group);
  } catch {}
}
