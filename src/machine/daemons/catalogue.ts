import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A real daemon, or a plugin, that can be built here: its name in labs, and the Go package that it is. */
export interface Buildable {
  name: string;
  /** The folder of `daemons/` whose go.mod pins it. */
  folder: string;
  module: string;
  package: string;
  /** Whether a part of it is C, so that a C compiler is needed; it is linked statically all the same. */
  hasC?: true;
  /** The variables that upstream’s own build sets to the version. */
  versionIn?: string[];
}

const kubernetes = (name: string): Buildable => ({
  name,
  folder: 'kubernetes',
  module: 'k8s.io/kubernetes',
  package: `k8s.io/kubernetes/cmd/${name}`,
  versionIn: ['k8s.io/component-base/version.gitVersion', 'k8s.io/client-go/pkg/version.gitVersion'],
});

const plugins = 'github.com/containernetworking/plugins';
const plugin = (name: string, path: string): Buildable => ({
  ...{ name, folder: 'cni-plugins', module: plugins, package: `${plugins}/plugins/${path}` },
  versionIn: [`${plugins}/pkg/utils/buildversion.BuildVersion`],
});

const gobgp = 'github.com/osrg/gobgp/v3';

/** What `packetwalk daemons` builds. */
export const buildables: readonly Buildable[] = [
  kubernetes('kube-proxy'),
  kubernetes('kube-apiserver'),
  {
    ...{ name: 'flanneld', folder: 'flannel', module: 'github.com/flannel-io/flannel' },
    package: 'github.com/flannel-io/flannel',
    // Its backend udp.
    hasC: true,
    versionIn: ['github.com/flannel-io/flannel/pkg/version.Version'],
  },
  plugin('cni-bridge', 'main/bridge'),
  plugin('cni-host-local', 'ipam/host-local'),
  {
    ...{ name: 'kube-router', folder: 'kube-router', module: 'github.com/cloudnativelabs/kube-router/v2' },
    package: 'github.com/cloudnativelabs/kube-router/v2/cmd/kube-router',
    versionIn: ['github.com/cloudnativelabs/kube-router/v2/pkg/version.Version'],
  },
  { name: 'gobgpd', folder: 'gobgp', module: gobgp, package: `${gobgp}/cmd/gobgpd` },
];

/** The line that builds some daemons: in a clone, or where packetwalk is installed. */
export const buildLine = (...names: string[]): string =>
  [process.env.PACKETWALK_SET_UP ? 'npm run daemons' : 'packetwalk daemons', ...names].join(' ');

/** The same with options, which npm would keep to itself. */
export const typedLine = (...words: string[]): string =>
  buildLine(...(process.env.PACKETWALK_SET_UP ? ['--'] : []), ...words);

/** The folder of packetwalk that has what daemons come from: a go.mod and a go.sum for each project; this file is bundled, or is not. */
export function modulesFolder(): string {
  const near = ['../daemons/', '../../daemons/', '../../../daemons/'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return near.find((path) => existsSync(join(path, 'kubernetes', 'go.mod'))) ?? near[0]!;
}

/** Where the go.mod and the go.sum lie that a daemon is built from. */
export const moduleFolder = ({ folder }: Pick<Buildable, 'folder'>, modules = modulesFolder()): string =>
  join(modules, folder);

/** The version that the go.mod of a folder requires of a module; undefined where it requires none. */
export function pinnedVersion(folder: string, module: string): string | undefined {
  const text = existsSync(join(folder, 'go.mod')) ? readFileSync(join(folder, 'go.mod'), 'utf8') : '';
  return text
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/^require /, '')
        .split(' '),
    )
    .find(([name]) => name === module)?.[1];
}

/** Where daemons are kept that were built here. */
export const daemonsCache = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'packetwalk', 'daemons');

/**
 * The file that a daemon is once it is built: its folder is named after the version and what it is built from, go.mod, go.sum and the
 * words of the build. Whatever is there is whole: it appears by rename(2).
 */
export function builtFile(daemon: Buildable, folder = moduleFolder(daemon), cache = daemonsCache()): string {
  const key = createHash('sha256').update(JSON.stringify([daemon, process.arch]));
  for (const file of ['go.mod', 'go.sum'])
    if (existsSync(join(folder, file))) key.update(readFileSync(join(folder, file)));
  const version = pinnedVersion(folder, daemon.module) ?? 'unpinned';
  return join(cache, `${daemon.name}-${version}-${key.digest('hex').slice(0, 12)}`, daemon.name);
}
