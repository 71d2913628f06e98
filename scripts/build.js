import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';

// Loaded only by the few commands that use them.
const external = ['esbuild', '@viz-js/viz', 'cli-table3', 'execa', 'dockerode', 'ssh2', 'yaml', 'vitest'];

/** What a program of one's own imports, besides the words and the kit. */
const parts = ['run', 'protocol', 'runtime', 'report', 'mocha', 'vitest', 'node-test', 'chai'];

const DAY_MS = 24 * 60 * 60 * 1000;

/** Bundles the command line, the words of a lab and every lab into dist/, so that a start takes a tenth of a second. */
export async function build(root) {
  const inFolder = async (folder) =>
    (await readdir(join(root, 'labs', folder)))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file));
  const labs = [...(await inFolder('.')), ...(await inFolder('gallery'))].filter((file) => file !== 'claims.ts');
  // What is bundled together shares its parts as files of their own: the fewer bundles share them, the fewer files a start reads.
  const bundles = [
    [{ in: 'src/cli.ts', out: 'cli' }],
    [
      { in: 'src/index.ts', out: 'index' },
      { in: 'labs/kit/index.ts', out: 'kit' },
      ...labs.map((name) => ({ in: `labs/${name}`, out: `labs/${name.slice(0, -3)}` })),
    ],
    [{ in: 'src/plan/lab-worker.ts', out: 'lab-worker' }],
    parts.map((name) => ({ in: `src/exports/${name}.ts`, out: name })),
    [
      { in: 'src/machine/index.ts', out: 'programs' },
      { in: 'scripts/exports.ts', out: 'exports' },
    ],
  ];
  const outputFiles = (
    await Promise.all([...bundles.map((entryPoints) => bundled(root, entryPoints)), bundledPage(root)])
  ).flat();
  await mkdir(join(root, 'dist', 'labs', 'gallery'), { recursive: true });
  for (const made of ['plans', 'claims.json', 'labs.json'])
    await rm(join(root, 'dist', made), { recursive: true, force: true });
  for (const file of [
    join('agent', 'agent.pl'),
    join('agent', 'drops.pl'),
    join('agent', 'editions.pl'),
    join('agent', 'relay.pl'),
    join('agent', 'terminal.pl'),
    join('docker', 'Dockerfile'),
  ])
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
  await writePlans(join(root, 'dist', 'exports.js'));
}

async function bundled(absWorkingDir, entryPoints) {
  const { outputFiles } = await bundle({
    absWorkingDir,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Node prints the line that throws: in a program of one's own, that is to be a line.
    minify: !entryPoints.some(({ out }) => parts.includes(out)),
    external,
    alias: { packetwalk: './src/index.ts' },
    banner: {
      js: "import{createRequire as packetwalkRequire}from'node:module';const require=packetwalkRequire(import.meta.url);",
    },
    write: false,
    logLevel: 'error',
  });
  return outputFiles;
}

/** What runs in a browser, and its styles: one file each, to be put into a report or served. */
async function bundledPage(absWorkingDir) {
  const { outputFiles } = await bundle({
    absWorkingDir,
    entryPoints: [
      { in: 'src/page/main.tsx', out: 'page' },
      { in: 'src/page/loader.ts', out: 'loader' },
      { in: 'src/page/page.css', out: 'page' },
      { in: 'src/page/still.css', out: 'still' },
      { in: 'src/page/live/main.tsx', out: 'live' },
      { in: 'src/page/live/live.css', out: 'live' },
    ],
    outdir: 'dist',
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    plugins: [declaring],
    write: false,
    logLevel: 'error',
  });
  return outputFiles;
}

/** The sources do no more than declare: of a file, the page has what it uses, and nothing of Node's. */
const declaring = {
  name: 'declaring',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, resolveDir }) => ({ path: resolve(resolveDir, path), sideEffects: false }));
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
  },
};

/** In a process of its own, since this one may have loaded an older bundle. A lab without a plan is planned when it is used. */
async function writePlans(exports) {
  const script = fileURLToPath(new URL('./plans.js', import.meta.url));
  const plans = spawn(process.execPath, [script, exports], { stdio: 'inherit' });
  const [code] = await once(plans, 'close');
  if (code !== 0) throw new Error(`the labs could not be planned (exit code ${code})`);
}
