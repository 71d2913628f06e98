import { existsSync, statSync } from 'node:fs';
import { BadLab } from './bad-lab.ts';
import { bundle } from './bundle-lab.ts';
import { BadUsage } from './usage.ts';

/**
 * Loads the file of a runtime or report of one's own, and returns its default export. Throws a BadUsage, with the file, where there is
 * none, it does not load, or it has no such export; `what` is a sentence about what is to be exported.
 */
export async function loadOwn(path: string, what: string): Promise<unknown> {
  const refused = (why: string) => new BadUsage(`${path}: ${why}`, what);
  if (!existsSync(path) || !statSync(path).isFile()) throw new BadUsage(`there is no file ${path}`);
  let module: object;
  try {
    const { code } = await bundle(path);
    module = (await import(`data:text/javascript;base64,${code}`)) as object;
  } catch (error) {
    throw refused(`does not load: ${firstProblem(error)}`);
  }
  if (!('default' in module)) throw refused('has no default export.');
  return module.default;
}

/** What its bundling says of a file, with its line; or what the file itself threw. */
function firstProblem(error: unknown): string {
  const [first] = error instanceof BadLab ? error.problems : [];
  return first ? `${first.where}: ${first.what}` : (error as Error).message;
}
