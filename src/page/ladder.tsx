import type { WalkResult } from '../judge/result.ts';
import { Scroll } from './parts.tsx';
import { seenBrief, signOf } from './words.ts';

const COLUMN = 130;
const ROW = 34;
const LEFT = 70;
const TOP = 30;

/** A walk as places over time: a line a place, a row a hop. */
export const Ladder = ({ walk, hop, onHop }: { walk: WalkResult; hop: number; onHop(hop: number): void }) => {
  const places = [...new Set(walk.hops.map(({ place }) => place))];
  const x = (place: string) => LEFT + places.indexOf(place) * COLUMN;
  const y = (index: number) => TOP + ROW * (index + 1);
  const [width, height] = [LEFT * 2 + COLUMN * (places.length - 1), y(walk.hops.length)];
  return (
    <Scroll label="The walk as a ladder of places and hops">
      <svg viewBox={`0 0 ${width} ${height}`} style={{ width: `${width}px` }} class="ladder">
        <title>{`${walk.name}: its hops are in the list.`}</title>
        {places.map((place) => (
          <g key={place}>
            <text class="column" x={x(place)} y={TOP - 10}>
              {place}
            </text>
            <path class="rail" d={`M${x(place)} ${TOP} V${height}`} />
          </g>
        ))}
        {walk.hops.map((each, i) => {
          const before = walk.hops[i - 1];
          const comesFrom =
            before && before.part === each.part && before.place !== each.place ? x(before.place) : undefined;
          const [to, isRight] = [x(each.place), comesFrom === undefined || comesFrom < x(each.place)];
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the list of hops and the keys do the same
            <g
              key={i}
              class={`rung ${signOf(each.fate).tone} ${each.fate.replaceAll(' ', '-')} ${i === hop ? 'now' : ''}`}
              onClick={() => onHop(i)}
            >
              <title>{seenBrief(each) || signOf(each.fate).word}</title>
              <rect x="0" y={y(i) - ROW / 2} width={width} height={ROW} />
              {comesFrom !== undefined && (
                <path
                  d={`M${comesFrom} ${y(i)} H${to + (isRight ? -7 : 7)} m${isRight ? '-5 -4 l5 4 l-5 4' : '5 -4 l-5 4 l5 4'}`}
                />
              )}
              <circle cx={to} cy={y(i)} r="5" />
              <text
                x={to}
                y={y(i) - 9}
              >{`${i + 1} ${each.kind === 'point' ? each.device : `${each.table} ${each.chain}`}`}</text>
            </g>
          );
        })}
      </svg>
    </Scroll>
  );
};
