import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { find } from '../../src/machine/programs.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Topology } from './labs.ts';
import { shellScript } from './script.ts';

export const builderNames = ['packetwalk', 'script', 'script-P2', 'mininet'] as const;
export type BuilderName = (typeof builderNames)[number];

/** What starts each builder of one lab; of one that cannot run here, why. */
export type Builders = Partial<Record<BuilderName, { words: string[] } | { absent: string }>>;

const root = process.getuid?.() === 0;
/** What runs a builder in namespaces of its own. */
export const sandbox = [
  'unshare',
  ...(root ? [] : ['--user', '--map-root-user']),
  '--net',
  '--mount',
  '--pid',
  '--fork',
  '--mount-proc',
  '--kill-child',
];

/** Bundles packetwalk's builder into a folder, as the command line is bundled, so that it starts as quickly. */
export async function bundle(folder: string): Promise<void> {
  const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  await build({
    entryPoints: [at('packetwalk.ts')],
    outfile: join(folder, 'packetwalk.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    alias: { packetwalk: at('../../src/index.ts') },
    logLevel: 'error',
  });
  for (const name of ['agent.pl', 'drops.pl'])
    await copyFile(at(`../../src/runtime/agent/${name}`), join(folder, name));
}

/** Writes the scripts of one lab into a folder, where `bundle` has been, and says how every builder is started. */
export async function builders(topology: Topology, size: number, plan: Plan, folder: string): Promise<Builders> {
  const script = async (name: string, atOnce: number) => {
    const at = join(folder, `${plan.name}-${name}`);
    await mkdir(at);
    for (const [file, text] of Object.entries(shellScript(plan, { atOnce }))) await writeFile(join(at, file), text);
    return { words: [...sandbox, `--wd=${at}`, 'sh', 'setup.sh'] };
  };
  return {
    packetwalk: { words: [process.execPath, join(folder, 'packetwalk.mjs'), topology, String(size)] },
    script: await script('script', 1),
    'script-P2': await script('script-P2', 2),
    ...(topology === 'bridge' && { mininet: mininet(size) }),
  };
}

function mininet(size: number): { words: string[] } | { absent: string } {
  if (!root) return { absent: 'Mininet needs root' };
  const missing = ['mn', 'mnexec', 'brctl'].filter((command) => !find(command));
  if (missing.length)
    return {
      absent: `${missing.join(', ')} missing. Type: apt-get install --no-install-recommends mininet bridge-utils`,
    };
  const program = fileURLToPath(new URL('peers/mininet_single.py', import.meta.url));
  return { words: [...sandbox, 'sh', '-c', `mount -t tmpfs tmpfs /run && exec '${program}' ${size}`] };
}
