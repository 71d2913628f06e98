import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build as bundle } from 'esbuild';

// Loaded only by the few commands that use them.
const external = ['esbuild', '@viz-js/viz', 'xmlbuilder2', 'cli-table3', 'execa', 'dockerode', 'ssh2', 'yaml'];

const DAY_MS = 24 * 60 * 60 * 1000;

/** Bundles the command line, the words of a lab and every lab into dist/, so that a start takes a tenth of a second. */
export async function build(root) {
  const labs = (await readdir(join(root, 'labs'))).filter((name) => name.endsWith('.ts') && name !== 'claims.ts');
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: [
      { in: 'src/cli.ts', out: 'cli' },
      { in: 'src/index.ts', out: 'index' },
      { in: 'src/machine/index.ts', out: 'programs' },
      { in: 'scripts/exports.ts', out: 'exports' },
      ...labs.map((name) => ({ in: `labs/${name}`, out: `labs/${name.slice(0, -3)}` })),
    ],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    external,
    alias: { packetwalk: './src/index.ts' },
    banner: {
      js: "import{createRequire as packetwalkRequire}from'node:module';const require=packetwalkRequire(import.meta.url);",
    },
    write: false,
    logLevel: 'error',
  });
  await mkdir(join(root, 'dist', 'labs'), { recursive: true });
  for (const file of [join('agent', 'agent.pl'), join('docker', 'Dockerfile')])
    await copyFile(join(root, 'src', 'runtime', file), join(root, 'dist', basename(file)));
  // Chunks of older bundles go when no process can be reading them any more. Each file appears whole, and the command line last, since another process may be reading them.
  const last = (path) => Number(path.endsWith(`${join('dist', 'cli.js')}`));
  for (const old of await readdir(join(root, 'dist'))) {
    const path = join(root, 'dist', old);
    if (old.includes('-') && (await stat(path)).mtimeMs < Date.now() - DAY_MS) await rm(path, { force: true });
  }
  for (const { path, contents } of [...outputFiles].sort((a, b) => last(a.path) - last(b.path))) {
    await mkdir(dirname(path), { recursive: true });
    const draft = `${path}.${process.pid}`;
    await writeFile(draft, contents);
    await rename(draft, path);
  }
}
