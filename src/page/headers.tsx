import type { PointResult } from '../judge/result.ts';
import { aligned } from '../packet/align.ts';
import type { ExpectedHeader, Header } from '../packet/protocol.ts';

/** A field that is pointed at: which header, by its place in the stack, and which of its fields. */
export interface Lit {
  header: number;
  field?: string;
}

type OnLit = (lit: Lit | null) => void;

/** A value as a person writes it. */
const valueText = (value: unknown): string => {
  if (typeof value === 'object' && value !== null && 'macOf' in value) return `the MAC of ${value.macOf}`;
  return String(value);
};

/** Headers as a lab states them, one inside the other. */
export const Stated = ({ headers: [first, ...rest] }: { headers: readonly ExpectedHeader[] }) =>
  first ? (
    <div class="box">
      <b>{first.protocol}</b>{' '}
      {Object.entries(first.fields)
        .map(([name, value]) => `${name} ${valueText(value)}`)
        .join(', ')}
      {rest.length > 0 && <Stated headers={rest} />}
    </div>
  ) : null;

interface Boxes {
  hop: PointResult;
  before: readonly Header[] | undefined;
  lit: Lit | null;
  onLit: OnLit;
}

/** Headers as they were seen, one inside the other; what is new since the hop before, or differs, says so. */
export const Headers = ({ hop, before, lit, onLit }: Boxes) => {
  const pairs = before ? aligned(before, hop.seen ?? []) : [];
  const previous = (at: number) => pairs.find(({ seen }) => seen?.at === at)?.expected?.header;
  return <Nested hop={hop} at={0} previous={before && previous} lit={lit} onLit={onLit} />;
};

const Nested = ({
  hop,
  at,
  previous,
  lit,
  onLit,
}: Omit<Boxes, 'before'> & {
  at: number;
  previous: ((at: number) => ExpectedHeader | undefined) | undefined;
}) => {
  const header = hop.seen?.[at];
  if (!header) return null;
  const was = previous?.(at);
  return (
    <div class={`box tone-${at % 6} ${lit?.header === at ? 'lit' : ''}`}>
      <div class="box-title">
        <b>{header.protocol}</b>
        {previous && !was && <span class="mark">new</span>}
      </div>
      <div class="fields">
        {Object.entries(header.fields).map(([field, value]) => (
          <Field
            key={field}
            field={field}
            value={value}
            was={was?.fields[field]}
            hasWas={was !== undefined}
            wanted={hop.differences.find((each) => each.seenAt === at && each.field === field)}
            isLit={lit?.header === at && lit.field === field}
            onLit={(isOn) => onLit(isOn ? { header: at, field } : null)}
          />
        ))}
      </div>
      <Nested hop={hop} at={at + 1} previous={previous} lit={lit} onLit={onLit} />
    </div>
  );
};

const Field = ({
  field,
  value,
  was,
  hasWas,
  wanted,
  isLit,
  onLit,
}: {
  field: string;
  value: unknown;
  was: unknown;
  hasWas: boolean;
  wanted: PointResult['differences'][number] | undefined;
  isLit: boolean;
  onLit(isOn: boolean): void;
}) => {
  const isChanged = hasWas && was !== undefined && was !== value;
  return (
    <button
      type="button"
      class={`field ${isLit ? 'lit' : ''} ${wanted ? 'bad' : ''} ${isChanged ? 'changed' : ''}`}
      onMouseEnter={() => onLit(true)}
      onMouseLeave={() => onLit(false)}
      onFocus={() => onLit(true)}
      onBlur={() => onLit(false)}
      onClick={() => onLit(true)}
    >
      <span class="field-name">{field}</span> <span class="field-value">{valueText(value)}</span>
      {isChanged && <span class="mark">was {valueText(was)}</span>}
      {wanted && <span class="mark bad">expected {valueText(wanted.expected)}</span>}
    </button>
  );
};
