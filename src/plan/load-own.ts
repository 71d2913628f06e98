import { existsSync, statSync } from 'node:fs';
import { BadLab } from './bad-lab.ts';
import { type Bundle, bundle, whereText } from './bundle-lab.ts';
import { loadHere } from './own-code.ts';
import { thrownAt } from './own-lines.ts';
import { BadUsage } from './usage.ts';

/**
 * Loads the file of a runtime or report of one's own, and returns its default export. Throws a BadUsage, with the file, where there is
 * none, it does not load, or it has no such export; `what` is a sentence about what is to be exported.
 */
export async function loadOwn(path: string, what: string): Promise<unknown> {
  const refused = (why: string) => new BadUsage(`${path}: ${why}`, what);
  if (!existsSync(path) || !statSync(path).isFile()) throw new BadUsage(`there is no file ${path}`);
  let module: object;
  let bundled: Bundle | undefined;
  try {
    bundled = await bundle(path);
    module = await loadHere(path, bundled);
  } catch (error) {
    throw refused(`does not load: ${firstProblem(error, path, bundled)}`);
  }
  if (!('default' in module)) throw refused('has no default export.');
  return module.default;
}

/** What its bundling says of a file, or what the file itself threw, with its line. */
function firstProblem(error: unknown, path: string, bundled?: Bundle): string {
  const [first] = error instanceof BadLab ? error.problems : [];
  if (first) return `${first.where}: ${first.what}`;
  if (!(error instanceof Error)) return `it throws ${String(error)}`;
  const at = bundled && thrownAt(error.stack, bundled.files);
  return at ? `${whereText(at, path)}: ${error.message}` : error.message;
}
