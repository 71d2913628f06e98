import type { Picture } from '../data.ts';
import { corners, Ground, Labels, sizeOf } from '../drawing.tsx';
import { Scroll } from '../parts.tsx';

const SMALLEST = 0.8;

/** The lab to be pointed at: a place opens a terminal, a cable or an interface is tapped. Lists beside it do the same by the keyboard. */
export const LabPicture = ({
  layout,
  tapped,
  canOpen,
  onPlace,
  onTap,
}: {
  layout: Picture;
  tapped: readonly string[];
  canOpen(place: string): boolean;
  onPlace(place: string): void;
  onTap(points: readonly string[]): void;
}) => (
  <Scroll label="The lab as a picture">
    <svg
      class="touch"
      viewBox={sizeOf(layout)}
      style={{
        maxWidth: `${layout.width * 1.4}px`,
        minWidth: `${Math.max(Math.min(layout.width, 560), layout.width * SMALLEST)}px`,
      }}
      role="img"
      aria-label="The lab as a picture. What can be opened and tapped in it is in the lists."
    >
      <Ground layout={layout} />
      {layout.cables
        .filter(({ points }) => points.length)
        .map(({ ends, points }) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: the list of cables does the same
          <path
            key={ends.join()}
            class={`wire ${ends.every((end) => tapped.includes(end)) ? 'now' : ''}`}
            d={points.map(([x, y], i) => `${i === 0 ? 'M' : i === 1 ? 'C' : ''}${x} ${y}`).join(' ')}
            onClick={() => onTap(ends)}
          >
            <title>{`Tap ${ends.join(' -- ')}`}</title>
          </path>
        ))}
      <Labels layout={layout} />
      {layout.places
        .filter(({ name }) => canOpen(name))
        .map((place) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: the list of places does the same
          <rect key={place.name} class="touch" {...corners(place)} rx="8" onClick={() => onPlace(place.name)}>
            <title>{`Open a terminal on ${place.name}`}</title>
          </rect>
        ))}
      {layout.chips
        .filter(({ device }) => device)
        .map((chip) => {
          const point = `${chip.place}:${chip.device}`;
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the list of interfaces does the same
            <rect
              key={point}
              class={`touch ${tapped.length === 1 && tapped[0] === point ? 'now' : ''}`}
              {...corners(chip, -4)}
              rx="5"
              onClick={() => onTap([point])}
            >
              <title>{`Tap ${point}`}</title>
            </rect>
          );
        })}
    </svg>
  </Scroll>
);
