import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { BadLab, type Problem } from './bad-lab.ts';
import { type Bundle, bundle, type Position, whereText } from './bundle-lab.ts';
import { fieldPosition } from './field-line.ts';
import type { LabAsked, LabIsLoaded, LabTold } from './lab-worker.ts';
import { thrownAt } from './own-lines.ts';
import { withOwnProtocols } from './own-protocols.ts';
import type { Plan } from './plan.ts';
import { BadUsage, fromHere } from './usage.ts';

/** How long a lab's file may take to load, in milliseconds. */
export const LOAD_TIMEOUT_MS = 30_000;

// Lies beside this file once it is bundled.
const worker = new URL('./lab-worker.js', import.meta.url);

/** The path of a lab's file as it was typed. Throws a BadUsage where there is none. */
export function labFile(word: string): string {
  const path = fromHere(word);
  if (!existsSync(path) || !statSync(path).isFile()) throw new BadUsage(`there is no file ${path}`);
  return path;
}

/**
 * Loads a lab's file in a thread of its own, and works out its plan there. Whatever the file starts ends with the thread, what it
 * prints goes to standard error, and what it does to end or to hold up this process is a BadLab.
 */
export async function loadFile(
  path: string,
  asked: Pick<LabAsked, 'name' | 'size' | 'daemons'>,
  timeoutMs = LOAD_TIMEOUT_MS,
): Promise<Plan> {
  // The thread begins while the file is bundled. Loaders that this process was started with are not for the lab.
  const thread = new Worker(worker, { argv: process.argv.slice(2), stdout: true, execArgv: [] });
  const bundled = await bundle(path).catch(async (error: unknown) => {
    await thread.terminate();
    throw error;
  });
  const requireFrom = bundled.requires ? path : undefined;
  const told = await askThread(thread, { ...asked, code: bundled.code, map: bundled.map, requireFrom }, timeoutMs);
  if ('plan' in told) {
    const plan = JSON.parse(told.plan) as Plan;
    return told.bringsProtocols ? withOwnProtocols({ ...plan, protocolsFile: path }) : plan;
  }
  if ('usage' in told) throw new BadUsage(told.usage);
  if ('problems' in told)
    throw new BadLab(
      asked.name,
      told.problems.map((problem) => withLine(problem, bundled, path)),
    );
  const at = thrownAt(told.stack, bundled.files) ?? misnamedAt(told.what, bundled) ?? awaitedAt(told.what, bundled);
  throw new BadLab(basename(path), [{ where: whereText(at, path), what: told.what.replace(OWN, "'packetwalk'") }]);
}

/** How Node names the words, which are beside this file. */
const OWN = `'${new URL('./index.js', import.meta.url).href}'`;

/** What the thread told, or how it ended without a word. */
function askThread(thread: Worker, asked: LabAsked, timeoutMs: number): Promise<LabTold> {
  thread.stdout.pipe(process.stderr, { end: false });
  return new Promise<LabTold>((resolve) => {
    let goesOn = 'something at its top level goes on or is waited for';
    const within = `does not load within ${timeoutMs / 1000} s`;
    const timer = setTimeout(() => resolve({ what: `${within}: ${goesOn}` }), timeoutMs);
    thread.on('message', (told: LabTold | LabIsLoaded) => {
      if (!('isLoaded' in told)) return resolve(told);
      goesOn = 'it is read to its end, and a decode of its protocols, tried on bytes of no packet, has none';
    });
    thread.once('error', (error) => resolve({ what: `does not load: ${error.message}`, stack: error.stack }));
    thread.once('exit', (code) => resolve(endedText(code)));
    thread.once('exit', () => clearTimeout(timer));
    thread.postMessage(asked);
  }).finally(() => void thread.terminate());
}

const NEVER = 'never finishes loading';

/** A thread ends by itself once nothing is left that could bring about what its module waits for. */
const endedText = (code: number): LabTold => ({
  what: code
    ? `ended its thread with exit code ${code} before it was loaded`
    : `${NEVER}: an await at its top level waits for what nothing can bring about`,
});

/** Where a name stands that what it is imported from does not have: Node tells the name alone. */
function misnamedAt(what: string, { files }: Bundle): Position | undefined {
  const [, name] = /does not provide an export named '(\w+)'/.exec(what) ?? [];
  if (!name || name === 'default') return undefined;
  for (const file of files)
    for (const [i, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      const column = line.search(new RegExp(`\\b${name}\\b`));
      if (column >= 0) return { file, line: i + 1, column: column + 1 };
    }
  return undefined;
}

/** The one line that waits at the top level of the lab's files, where one of them is never done. */
function awaitedAt(what: string, { files }: Bundle): Position | undefined {
  if (!what.startsWith(NEVER)) return undefined;
  const waiting = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((text, i) => ({ file, line: i + 1, column: text.search(/(?<=^(?![\s/*]).*)\bawait\b/) + 1 }))
      .filter(({ column }) => column > 0),
  );
  return waiting.length === 1 ? waiting[0] : undefined;
}

/** A problem of a field with the line where that stands. */
function withLine(problem: Problem, { files }: Bundle, path: string): Problem {
  const at = fieldPosition(
    problem.where,
    files.map((file) => ({ file, text: readFileSync(file, 'utf8') })),
  );
  return at ? { ...problem, where: `${problem.where} (${whereText(at, path)})` } : problem;
}

/** The files that a change of a lab can lie in: its modules, and what those name beside themselves. Throws a BadLab. */
export async function filesOf(path: string): Promise<{ modules: string[]; besides: string[] }> {
  const { files } = await bundle(path);
  return { modules: files, besides: [...new Set(files.flatMap(besides))].filter((file) => !files.includes(file)) };
}

/** The files that a module names by `new URL('./file', import.meta.url)`. */
function besides(module: string): string[] {
  const named = readFileSync(module, 'utf8').matchAll(/new URL\(\s*(['"`])(\.[^'"`$]*)\1\s*,\s*import\.meta\.url/g);
  return [...named].flatMap(([, , name = '']) => {
    const file = fileURLToPath(new URL(name, pathToFileURL(module)));
    return existsSync(file) && statSync(file).isFile() ? [file] : [];
  });
}
