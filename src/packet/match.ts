import type { ExpectedHeader, Header, MacOf, Value } from './protocol.ts';

/** Finds the MAC address of a point such as `node1:flannel.1`. */
export type MacLookup = (point: string) => string | undefined;

/** Whether a field is seen as stated; a point whose address is not known never is. */
export const agrees = (stated: Value | MacOf, seen: Value | undefined, macOf: MacLookup): boolean =>
  seen !== undefined && seen === (typeof stated === 'object' ? macOf(stated.macOf) : stated);

const isAsExpected = (seen: Header, expected: ExpectedHeader, macOf: MacLookup) =>
  seen.protocol === expected.protocol &&
  Object.entries(expected.fields).every(([name, stated]) => agrees(stated, seen.fields[name], macOf));

/** Whether the whole stack is as expected, outermost first; only `ether` may go unmentioned. */
export const matches = (expected: readonly ExpectedHeader[], headers: readonly Header[], macOf: MacLookup): boolean => {
  let at = 0;
  for (const seen of headers) {
    const next = expected[at];
    if (seen.protocol === 'ether' && next?.protocol !== 'ether') continue;
    if (!next || !isAsExpected(seen, next, macOf)) return false;
    at++;
  }
  return at === expected.length;
};
