import type { ExpectedHeader, MacOf, Value } from './protocol.ts';

/** Two points are taken to have two addresses; whether a point has a given address is not known yet. */
const contradict = (a: Value | MacOf, b: Value | MacOf) => {
  if (typeof a === 'object' && typeof b === 'object') return a.macOf !== b.macOf;
  return typeof a !== 'object' && typeof b !== 'object' && a !== b;
};

const bothHold = (a: ExpectedHeader, b: ExpectedHeader) =>
  a.protocol === b.protocol &&
  Object.entries(a.fields).every(([name, stated]) => {
    const other = b.fields[name];
    return other === undefined || !contradict(stated, other);
  });

/** Whether one packet could satisfy both expectations. */
export const compatible = (a: readonly ExpectedHeader[], b: readonly ExpectedHeader[]): boolean => {
  const [one, other] = [a[0], b[0]];
  if (!one && !other) return true;
  if (one && other && one.protocol === other.protocol)
    return bothHold(one, other) && compatible(a.slice(1), b.slice(1));
  if (one?.protocol === 'ether') return compatible(a.slice(1), b);
  if (other?.protocol === 'ether') return compatible(a, b.slice(1));
  return false;
};
