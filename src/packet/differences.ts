import { aligned, type Pair } from './align.ts';
import { agrees, type MacLookup } from './match.ts';
import type { ExpectedHeader, Header, MacOf, Value } from './protocol.ts';

/** What keeps a packet from matching; without `field` the header itself is missing or was not expected. */
export interface Difference {
  protocol: string;
  /** The header's place in the expectation; absent if it was not expected. */
  expectedAt?: number;
  /** The header's place in the packet; absent if it is missing. */
  seenAt?: number;
  field?: string;
  /** As the lab states it. */
  expected?: Value | MacOf;
  /** The address for which a stated `mac(point)` stands; absent if it is not known. */
  resolved?: string;
  /** Absent if the header has no such field. */
  seen?: Value;
}

type FieldDifference = Pick<Difference, 'field' | 'expected' | 'resolved' | 'seen'>;

const fieldDifferences = (stated: ExpectedHeader, seen: Header, macOf: MacLookup): FieldDifference[] =>
  Object.entries(stated.fields)
    .filter(([field, expected]) => !agrees(expected, seen.fields[field], macOf))
    .map(([field, expected]) => {
      const value = seen.fields[field];
      const address = typeof expected === 'object' ? macOf(expected.macOf) : undefined;
      return {
        field,
        expected,
        ...(address === undefined ? {} : { resolved: address }),
        ...(value === undefined ? {} : { seen: value }),
      };
    });

const pairDifferences = ({ expected, seen }: Pair, macOf: MacLookup): Difference[] => {
  if (expected && seen) {
    const place = { protocol: seen.header.protocol, expectedAt: expected.at, seenAt: seen.at };
    return fieldDifferences(expected.header, seen.header, macOf).map((field) => ({ ...place, ...field }));
  }
  if (expected) return [{ protocol: expected.header.protocol, expectedAt: expected.at }];
  if (seen && seen.header.protocol !== 'ether') return [{ protocol: seen.header.protocol, seenAt: seen.at }];
  return [];
};

/** Everything in which a packet differs from what was expected, outermost first; empty when it matches. */
export const differences = (
  expected: readonly ExpectedHeader[],
  headers: readonly Header[],
  macOf: MacLookup,
): Difference[] => aligned(expected, headers).flatMap((pair) => pairDifferences(pair, macOf));
