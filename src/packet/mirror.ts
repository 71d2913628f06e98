import { known } from './known.ts';
import type { ExpectedHeader } from './protocol.ts';

/** The headers as the answer carries them: addresses and ports changed over, a request turned into its reply. */
export const mirror = <Point extends string>(expected: readonly ExpectedHeader<Point>[]): ExpectedHeader<Point>[] =>
  expected.map((header, at) => {
    const fields = known.get(header.protocol)?.mirror?.(header.fields, expected[at + 1]) ?? header.fields;
    return { protocol: header.protocol, fields } as ExpectedHeader<Point>;
  });
