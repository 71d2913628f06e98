import type { Expectation, Shape } from './lab.ts';

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
    const found = lines.findIndex((line, i) => i >= at && line.includes(fold(text)));
    if (found < 0) return `'${text}' is missing${at ? ' after the lines before it' : ''}`;
    at = found + 1;
  }
  return undefined;
}

const holds = (shape: Shape, value: unknown) => lacking(shape, value) === undefined;

/** What of a shape a value lacks, in a sentence. Each element of a listed shape needs an element of its own. */
function lacking(shape: Shape, value: unknown, where = ''): string | undefined {
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return `${where || 'it'} is no list`;
    const left = [...value];
    for (const element of shape) {
      const found = left.findIndex((candidate) => holds(element, candidate));
      if (found >= 0) left.splice(found, 1);
      else if (shape.length === 1 && value.length === 1) return lacking(element, value[0], `${where}[0]`);
      else return `${JSON.stringify(element)} is missing${where && ` in ${where}`}`;
    }
    return undefined;
  }
  if (typeof shape === 'object' && shape !== null) {
    if (typeof value !== 'object' || value === null) return `${where || 'it'} is ${JSON.stringify(value)}`;
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
