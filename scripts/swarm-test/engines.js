const EVERY_MS = 50;

/** Resolves once something is so, or after a while in which it never was. */
export async function until(isSo, withinMs = Number.POSITIVE_INFINITY) {
  for (const since = Date.now(); !(await isSo()) && Date.now() - since < withinMs; )
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}

/** Copies an image from one engine to another, as `docker save | docker load` does. */
export async function copyImage(from, to, name) {
  const { Id } = await from.getImage(name).inspect();
  const there = await to
    .getImage(name)
    .inspect()
    .catch(() => undefined);
  if (there?.Id === Id) return;
  const loaded = await to.loadImage(await from.getImage(name).get(), { quiet: true });
  for await (const _ of loaded);
}

const remove = (docker, name) =>
  docker
    .getImage(name)
    .remove({ force: true })
    .catch(() => {});

/** Removes the images of a repository that earlier trials left, but for one. */
export async function removeOthers(docker, repository, name) {
  const tags = (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
  for (const tag of tags) if (tag.startsWith(`${repository}:`) && tag !== name) await remove(docker, tag);
}

/** What an engine keeps: the ids of its images, the names of its volumes and networks. */
export async function kept(docker) {
  const [images, { Volumes }, networks] = await Promise.all([
    docker.listImages(),
    docker.listVolumes(),
    docker.listNetworks(),
  ]);
  return {
    images: images.map(({ Id }) => Id).sort(),
    volumes: (Volumes ?? []).map(({ Name }) => Name).sort(),
    networks: networks.map(({ Name }) => Name).sort(),
  };
}
