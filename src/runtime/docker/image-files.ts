import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { CannotRun } from '../../plan/usage.ts';
import { engine } from './engine.ts';
import { has, pull } from './image.ts';
import { writeFirstFile } from './one-file.ts';
import { ownerLabels } from './owner.ts';
import { refusal } from './progress.ts';

/** A file in an image that its digest names: `ghcr.io/flannel-io/flannel`, `sha256:…`, `/opt/bin/flanneld`. */
export interface FileInImage {
  repository: string;
  digest: string;
  file: string;
}

/** Takes a file out of an image, to a path. */
export type TakeFile = (from: FileInImage, path: string, signal: AbortSignal) => Promise<void>;

/**
 * What takes files out of images, by the container engine that answers. An image that the engine does not have is pulled, and removed
 * again; nothing of it is ever started. Throws a CannotRun where no engine answers, and so does each taking, with the engine’s own words.
 */
export async function imageFiles(say: (line: string) => void): Promise<TakeFile> {
  const docker = await engine();
  return async ({ repository, digest, file }, path, signal) => {
    const name = `${repository}@${digest}`;
    const wasThere = await has(docker, name);
    try {
      if (!wasThere) await pulled(docker, name, say, signal);
      await copied(docker, name, file, path);
    } finally {
      // One that somebody has made a container of meanwhile stays, as the engine says.
      if (!wasThere)
        await docker
          .getImage(name)
          .remove()
          .catch(() => {});
    }
  };
}

async function pulled(docker: Docker, name: string, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  try {
    await pull(docker, name, say, signal);
  } catch (error) {
    throw new CannotRun(
      'unknown',
      `${name} cannot be pulled: ${refusal(error)}`,
      `To see what its registry says of it: docker pull ${name}`,
    );
  }
}

/** Copies a file out of a container that is made of an image, is never started, and is removed again. */
async function copied(docker: Docker, image: string, file: string, path: string): Promise<void> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['/never-started'],
    Labels: { 'packetwalk.run': randomBytes(6).toString('hex'), ...ownerLabels() },
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    const archive = (await container.getArchive({ path: await whereItIs(container, image, file) })) as Readable;
    try {
      await writeFirstFile(archive, path, `${file} in ${image}`);
    } finally {
      archive.destroy();
    }
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** The path of a file in a container, behind symbolic links. Throws a CannotRun where it is none. */
async function whereItIs(container: Docker.Container, image: string, file: string): Promise<string> {
  const answer = (await container.infoArchive({ path: file }).catch((error) => {
    if (error.statusCode !== 404) throw error;
    throw new CannotRun('unknown', `there is no ${file} in ${image}.`);
  })) as unknown as IncomingMessage;
  // Until it is read, its connection keeps this process from ending.
  answer.resume();
  const { 'x-docker-container-path-stat': told = '' } = answer.headers as Record<string, string>;
  const stat = JSON.parse(Buffer.from(told, 'base64').toString() || '{}');
  return stat.linkTarget || file;
}
