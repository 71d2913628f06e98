import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Lab } from '../lab/words.ts';
import { BadLab } from './bad-lab.ts';
import { hint } from './nearest.ts';
import { type Plan, plan } from './plan.ts';
import { BadUsage, fromHere } from './usage.ts';

// Labs that come with packetwalk lie beside this file once it is bundled.
const folder = fileURLToPath(new URL('./labs/', import.meta.url));

/** The labs that come with packetwalk, by name. */
export const labNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.slice(0, -3))
    .sort();

/** Whether a lab is named by its file. */
export const isPath = (word: string) => /[/\\]/.test(word) || /\.[cm]?[jt]s$/.test(word);

/** The name by which a lab is known once it stands: that of its file. */
export const labName = (word: string) => (isPath(word) ? basename(word, extname(word)) : word);

/** How many nodes a lab is to have, and how many pods each of them. */
export interface Size {
  nodes: number;
  pods: number;
}

/** What a lab's file exports: the lab, and if it can be had in other sizes, what makes it of one. */
interface LabModule {
  default?: unknown;
  sized?: (size: Partial<Size>) => unknown;
}

/**
 * Loads a lab, by name or by the path of its file, and works out its plan. Throws a BadUsage for a size that it cannot be had
 * in.
 */
export async function loadPlan(word: string, size?: Partial<Size>): Promise<Plan> {
  const module = await (isPath(word) ? loadFile(word) : loadNamed(word));
  if (!size) return plan(module.default, labName(word));
  if (!module.sized) throw new BadUsage(`${labName(word)} has one size: it takes no --nodes and no --pods`);
  return { ...plan(ofSize(module.sized, size), labName(word)), size };
}

function ofSize(sized: NonNullable<LabModule['sized']>, size: Partial<Size>): unknown {
  try {
    return sized(size);
  } catch (error) {
    throw new BadUsage((error as Error).message);
  }
}

/** A lab that comes with packetwalk, as its file has it: it need not be planned to be listed. */
export const loadLab = async (name: string): Promise<Lab> => (await loadNamed(name)).default as Lab;

async function loadNamed(name: string): Promise<LabModule> {
  const names = labNames();
  if (!names.includes(name))
    throw new BadUsage(
      `there is no lab ${name}. ${hint(name, names)}`,
      'A lab of your own is run by its path: ./my-lab.ts',
    );
  try {
    return (await import(new URL(`./labs/${name}.js`, import.meta.url).href)) as LabModule;
  } catch (error) {
    throw new BadLab(name, [{ where: 'the file', what: `does not load: ${(error as Error).message}` }]);
  }
}

async function loadFile(word: string): Promise<LabModule> {
  const path = fromHere(word);
  if (!existsSync(path) || !statSync(path).isFile()) throw new BadUsage(`there is no file ${path}`);
  const code = await bundled(path);
  try {
    const module = (await import(`data:text/javascript;base64,${code}`)) as LabModule;
    if (!('default' in module)) throw new Error('it has no default export: write `export default lab({ … })`');
    return module;
  } catch (error) {
    if (error instanceof BadUsage) throw error;
    throw new BadLab(basename(path), [{ where: 'the file', what: `does not load: ${(error as Error).message}` }]);
  }
}

/** A lab's file with what it imports, as one module; its `packetwalk` is this one. */
async function bundled(path: string): Promise<string> {
  const { build } = await import('esbuild');
  const words = pathToFileURL(fileURLToPath(new URL('./index.js', import.meta.url))).href;
  try {
    const { outputFiles } = await build({
      entryPoints: [path],
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      write: false,
      logLevel: 'silent',
      plugins: [
        {
          name: 'packetwalk',
          setup: ({ onResolve }) => {
            onResolve({ filter: /^packetwalk$/ }, () => ({ path: words, external: true }));
          },
        },
      ],
    });
    return Buffer.from(outputFiles[0]!.contents).toString('base64');
  } catch (error) {
    const { errors = [] } = error as {
      errors?: { text: string; location?: { line: number; column: number } | null }[];
    };
    const problems = errors.map(({ text, location }) => ({
      where: location ? `line ${location.line}, column ${location.column + 1}` : 'the file',
      what: text,
    }));
    if (!problems.length) problems.push({ where: 'the file', what: (error as Error).message });
    throw new BadLab(basename(path), problems);
  }
}
