import { isOtherVersion, saidVersion } from '../machine/daemons/versions.ts';
import type { Plan } from '../plan/plan.ts';
import { DAEMONS_AT, type DaemonVersion, type RealDaemon } from '../plan/real-daemons.ts';
import type { Runtime } from '../runtime/index.ts';

const ANSWERS_WITHIN_MS = 30_000;

/**
 * Asks a lab's real daemons for their versions, at one of its nodes before anything is typed there. Each is asked in namespaces of its
 * own, so that one that starts to work instead reaches no link, no mount and no process of the node.
 */
export async function daemonVersions(
  { real = [], nodes }: Plan,
  runtime: Runtime,
  limitMs = ANSWERS_WITHIN_MS,
): Promise<DaemonVersion[]> {
  const node = nodes.find(({ kind, name }) => kind !== 'switch' && runtime.has(name))!.name;
  return Promise.all(
    real
      .filter(({ path }) => path)
      .map(async (daemon) => described(daemon, saidVersion(await printed(runtime, node, daemon.name, limitMs)))),
  );
}

function described({ name, path = '', provenWith }: RealDaemon, version: string | undefined): DaemonVersion {
  const differs = Boolean(version && provenWith && isOtherVersion(version, provenWith));
  return { name, path, version: version ?? null, provenWith: provenWith ?? null, differs };
}

/** What a daemon prints when it is asked for its version; nothing where it refuses, or does not end in time. */
async function printed(runtime: Runtime, node: string, name: string, timeoutMs: number): Promise<string> {
  const apart = 'unshare --net --mount --pid --ipc --fork --kill-child';
  const line = `${apart} ${DAEMONS_AT}/${name} --version </dev/null 2>&1`;
  const { code, stdout } = await runtime.run(node, [line], { timeoutMs });
  return code === 0 ? stdout : '';
}
