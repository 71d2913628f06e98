import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isBuiltin, type SourceMapPayload } from 'node:module';
import { basename, dirname, extname, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BuildOptions, Loader, OnLoadResult, OnResolveArgs, OnResolveResult, PluginBuild } from 'esbuild';
import { BadLab, type Problem } from './bad-lab.ts';

/** A lab's file with those that it imports, as one module. */
export interface Bundle {
  /** JavaScript, in base64; and where its lines come from, as a source map with the paths of the lab's own files. */
  code: string;
  map: string;
  /** Whether it calls `require`, which a module is not given. */
  requires: boolean;
  /** The lab's own files, by their paths. */
  files: string[];
}

export interface Position {
  file: string;
  line: number;
  column: number;
}

/**
 * Bundles a lab's file with its own modules. Packages stay outside and are loaded as Node does, be they CommonJS or ESM;
 * `packetwalk` is this one. Throws a BadLab with the line of what cannot be read or found.
 */
export async function bundle(path: string): Promise<Bundle> {
  const { build } = await import('esbuild');
  const folder = dirname(path);
  try {
    const { outputFiles = [], metafile } = await build({ ...settings(path), metafile: true, write: false });
    const text = (ending: string) => outputFiles.find((file) => file.path.endsWith(ending))?.text ?? '';
    const map = JSON.parse(text('.map')) as SourceMapPayload;
    const code = text('.js');
    return {
      code: Buffer.from(code).toString('base64'),
      map: JSON.stringify({ ...map, sources: map.sources.map((source) => resolve(folder, source)) }),
      requires: code.includes('__require('),
      files: Object.keys(metafile.inputs).map((file) => resolve(folder, file)),
    };
  } catch (error) {
    throw new BadLab(basename(path), problemsOf(error, path));
  }
}

const settings = (path: string): BuildOptions => ({
  entryPoints: [{ in: path, out: 'lab' }],
  absWorkingDir: dirname(path),
  outdir: dirname(path),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Node's own, where esbuild's would be those of a bundler.
  conditions: ['module-sync', 'node-addons'],
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'silent',
  plugins: [
    {
      name: 'packetwalk',
      setup(plugin) {
        plugin.onResolve({ filter: /^[^./]/ }, (asked) => resolved(plugin, asked));
        plugin.onLoad({ filter: /./, namespace: 'file' }, ({ path: file }) => loaded(plugin, file, file === path));
      },
    },
  ],
});

/** Where a package is: outside of the bundle, unless it lies in no node_modules, as those of a workspace do. */
async function resolved({ resolve }: PluginBuild, asked: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const { path, kind, resolveDir, importer, pluginData } = asked;
  if (kind === 'entry-point' || pluginData === 'asked' || isBuiltin(path) || path.includes('://')) return undefined;
  const requires = kind === 'require-call' || kind === 'require-resolve';
  if (/^packetwalk(\/|$)/.test(path)) {
    const part = ownPart(path);
    return part ? outside(part, requires) : { errors: [{ text: `packetwalk has no part ${path}` }] };
  }
  const found = await resolve(path, { kind, resolveDir, importer, pluginData: 'asked' });
  if (found.errors.length || found.external || !found.path.includes(`${sep}node_modules${sep}`)) return found;
  return outside(found.path, requires);
}

const outside = (path: string, requires: boolean): OnResolveResult => ({
  path: requires ? path : pathToFileURL(path).href,
  external: true,
});

/** The path of a part of this packetwalk: `packetwalk/kit`. Whatever else is in use here has no say in where it is. */
function ownPart(name: string): string | undefined {
  // Beside the folder of the bundle.
  const root = new URL('../package.json', import.meta.url);
  const { exports } = JSON.parse(readFileSync(root, 'utf8')) as { exports: Record<string, { default: string }> };
  const part = exports[name.replace('packetwalk', '.')];
  return part && fileURLToPath(new URL(part.default, root));
}

const loaders: Record<string, Loader> = {
  ...{ '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx' },
  ...{ '.js': 'js', '.mjs': 'js', '.cjs': 'js', '.jsx': 'jsx' },
};

/** A module of the lab's own, in which `import.meta` and `__dirname` say where its file is. */
async function loaded({ esbuild }: PluginBuild, file: string, isLab: boolean): Promise<OnLoadResult | undefined> {
  const loader = loaders[extname(file)] ?? (isLab ? 'ts' : undefined);
  if (!loader) return undefined;
  const contents = await readFile(file, 'utf8').catch((error: Error) => error);
  if (contents instanceof Error)
    return { errors: [{ text: contents.message, location: { file, line: 1, column: 0 } }] };
  if (!/import\.meta|__dirname|__filename/.test(contents)) return { contents, loader };
  const [filename, folder] = [JSON.stringify(file), JSON.stringify(dirname(file))];
  const { code } = await esbuild.transform(contents, {
    loader,
    target: 'node20',
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(file).href),
      'import.meta.filename': filename,
      'import.meta.dirname': folder,
      __filename: filename,
      __dirname: folder,
    },
    sourcemap: 'inline',
    sourcefile: file,
  });
  return { contents: code, loader: 'js' };
}

/** What esbuild says of some files, or of its own failure. */
function problemsOf(error: unknown, path: string): Problem[] {
  const { errors = [] } = error as { errors?: { text: string; location?: Position | null }[] };
  const problems = errors.map(({ text, location }) => {
    const at = location && { ...location, column: location.column + 1 };
    return { where: whereText(at, path), what: text };
  });
  return problems.length ? problems : [{ where: 'the file', what: (error as Error).message }];
}

/** A place in the lab's own files, as a person is told: the file is named where it is not the lab's. */
export function whereText(at: Position | null | undefined, path: string): string {
  if (!at) return 'the file';
  const file = relative(dirname(path), resolve(dirname(path), at.file));
  return `${file === basename(path) ? '' : `${file}, `}line ${at.line}, column ${at.column}`;
}
