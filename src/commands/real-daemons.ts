import { foundDaemons } from '../machine/daemons/find.ts';
import { hint } from '../plan/nearest.ts';
import type { Plan } from '../plan/plan.ts';
import type { DaemonVersion } from '../plan/real-daemons.ts';
import { BadUsage, CannotRun } from '../plan/usage.ts';
import type { Runtime } from '../runtime/index.ts';

/**
 * A plan whose real daemons are found on this machine. Throws a BadUsage where a path is given for one that the lab does not run, and
 * a CannotRun where it runs none, or one is missing.
 */
export function withFoundDaemons(plan: Plan, given: ReadonlyMap<string, string>): Plan {
  if (!plan.real) return plan;
  const names = plan.real.map(({ name }) => name);
  if (!names.length)
    throw new CannotRun('skipped', `nothing in ${plan.name} stands for a real daemon: it runs without --daemons real.`);
  for (const name of given.keys())
    if (!names.includes(name)) throw new BadUsage(`${plan.name} runs no ${name}. ${hint(name, names)}`);
  return { ...plan, real: foundDaemons(plan.real, given) };
}

/** What the real daemons of a lab whose nodes are there say of their versions; those that it was not proven with are warned of. */
export async function askedVersions(plan: Plan, runtime: Runtime): Promise<DaemonVersion[]> {
  if (!plan.real?.length) return [];
  const versions = await (await import('../prove/daemon-versions.ts')).daemonVersions(plan, runtime);
  for (const { name, path, version, provenWith, differs } of versions)
    if (differs)
      process.stderr.write(
        `Warning: ${name} at ${path} is ${version}, and ${plan.name} was proven with ${provenWith}: what differs may be the version’s.\n`,
      );
  return versions;
}

/** A real daemon as a person is told of it: `flanneld v0.28.10`. */
export function daemonText({ name, path, version, provenWith, differs }: DaemonVersion): string {
  const remarks = [
    ...(version ? [] : ['it does not tell its version']),
    ...(provenWith && (differs || !version) ? [`its labs were proven with ${provenWith}`] : []),
  ];
  return [name, version ?? path, ...(remarks.length ? [`(${remarks.join('; ')})`] : [])].join(' ');
}
