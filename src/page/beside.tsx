import { type Apart, type Beside, beside, type WalkIn } from '../compare/beside.ts';
import type { HopResult } from '../judge/result.ts';
import { strayText } from '../report/notation.ts';
import type { PageRun } from './data.ts';
import { Still } from './drawing.tsx';
import { hopText, outcomeText, partName, seenBrief, signOf } from './words.ts';

/** A walk that stands beside another one. */
export interface Sided {
  run: PageRun;
  walk: WalkIn['walk'];
  /** A word for it: `Before`. */
  name: string;
  /** Where a hop of it is shown in full; absent where nothing can be followed. */
  linkTo?(hop: number): string;
}

/** Goes to the next hop that differs, or to the one before. */
export function toDifference(by: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>('.beside .apart')];
  const now = all.findIndex((each) => each.contains(document.activeElement));
  const to = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : now + by];
  to?.querySelector('a')?.focus();
}

const isApart = ({ apart }: Beside) => apart.length > 0;

/** Two walks hop beside hop; `isBrief` leaves out what is the same in both. It has no state. */
export const Pair = ({ sides, isBrief = false }: { sides: readonly [Sided, Sided]; isBrief?: boolean }) => {
  const [left, right] = sides;
  const rows = beside(
    { walk: left.walk, document: left.run.document, brief: left.run.lab?.brief },
    { walk: right.walk, document: right.run.document },
  );
  return (
    <div class="beside">
      <Told sides={sides} rows={rows} />
      {!isBrief && (
        <>
          <div class="halves">
            {sides.map((side) => (
              <figure key={side.name}>
                <figcaption>
                  <b>{side.name}:</b> {outcomeText(side.walk)}
                </figcaption>
                {side.run.picture && <Still layout={side.run.picture} walk={side.walk} />}
              </figure>
            ))}
          </div>
          <label class="only">
            <input type="checkbox" /> Only what differs
          </label>
        </>
      )}
      <ol aria-label={`Hops, ${left.name} beside ${right.name}`}>
        {(isBrief ? told(rows, sides) : rows).map((row) => (
          <Row key={row.indexes.join()} row={row} sides={sides} isBrief={isBrief} />
        ))}
      </ol>
      <Strays sides={sides} />
    </div>
  );
};

/** Of what differs, what only was not reached is told by the hop where it was lost. */
const told = (rows: readonly Beside[], sides: readonly [Sided, Sided]) =>
  rows.filter((row) => isApart(row) && !hopsOf(row, sides).some((hop) => hop?.fate === 'not reached'));

const hopsOf = ({ indexes }: Beside, sides: readonly [Sided, Sided]): (HopResult | undefined)[] =>
  sides.map(({ walk }, i) => walk.hops[indexes[i] ?? -1]);

/** How much differs, and where first. */
const Told = ({ sides, rows }: { sides: readonly [Sided, Sided]; rows: readonly Beside[] }) => {
  const apart = rows.filter(isApart);
  const [first] = apart;
  if (!first)
    return (
      <p class={`banner ${rows.some(({ isOpen }) => isOpen) ? 'unknown' : 'passed'}`}>
        {rows.some(({ isOpen }) => isOpen)
          ? 'Nothing is seen to differ; of some hops it cannot be told.'
          : `All ${rows.length} hops are the same.`}
      </p>
    );
  return (
    <p class="banner failed">
      {apart.length} of {rows.length} hops differ, first <b class="mono">{whereText(first, sides)}</b>.{' '}
      {sides.map(({ name }, i) => `${name}: ${sayingOf(first.apart, i)}.`).join(' ')}
    </p>
  );
};

const sayingOf = (apart: readonly Apart[], side: number): string =>
  apart.map(({ what, sides }) => (isWord(what) ? sides[side] : `${what} ${sides[side]}`)).join(', ');

const isWord = (what: string) => ['seen', 'order', 'header'].includes(what);

const whereText = (row: Beside, sides: readonly [Sided, Sided]): string => {
  const [left, right] = hopsOf(row, sides);
  return left ? hopText(left, sides[0].walk) : right ? hopText(right, sides[1].walk) : '';
};

const Row = ({ row, sides, isBrief }: { row: Beside; sides: readonly [Sided, Sided]; isBrief: boolean }) => {
  const hops = hopsOf(row, sides);
  const [left, right] = hops;
  const kind = isApart(row) ? 'apart' : row.isOpen ? 'unclear' : 'same';
  const sign = { apart: '≠', unclear: '?', same: '=' }[kind];
  const { part, because } = (left ?? right)!;
  return (
    <li class={kind}>
      <div class="at">
        <span aria-hidden="true">{sign}</span>{' '}
        <span class="unseen">{{ apart: 'differs', unclear: 'cannot be told', same: 'the same' }[kind]}: </span>
        {part !== 'request' && <span class="how">{partName(part, (left ? sides[0] : sides[1]).walk)} </span>}
        <b class="mono">{whereText(row, sides)}</b>
        {!isBrief && <div class="how">{because}</div>}
      </div>
      {sides.map((side, i) => (
        <Half key={side.name} side={side} hop={hops[i]} index={row.indexes[i] ?? null} apart={row.apart} at={i} />
      ))}
    </li>
  );
};

const Half = ({
  side,
  hop,
  index,
  apart,
  at,
}: {
  side: Sided;
  hop: HopResult | undefined;
  index: number | null;
  apart: readonly Apart[];
  at: number;
}) => {
  const marks = apart.flatMap((each) =>
    each.what === 'seen' ? [] : [isWord(each.what) ? each.sides[at]! : `${each.what} ${each.sides[at]}`],
  );
  const unlisted = apart.find(({ what }) => what === 'seen')?.sides[at];
  return (
    <div class="half">
      <span class="side">{side.name}</span>{' '}
      {hop && index !== null ? (
        <>
          {side.linkTo && <a href={side.linkTo(index)}>{`hop ${index + 1}`}</a>}{' '}
          <span class={signOf(hop.fate).tone}>{signOf(hop.fate).sign}</span>{' '}
          {seenBrief(hop) || <b class={signOf(hop.fate).tone}>{signOf(hop.fate).word}</b>}
        </>
      ) : (
        <b class="open">{unlisted}</b>
      )}
      {marks.length > 0 && (
        <div>
          {marks.map((text) => (
            <mark key={text}>{text}</mark>
          ))}
        </div>
      )}
    </div>
  );
};

/** Where either of them was seen, though it is not listed there. */
const Strays = ({ sides }: { sides: readonly [Sided, Sided] }) => {
  const all = sides.flatMap(({ name, walk }) => walk.strays.map((stray) => ({ name, text: strayText(stray, walk) })));
  return all.length ? (
    <ul class="besides">
      {all.map(({ name, text }) => (
        <li key={name + text}>
          <span aria-hidden="true">✗</span> {name}: {text}
        </li>
      ))}
    </ul>
  ) : null;
};
