import { useEffect, useRef } from 'preact/hooks';
import type { WalkResult } from '../judge/result.ts';
import type { Picture as Layout } from './data.ts';
import { Badge, corners, Ground, Labels, sizeOf } from './drawing.tsx';
import { Scroll } from './parts.tsx';
import { type Stop, type Stretch, wayOf } from './way.ts';

/** Drawn smaller than that, its words cannot be read: it is scrolled instead. */
const SMALLEST = 0.8;

/** The lab, with a walk drawn over it. Who cannot see it has the list of hops, which says the same. */
export const Picture = ({
  layout,
  walk,
  hop,
  onHop,
}: {
  layout: Layout;
  walk: WalkResult;
  hop: number;
  onHop(hop: number): void;
}) => {
  const { stops, stretches } = wayOf(layout, walk);
  const now = walk.hops[hop];
  const drawing = useRef<SVGSVGElement>(null);
  useEffect(() => {
    const scroller = drawing.current?.parentElement;
    const badge = scroller?.querySelector('.badge.now')?.getBoundingClientRect();
    if (!scroller || !badge) return;
    const { left, width } = scroller.getBoundingClientRect();
    if (badge.left < left || badge.right > left + width) scroller.scrollLeft += badge.left - left - width / 2;
  }, [hop]);
  const rings = layout.chips.filter(({ place, device }) =>
    walk.strays.some((stray) => stray.kind === 'point' && stray.place === place && stray.device === device),
  );
  const inPart = stops.filter(({ part }) => part === now?.part);
  return (
    <Scroll label="The lab, with the walk drawn over it">
      <svg
        ref={drawing}
        viewBox={sizeOf(layout)}
        style={{
          maxWidth: `${layout.width * 1.5}px`,
          minWidth: `${Math.max(Math.min(layout.width, 620), layout.width * SMALLEST)}px`,
        }}
        role="img"
        aria-label={`The lab as a picture. ${walk.name}: its hops are in the list.`}
      >
        <Ground layout={layout} />
        {stretches.map((each) => (
          <path
            key={`${each.part} ${each.to}`}
            d={each.path}
            class={`way ${each.kind} ${each.part === now?.part ? '' : 'other'}`}
          />
        ))}
        {stretches
          .filter(({ kind, part }) => kind === 'gap' && part === now?.part)
          .map((each) => (
            <Gap key={each.to} stretch={each} />
          ))}
        <Labels layout={layout} />
        {rings.map((chip) => (
          <rect key={chip.place + chip.device} class="stray" {...corners(chip, 3)} rx="8" />
        ))}
        {inPart.map((stop) => (
          <Badge key={stop.index} stop={stop} isNow={stop.index === hop} walk={walk} onHop={onHop} />
        ))}
        <Packet stops={stops} stretches={stretches} hop={hop} />
      </svg>
    </Scroll>
  );
};

/** Where the packet was lost: a sign in the middle of the stretch. */
const Gap = ({ stretch }: { stretch: Stretch }) => {
  const group = useRef<SVGGElement>(null);
  useEffect(() => {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', stretch.path);
    const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
    group.current?.setAttribute('transform', `translate(${x} ${y})`);
  }, [stretch.path]);
  return (
    <g ref={group} class="lost">
      <circle r="10" />
      <path d="M-4 -4 L4 4 M4 -4 L-4 4" />
    </g>
  );
};

const FLIGHT_MS = 450;

/** The packet where it is now; it has a skin for each packet that it is in, and moves where motion is wanted. */
const Packet = ({ stops, stretches, hop }: { stops: Stop[]; stretches: Stretch[]; hop: number }) => {
  const group = useRef<SVGGElement>(null);
  const stop = stops.findLast(({ index, skins }) => index <= hop && skins > 0);
  const way = stop?.index === hop ? stretches.find(({ to }) => to === hop)?.path : undefined;
  useEffect(() => {
    const element = group.current;
    if (!element || !stop) return;
    const put = (x: number, y: number) => element.setAttribute('transform', `translate(${x} ${y})`);
    put(...stop.at);
    if (!way || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', way);
    const length = path.getTotalLength();
    let request = 0;
    let began: number | undefined;
    const step = (time: number) => {
      began ??= time;
      const done = Math.min(1, (time - began) / FLIGHT_MS);
      const { x, y } = path.getPointAtLength(length * done);
      put(x, y);
      if (done < 1) request = requestAnimationFrame(step);
    };
    request = requestAnimationFrame(step);
    return () => cancelAnimationFrame(request);
  }, [hop, way, stop?.at[0], stop?.at[1]]);
  if (!stop) return null;
  return (
    <g ref={group} class="packet">
      {Array.from({ length: stop.skins }, (_, i) => (
        <circle key={i} r={11 + 4 * i} />
      ))}
    </g>
  );
};
