import { builtInProtocols, type Known } from './known.ts';
import type { Decoded, Malformed } from './protocol.ts';

type Read = Decoded<Record<string, unknown>> | Malformed;

/** Code of a protocol that did not keep to what `Protocol` says: nothing that it tells can be trusted. */
export interface Faulty {
  fault: string;
}

/** Reads a header by a protocol: a lab's own one is not trusted to keep to its word. */
export const readBy = (protocol: Known, bytes: Buffer, carrier?: string): ReturnType<Known['decode']> | Faulty => {
  if (builtInProtocols.get(protocol.id) === protocol) return protocol.decode(bytes, carrier);
  try {
    const read: Read = protocol.decode(bytes, carrier);
    const wrong = wrongWith(read, bytes);
    return wrong ? { fault: `its decode returned ${wrong}` } : (read as ReturnType<Known['decode']>);
  } catch (error) {
    return { fault: `its decode threw ${error instanceof Error ? error.message : String(error)}${lineOf(error)}` };
  }
};

const isValue = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);

const wrongWith = (read: Read | undefined, bytes: Buffer): string | undefined => {
  if (typeof read !== 'object' || read === null) return `${read}, not { fields, payload } or { malformed }`;
  if ('malformed' in read) return typeof read.malformed === 'string' ? undefined : 'a `malformed` that is no sentence';
  if (typeof read.fields !== 'object' || read.fields === null) return 'no fields';
  const odd = Object.entries(read.fields).find(([, value]) => value !== undefined && !isValue(value));
  if (odd) return `a field ${odd[0]} that is no text, number, true or false`;
  if (!Buffer.isBuffer(read.payload)) return 'a payload that is no Buffer';
  const { buffer, byteOffset, length } = read.payload;
  const isPart =
    length === 0 ||
    (buffer === bytes.buffer &&
      byteOffset >= bytes.byteOffset &&
      byteOffset + length <= bytes.byteOffset + bytes.length);
  return isPart ? undefined : 'a payload that is no part of the bytes it was given: use bytes.subarray(…)';
};

let told = (stack: string): string => stack;

/** Has stacks told by the files of their author, where protocols were bundled. */
export const tellStacksBy = (by: (stack: string) => string): void => {
  told = by;
};

/** Where an error was thrown, as ` (FILE:LINE:COLUMN)`, if its stack tells. */
export const lineOf = (error: unknown): string => {
  const stack = error instanceof Error ? told(error.stack ?? '') : '';
  const [, at] = /^\s+at (?:.*\()?(?:file:\/\/)?(\/[^()]+:\d+:\d+)\)?$/m.exec(stack) ?? [];
  return at ? ` (${at})` : '';
};
