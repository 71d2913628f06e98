import type { ByteRange, HeaderBytes } from '../packet/header-bytes.ts';
import type { Lit } from './headers.tsx';
import { Scroll } from './parts.tsx';

const WIDTH = 16;

/** The bytes that base64 stands for. */
export const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));

const hex = (value: number, digits = 2) => value.toString(16).padStart(digits, '0');

const within = (at: number, [begin, end]: ByteRange) => begin <= at && at < end;

/** What a byte is of: its header, and the first of the fields that are read from it. */
function owner(layout: HeaderBytes[], at: number): Lit | null {
  const header = layout.findIndex(({ range }) => within(at, range));
  if (header < 0) return null;
  const [field] =
    Object.entries(layout[header]!.fields).find(([, ranges]) => ranges.some((each) => within(at, each))) ?? [];
  return { header, ...(field !== undefined && { field }) };
}

/** A frame as a table of bytes; to point at one is to point at its field, and the other way round. */
export const Bytes = ({
  frame,
  layout,
  lit,
  onLit,
}: {
  frame: string;
  layout: HeaderBytes[];
  lit: Lit | null;
  onLit(lit: Lit | null): void;
}) => {
  const bytes = bytesOf(frame);
  const rows = Array.from({ length: Math.ceil(bytes.length / WIDTH) }, (_, i) => i * WIDTH);
  const ranges = lit?.field ? (layout[lit.header]?.fields[lit.field] ?? []) : [];
  const classOf = (at: number) => {
    const of = owner(layout, at);
    return `${of ? `tone-${of.header % 6}` : 'payload'} ${ranges.some((each) => within(at, each)) ? 'lit' : ''}`;
  };
  return (
    <Scroll label="The bytes of the frame">
      <table class="bytes">
        <caption>{bytes.length} bytes</caption>
        <thead class="unseen">
          <tr>
            <th scope="col">Offset</th>
            <th scope="col">Bytes</th>
            <th scope="col">As text</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((from) => (
            <tr key={from}>
              <th scope="row">{hex(from, 4)}</th>
              <td>
                {[...bytes.subarray(from, from + WIDTH)].map((byte, i) => (
                  // biome-ignore lint/a11y/noStaticElementInteractions: the fields do the same for the keyboard
                  <span
                    key={i}
                    class={classOf(from + i)}
                    onMouseEnter={() => onLit(owner(layout, from + i))}
                    onMouseLeave={() => onLit(null)}
                  >
                    {hex(byte)}
                  </span>
                ))}
              </td>
              <td class="ascii">
                {[...bytes.subarray(from, from + WIDTH)]
                  .map((byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : '·'))
                  .join('')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
};
