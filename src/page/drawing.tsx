import type { WalkResult } from '../judge/result.ts';
import type { Box, Chip, Picture as Layout } from './data.ts';
import { type Stop, wayOf } from './way.ts';
import { hopText, isBad, signOf } from './words.ts';

const MARGIN = 16;

/** The picture's view box, with room around it. */
export const sizeOf = ({ width, height }: Layout) =>
  `${-MARGIN} ${-MARGIN} ${width + 2 * MARGIN} ${height + 2 * MARGIN}`;

/** A box as a rectangle of SVG, so much larger at each side. */
export const corners = ({ x, y, width, height }: Box, more = 0) => ({
  x: x - width / 2 - more,
  y: y - height / 2 - more,
  width: width + 2 * more,
  height: height + 2 * more,
});

/** Places, interfaces and cables, without a packet. */
export const Ground = ({ layout: { frames, places, chips, cables } }: { layout: Layout }) => {
  return (
    <>
      {frames.map((frame) => (
        <rect key={`${frame.x} ${frame.y}`} class="frame" {...corners(frame)} rx="10" />
      ))}
      {cables.map(({ ends, points }) => (
        <path
          key={ends.join()}
          class="cable"
          d={points.map(([x, y], i) => `${i === 0 ? 'M' : i === 1 ? 'C' : ''}${x} ${y}`).join(' ')}
        />
      ))}
      {places.map((place) => (
        <rect key={place.name} class={`at ${place.kind}`} {...corners(place)} rx="8" />
      ))}
      {chips
        .filter(({ device }) => device)
        .map((chip) => (
          <rect key={`${chip.place}:${chip.device}`} class="chip" {...corners(chip, -4)} rx="5" />
        ))}
    </>
  );
};

/** What is written on places and interfaces, above whatever is drawn there. */
export const Labels = ({ layout: { places, chips } }: { layout: Layout }) => {
  const isSwitch = ({ place }: Chip) => places.some(({ name, kind }) => name === place && kind === 'switch');
  const top = (chip: Chip) => (isSwitch(chip) ? chip.y + 4 : chip.y - chip.height / 2 + 18);
  return (
    <>
      {chips.map((chip) => (
        <g key={`${chip.place}:${chip.device}`} class={chip.device ? '' : 'name'}>
          <text x={chip.x} y={top(chip)}>
            {chip.device || chip.place}
          </text>
          {chip.address && (
            <text class="address" x={chip.x} y={top(chip) + 13}>
              {chip.address}
            </text>
          )}
        </g>
      ))}
    </>
  );
};

/** The number of a hop, where it is. */
export const Badge = ({
  stop: { at, index, fate },
  isNow,
  walk,
  onHop,
}: {
  stop: Stop;
  isNow: boolean;
  walk: WalkResult;
  onHop?(hop: number): void;
}) => (
  // biome-ignore lint/a11y/noStaticElementInteractions: the list of hops and the keys do the same
  <g
    class={`badge ${isBad(fate) ? 'bad' : signOf(fate).tone} ${isNow ? 'now' : ''}`}
    transform={`translate(${at[0]} ${at[1]})`}
    onClick={() => onHop?.(index)}
  >
    <title>{`${index + 1}  ${hopText(walk.hops[index]!, walk)}: ${signOf(fate).word}`}</title>
    <circle r="8" />
    <text y="3.5">{index + 1}</text>
  </g>
);

/** The lab with one part of a walk drawn over it, as it is printed. */
export const Still = ({ layout, walk }: { layout: Layout; walk: WalkResult }) => {
  const part = walk.hops[walk.failedAt ?? 0]?.part;
  const { stops, stretches } = wayOf(layout, walk);
  return (
    <svg
      class="still"
      viewBox={sizeOf(layout)}
      width={layout.width}
      height={layout.height}
      role="img"
      aria-label="The lab and the walk: its hops are in the table."
    >
      <Ground layout={layout} />
      {stretches
        .filter((each) => each.part === part)
        .map((each) => (
          <path key={each.to} d={each.path} class={`way ${each.kind}`} />
        ))}
      <Labels layout={layout} />
      {stops
        .filter((each) => each.part === part)
        .map((stop) => (
          <Badge key={stop.index} stop={stop} isNow={false} walk={walk} />
        ))}
    </svg>
  );
};
