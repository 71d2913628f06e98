import { builtIn, type Registry } from './known.ts';
import type { ExpectedHeader } from './protocol.ts';

/** The headers as the answer carries them: addresses and ports changed over, a request turned into its reply. */
export const mirror = <Point extends string>(
  expected: readonly ExpectedHeader<Point>[],
  { known }: Registry = builtIn,
): ExpectedHeader<Point>[] =>
  expected.map((header, at) => {
    const next = expected[at + 1];
    const carried = next && known.get(next.protocol)?.message ? undefined : next;
    const fields = known.get(header.protocol)?.mirror?.(header.fields, carried) ?? header.fields;
    return { protocol: header.protocol, fields } as ExpectedHeader<Point>;
  });
