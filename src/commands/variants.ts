import { hint } from '../plan/nearest.ts';
import { BadUsage } from '../plan/usage.ts';
import { type Variant, variants } from '../runtime/index.ts';

/** The words of an option that takes a list, each once. Throws a BadUsage where there is none. */
export function list(option: string, text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const words = [...new Set(text.split(',').map((word) => word.trim()))].filter(Boolean);
  if (!words.length) throw new BadUsage(`${option} names none`);
  return words;
}

/** What decides which runtimes a matrix has. */
interface Wanted {
  runtimes?: string;
  kernels?: string;
  kubernetes?: string;
  on?: string;
}

/**
 * The runtimes that are named, or those of the matrix; a pod or task is there for one run, and prepares nothing for others. With kernels,
 * each form of vm that is named, or its usual one, with each of them.
 */
export async function chosenVariants({ runtimes, kernels, kubernetes, on }: Wanted): Promise<Variant[]> {
  const isElsewhere = (kubernetes ?? on) !== undefined;
  const known = variants.map(({ name }) => name);
  const usual = variants.filter(({ byDefault, takesKernel }) => byDefault && takesKernel).map(({ name }) => name);
  const names = list('--runtimes', runtimes) ?? (kernels === undefined ? undefined : usual);
  for (const name of names ?? [])
    if (!known.includes(name))
      throw new BadUsage(`there is no runtime ${name}. ${hint(name, known)}`, `There is ${known.join(', ')}.`);
  const chosen = names
    ? names.map((name) => variants.find((each) => each.name === name)!)
    : variants.filter((each) => each.byDefault && !(isElsewhere && each.prepares));
  if (kernels === undefined) return chosen;
  if (isElsewhere) throw new BadUsage('--kernels belongs to vm, which is not in pods and tasks: leave it out');
  const words = kernels
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
  if (!words.length) throw new BadUsage('--kernels names none');
  return (await import('./kernels.ts')).withKernels(chosen, words);
}
