import type { ExpectedHeader, Value } from './protocol.ts';

type Fields = ExpectedHeader['fields'];

/** The fields with each pair of names changed over. */
export const swapped = (fields: Fields, ...pairs: [string, string][]): Fields => {
  const other = new Map(pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [other.get(name) ?? name, value]));
};

/** The fields with one value turned into its opposite, where it is stated and has one. */
export const turned = (fields: Fields, name: string, [one, two]: [Value, Value]): Fields => {
  const value = fields[name];
  if (value === one) return { ...fields, [name]: two };
  if (value === two) return { ...fields, [name]: one };
  return fields;
};
