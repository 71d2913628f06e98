import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import { buildOwnBase, findOwnBase } from './base.ts';
import { CannotBuild, follow, refusal } from './progress.ts';

/** How the image is made; the packages in it are those of the tools that labs use. */
export const dockerfile = fileURLToPath(new URL('./Dockerfile', import.meta.url));

const PULL_ANSWER_MS = 20_000;

/** The tag of the image that nodes are started from; it is built where the engine lacks it. */
export async function image(docker: Docker, say: (line: string) => void, recipe = dockerfile): Promise<string> {
  const { text, digest, tag } = await named(recipe);
  if (await has(docker, tag)) return tag;
  const base = await findBase(docker, text, say);
  say(`Building ${tag} on ${base} (once)`);
  await build(docker, recipe, { tag, base, digest }, say);
  return tag;
}

async function named(recipe: string): Promise<{ text: string; digest: string; tag: string }> {
  const text = await readFile(recipe, 'utf8');
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { text, digest, tag: `packetwalk/node:${digest}` };
}

/** The tag of that image, if the engine has it. */
export async function findImage(docker: Docker): Promise<string | undefined> {
  const { tag } = await named(dockerfile);
  return (await has(docker, tag)) ? tag : undefined;
}

/** The packages that a Dockerfile installs, and the base that it names. */
export function ingredients(text: string): { base: string; packages: string[] } {
  const argument = (name: string) => new RegExp(`^ARG ${name}="?([^"\n]+)`, 'm').exec(text)?.[1] ?? '';
  return { base: argument('BASE'), packages: argument('PACKAGES').split(' ').filter(Boolean) };
}

/** Whether an engine has an image. */
export const has = (docker: Docker, name: string): Promise<boolean> =>
  docker
    .getImage(name)
    .inspect()
    .then(
      () => true,
      (error) => {
        if (error.statusCode === 404) return false;
        throw error;
      },
    );

/** What is there already, else what a registry has, else what this machine's own packages make. */
async function findBase(docker: Docker, text: string, say: (line: string) => void): Promise<string> {
  const { base, packages } = ingredients(text);
  const own = await findOwnBase(docker, packages);
  if (own) return own;
  if (await has(docker, base)) return base;
  try {
    await pull(docker, base, say);
    return base;
  } catch (error) {
    say(`${base} cannot be pulled: ${refusal(error)}`);
    return buildOwnBase(docker, packages, `${base} cannot be pulled (${refusal(error)})`, say);
  }
}

/** Pulls an image; rejects in the engine’s words, or where its registry does not answer in time. */
export async function pull(
  docker: Docker,
  name: string,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  say(`Pulling ${name}`);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('the registry does not answer')), PULL_ANSWER_MS);
  const abortSignal = signal ? AbortSignal.any([late.signal, signal]) : late.signal;
  try {
    const events = await docker.pull(name, { abortSignal });
    clearTimeout(timer);
    await follow(events, say);
  } catch (error) {
    throw abortSignal.aborted ? abortSignal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]);

async function build(
  docker: Docker,
  recipe: string,
  { tag, base, digest }: { tag: string; base: string; digest: string },
  say: (line: string) => void,
): Promise<void> {
  const log: string[] = [];
  const steps: string[] = [];
  const context = { context: dirname(recipe), src: [basename(recipe)] };
  // An engine keeps proxies out of the image's history.
  const given = Object.fromEntries(proxies.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  const buildargs = { ...given, BASE: base, DIGEST: digest };
  try {
    const options = { t: tag, dockerfile: basename(recipe), buildargs, rm: true, forcerm: true };
    await follow(await docker.buildImage(context, options), (line) => {
      const step = /^ ---> (?:Running in )?(\w+)$/.exec(line)?.[1];
      if (step) return steps.push(step);
      if (line.startsWith('Removing intermediate container ')) return;
      log.push(line);
      say(line);
    });
  } catch (error) {
    await removeSteps(docker, steps);
    const why = refusal(error);
    const words = log.includes(why) ? log : [...log, why];
    throw new CannotBuild('unknown', `the image of the nodes cannot be built on ${base}`, words);
  }
}

/** Removes the containers and nameless images that the steps of a failed build left: an image only once its container is gone. */
async function removeSteps(docker: Docker, steps: string[]): Promise<void> {
  for (const id of steps.reverse()) {
    const container = docker.getContainer(id);
    // The engine may be removing it already, which it says before it is done.
    await container.remove({ force: true }).catch(() => container.wait({ condition: 'removed' }).catch(() => {}));
    const found = await docker
      .getImage(id)
      .inspect()
      .catch(() => undefined);
    // One that another build goes on from is not removed, and the engine says so.
    if (found && !found.RepoTags?.length)
      await docker
        .getImage(id)
        .remove()
        .catch(() => {});
  }
}
