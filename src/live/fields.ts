/** Of which kind a field of a message is. */
export type Field = 'text' | 'number' | 'texts' | 'flag';

/** What pages send: messages, each of a kind. */
export interface Message {
  kind: string;
}

/** Which fields each message of a page has, and of what kind each is. */
export type Shapes<M extends Message> = Record<M['kind'], Record<string, Field>>;

const MOST_CHARACTERS = 1000;
const MOST_TEXTS = 8;

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= MOST_CHARACTERS;

const fits: Record<Field, (value: unknown) => boolean> = {
  text: isText,
  number: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  texts: (value) => Array.isArray(value) && value.length <= MOST_TEXTS && value.every(isText),
  flag: (value) => typeof value === 'boolean',
};

/** A message of a page, with the fields that it must have and no others; undefined where it is none. */
export function messageOf<M extends Message>(shapes: Shapes<M>, text: string): M | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, ...fields } = value as Record<string, unknown>;
  if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind)) return undefined;
  const shape = Object.entries(shapes[kind as M['kind']]);
  if (Object.keys(fields).length !== shape.length) return undefined;
  return shape.every(([name, field]) => fits[field](fields[name])) ? (value as M) : undefined;
}

/** How large a terminal may be said to be, in rows and columns. */
export const inTerminal = (cells: number): number => Math.min(Math.max(cells, 2), 500);
