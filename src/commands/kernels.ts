import { basename } from 'node:path';
import { BadUsage, fromHere } from '../plan/usage.ts';
import { kernels as kernelsThere, kernelTyped, type Variant } from '../runtime/index.ts';

const tell = (line: string) => void process.stderr.write(`${line}\n`);

/** Each way to have virtual machines with each of some kernels: `vm/6.1`, `vm/6.12`. Throws a BadUsage; nothing is downloaded. */
export async function withKernels(variants: Variant[], words: string[]): Promise<Variant[]> {
  const other = variants.find(({ takesKernel }) => !takesKernel);
  if (other) throw new BadUsage(`--kernels belongs to vm, and ${other.name} has none to choose: leave it out`);
  const { exactly, foundKernel, identity } = await kernelsThere();
  const met = new Map<string, string>();
  const kernels: { name: string; text: string }[] = [];
  for (const word of words) {
    const text = kernelTyped(word, fromHere);
    const found = await foundKernel(text);
    const same = met.get(identity(found));
    if (same !== undefined)
      throw new BadUsage(`two of the kernels are one: ${same} and ${word} are both Linux ${found.release}`);
    met.set(identity(found), word);
    kernels.push({ name: nameOf(word, words), text: exactly(text, found) });
  }
  return kernels.flatMap(({ name, text }) =>
    variants.map((variant) => ({
      ...variant,
      name: `${variant.name}/${name}`,
      options: [...variant.options, '--kernel', text],
      kernel: text,
    })),
  );
}

/** A kernel's file by its name, or as it was typed where two have the same. */
function nameOf(word: string, words: string[]): string {
  const [name, ...others] = [word, ...words].map((each) => basename(each.split(':')[0]!));
  return others.filter((other) => other === name).length === 1 ? name! : word;
}

/** Downloads kernels, and makes what their machines start from, one after another. Throws a BadUsage where one is of no use. */
export async function prepareKernels(texts: (string | undefined)[]): Promise<void> {
  const { prepareKernel } = await kernelsThere();
  for (const text of new Set(texts)) {
    if (text === undefined) continue;
    try {
      await prepareKernel(text, tell);
    } catch (error) {
      // What else fails, such as a download, each run tells by itself.
      if (error instanceof BadUsage) throw error;
    }
  }
}
