import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { podsNode } from '../lab/read.ts';
import type { Lab } from '../lab/words.ts';
import { BadLab } from './bad-lab.ts';
import { hint } from './nearest.ts';
import type { Plan } from './plan.ts';
import type { LabModule, Size } from './plan-module.ts';
import type { Daemons } from './real-daemons.ts';
import { BadUsage } from './usage.ts';

// Labs that come with packetwalk lie beside this file once it is bundled.
const folder = fileURLToPath(new URL('./labs/', import.meta.url));

/** Where their plans are, which are worked out when they are bundled. */
export const plansFolder = fileURLToPath(new URL('./plans/', import.meta.url));

/** The file of one of them: JSON, compressed. */
export const planFile = (name: string) => `${plansFolder}${name}.json.br`;

/** Where the claims are that most of these labs speak of: a plan that is kept with none has these. */
export const claimsFile = fileURLToPath(new URL('./claims.json', import.meta.url));

/** The labs that come with packetwalk, by name. */
export const labNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.slice(0, -3))
    .sort();

const GALLERY = 'gallery/';

/** The labs of the gallery, which come with packetwalk and are listed apart: `gallery/q-in-vni`. */
export const galleryNames = (): string[] =>
  existsSync(`${folder}${GALLERY}`)
    ? readdirSync(`${folder}${GALLERY}`)
        .filter((file) => file.endsWith('.js'))
        .map((file) => `${GALLERY}${file.slice(0, -3)}`)
        .sort()
    : [];

/** The lab that comes with packetwalk and is meant by a word, which may leave the gallery's name out; undefined for none. */
export const shipped = (word: string): string | undefined =>
  labNames().includes(word) ? word : galleryNames().find((name) => name === word || name === `${GALLERY}${word}`);

/** Whether a lab is named by its file. */
export const isPath = (word: string) => /\.[cm]?[jt]s$/.test(word) || (/[/\\]/.test(word) && !word.startsWith(GALLERY));

/** The name by which a lab is known once it stands: that of its file. */
export const labName = (word: string) => (/[/\\]|\.[cm]?[jt]s$/.test(word) ? basename(word, extname(word)) : word);

/**
 * Loads a lab, by name or by the path of its file, and works out its plan. Throws a BadUsage for a size that it cannot be had
 * in.
 */
export async function loadPlan(word: string, size?: Partial<Size>, daemons: Daemons = 'small'): Promise<Plan> {
  const known = size || daemons === 'real' || isPath(word) ? undefined : keptPlan(word);
  if (known) return known;
  if (isPath(word)) {
    const { labFile, loadFile } = await import('./load-file.ts');
    return loadFile(labFile(word), { name: labName(word), size, daemons });
  }
  const module = await loadNamed(word);
  const { planModule } = await import('./plan-module.ts');
  return planModule(module, labName(word), size, daemons);
}

/** The plan of a lab that comes with packetwalk, as it was worked out; undefined where it was not. */
function keptPlan(name: string): Plan | undefined {
  const known = shipped(name);
  if (!known || !existsSync(planFile(known))) return undefined;
  const plan = JSON.parse(brotliDecompressSync(readFileSync(planFile(known))).toString()) as Omit<Plan, 'claims'> & {
    claims: Plan['claims'] | null;
  };
  return { ...plan, claims: plan.claims ?? (JSON.parse(readFileSync(claimsFile, 'utf8')) as Plan['claims']) };
}

/** A lab that comes with packetwalk, in a line of a list. */
export interface Listed {
  lab: string;
  title: string;
  nodes: number;
  pods: number;
  walks: number;
  drills: number;
}

/** Where the list of labs is, which is made when they are bundled. */
export const listFile = fileURLToPath(new URL('./labs.json', import.meta.url));

/** The labs that come with packetwalk, as they were listed when they were bundled, or as their files have them. */
export async function listed(): Promise<Listed[]> {
  if (existsSync(listFile)) return JSON.parse(readFileSync(listFile, 'utf8')) as Listed[];
  return Promise.all(
    [...labNames(), ...galleryNames()].map(async (name) => row(name, (await loadNamed(name)).default as Lab)),
  );
}

function row(lab: string, { title, nodes, walks, faults = {} }: Lab): Listed {
  const pods = Object.values(nodes).filter(podsNode).length;
  return {
    ...{ lab, title, pods },
    nodes: Object.keys(nodes).length - pods,
    walks: Object.keys(walks).length,
    drills: Object.keys(faults).length,
  };
}

async function loadNamed(name: string): Promise<LabModule> {
  const known = shipped(name);
  if (!known)
    throw new BadUsage(
      `there is no lab ${name}. ${hint(name, name.startsWith(GALLERY) ? galleryNames() : [...labNames(), ...galleryNames()])}`,
      'A lab of your own is run by its path: ./my-lab.ts',
    );
  try {
    return (await import(new URL(`./labs/${known}.js`, import.meta.url).href)) as LabModule;
  } catch (error) {
    throw new BadLab(name, [{ where: 'the file', what: `does not load: ${(error as Error).message}` }]);
  }
}
