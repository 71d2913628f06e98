import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BadUsage } from '../../plan/usage.ts';
import { modulesFolder, typedLine } from './catalogue.ts';

/** A real daemon in an image of a container registry. */
export interface DaemonImage {
  name: string;
  image: Reference;
  /** Its file in the image. */
  program: string;
}

/** An image as it is named: `ghcr.io/flannel-io/flannel:v0.28.7@sha256:…`. */
export interface Reference {
  repository: string;
  tag?: string;
  digest?: string;
}

const reference =
  /^(?<repository>[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)*?)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** Reads the name of an image; undefined where it is none. */
export function readReference(text: string): Reference | undefined {
  const { repository, tag, digest } = reference.exec(text)?.groups ?? {};
  return repository === undefined ? undefined : { repository, ...(tag && { tag }), ...(digest && { digest }) };
}

/** An image by its tag, as people know it. */
export const tagged = ({ repository, tag }: Reference): string => (tag ? `${repository}:${tag}` : repository);

/** The images that daemons can be taken out of, as `daemons/images.json` lists them. */
export function daemonImages(folder = modulesFolder()): DaemonImage[] {
  const rows: Record<string, { image: string; program: string }> = JSON.parse(
    readFileSync(join(folder, 'images.json'), 'utf8'),
  );
  return Object.entries(rows).map(([name, { image, program }]) => ({ name, image: readReference(image)!, program }));
}

/** The line that takes some daemons out of their images. */
export const takeLine = (...names: string[]): string => typedLine('--images', ...names);

/** The line that takes a daemon out of an image that is named by the reader, with the digest to be filled in. */
export const imageLine = (name: string, image: Reference): string =>
  typedLine('--image', `${name}=${tagged(image)}@sha256:…`);

/** Refuses an image without its digest: by a tag alone, a registry may give anything. */
export function refuseUnpinned({ name, image }: DaemonImage): void {
  if (image.digest) return;
  throw new BadUsage(
    `${tagged(image)} is named without a digest, and only what a digest names is taken.`,
    `See which digest it has: docker buildx imagetools inspect ${tagged(image)}`,
    `Then type: ${imageLine(name, image)}`,
  );
}
