import type { Expectation, Shape } from '../lab/words.ts';

/** Why an output is not as expected, in a sentence; undefined when it is. `code` is the command's exit code. */
export function mismatch(expectation: Expectation, output: string, code: number): string | undefined {
  if ('fails' in expectation) {
    if (code === 0) return 'it should have failed, and did not';
    return firstMissing(expectation.fails, output);
  }
  if (code !== 0) return `it ended with exit code ${code}`;
  if ('lines' in expectation) return firstMissing(expectation.lines, output);
  if ('lacks' in expectation) {
    const present = expectation.lacks.find((text) => fold(output).includes(fold(text)));
    return present === undefined ? undefined : `it should not say '${present}'`;
  }
  const value = parsed(output);
  if (value === undefined) return 'it is not JSON';
  if ('none' in expectation) {
    const found = elements(value).find((element) => holds(expectation.none, element));
    return found === undefined ? undefined : `it should not hold ${JSON.stringify(found)}`;
  }
  if (expectation.exactly && Array.isArray(value) && Array.isArray(expectation.json)) {
    const [wanted, got] = [expectation.json.length, value.filter(isFilled).length];
    if (wanted !== got) return `it holds ${got} elements, not ${wanted}`;
  }
  return lacking(expectation.json, Array.isArray(value) ? value.filter(isFilled) : value);
}

// `ip -j` prints an empty object for every element that its filter left out.
const isFilled = (element: unknown) => typeof element !== 'object' || !element || Object.keys(element).length > 0;

const elements = (value: unknown) => (Array.isArray(value) ? value : [value]);

function parsed(output: string): unknown {
  if (output.trim() === '') return [];
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

const fold = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

function firstMissing(texts: string[], output: string): string | undefined {
  const lines = output.split('\n').map(fold);
  let at = 0;
  for (const text of texts) {
    const found = lines.findIndex((line, i) => i >= at && says(line, fold(text)));
    if (found < 0) return `'${text}' is missing${at ? ' after the lines before it' : ''}`;
    at = found + 1;
  }
  return undefined;
}

const isDigit = (character = '') => /^\d$/.test(character);

/** Whether a line has a text; a number at the text's end or beginning must be a whole one: 10.42.0.1 is not in 10.42.0.10. */
function says(line: string, text: string): boolean {
  for (let at = line.indexOf(text); at >= 0; at = line.indexOf(text, at + 1)) {
    const cutBefore = isDigit(line[at - 1]) && isDigit(text[0]);
    const cutAfter = isDigit(line[at + text.length]) && isDigit(text.at(-1));
    if (!cutBefore && !cutAfter) return true;
  }
  return false;
}

const holds = (shape: Shape, value: unknown) => lacking(shape, value) === undefined;

/** What of a shape a value lacks, in a sentence. Each element of a listed shape needs an element of its own. */
function lacking(shape: Shape, value: unknown, where = ''): string | undefined {
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return `${where || 'it'} is no list`;
    const missing = unmatched(shape, value);
    if (missing < 0) return undefined;
    if (shape.length === 1 && value.length === 1) return lacking(shape[0]!, value[0], `${where}[0]`);
    return `${JSON.stringify(shape[missing])} is missing${where && ` in ${where}`}`;
  }
  if (typeof shape === 'object' && shape !== null) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `${where || 'it'} is ${JSON.stringify(value) ?? 'missing'}, not an object`;
    for (const [field, inner] of Object.entries(shape)) {
      const problem = lacking(inner, (value as Record<string, unknown>)[field], where ? `${where}.${field}` : field);
      if (problem) return problem;
    }
    return undefined;
  }
  return value === shape
    ? undefined
    : `${where || 'it'} is ${JSON.stringify(value) ?? 'missing'}, not ${JSON.stringify(shape)}`;
}

/** Index of the first shape for which there is no value of its own; -1 when each has one (augmenting paths, so order is free). */
function unmatched(shapes: Shape[], values: unknown[]): number {
  const taken = new Map<number, Shape>();
  const settle = (shape: Shape, tried: Set<number>): boolean =>
    values.some((value, i) => {
      if (tried.has(i) || !holds(shape, value)) return false;
      tried.add(i);
      if (taken.has(i) && !settle(taken.get(i)!, tried)) return false;
      taken.set(i, shape);
      return true;
    });
  return shapes.findIndex((shape) => !settle(shape, new Set()));
}
