import { spawnSync } from 'node:child_process';
import Docker from 'dockerode';
import type { Engine } from '../../engine-in-namespace.js';
import { familyOf, processorMs } from '../processes.ts';

/** What an engine has taken by now, and what it keeps: a line each. */
export interface EngineNow {
  processorMs: number;
  processes: number;
  kept: string[];
}

/** Looks at an engine. */
export async function engineNow({ pid, socketPath }: Engine): Promise<EngineNow> {
  const docker = new Docker({ socketPath });
  const [containers, networks, images, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true }),
    docker.listNetworks(),
    docker.listImages(),
    docker.listVolumes(),
  ]);
  return {
    processorMs: processorMs(pid),
    processes: lastProcess(pid),
    kept: [
      ...containers.map(({ Names }) => `container ${Names[0]}`),
      ...networks.map(({ Name }) => `network ${Name}`),
      ...images.map(({ Id, RepoTags }) => `image ${RepoTags?.[0] ?? Id}`),
      ...(Volumes ?? []).map(({ Name }) => `volume ${Name}`),
    ],
  };
}

/** The number that the next process in the engine's PID namespace has there. */
function lastProcess(root: number): number {
  const first = familyOf(root).find((pid) => pid !== root) ?? root;
  const { stdout } = spawnSync('nsenter', ['--target', String(first), '--pid', 'sh', '-c', 'echo $$'], {
    encoding: 'utf8',
  });
  return Number(stdout);
}
