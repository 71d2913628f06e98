import type { Wires } from '../judge/observation.ts';
import { inOrder } from '../judge/walk.ts';
import type { Seen } from '../observe/watch.ts';
import { arpOf, sightingOf } from './asked-through.ts';
import { endOf, type Site } from './site.ts';
import { wrappingOf } from './tunnel.ts';

interface Surroundings {
  wires: Wires;
  peerOf(at: string): string | undefined;
}

/**
 * Where the ARP request that a packet waits for was lost, where a tunnel did not bring it to its other end, or that did not unwrap it:
 * then the packet that wraps it is the one to look at.
 */
export function askedBetween(site: Site, seen: readonly Seen[], { wires, peerOf }: Surroundings): Site | undefined {
  const requests = seen.filter((frame) => arpOf(frame)?.op === 'request' && frame.direction !== 'overheard');
  const handed = requests.find(
    (frame) => frame.direction === 'out' && frame.place === site.place && !isWrapped(frame) && !wires.isPort(frame.at),
  );
  const target = handed && arpOf(handed)?.tpa;
  if (!handed || isAnswered(seen, site, target)) return undefined;
  const same = requests.filter((frame) => arpOf(frame)?.tpa === target);
  const wrapped = same.filter(isWrapped);
  const cameOut = same.some((frame) => !isWrapped(frame) && frame.direction === 'in');
  if (!wrapped.length || cameOut) return undefined;
  const way = inOrder(onceEach(wrapped).map(sightingOf), wires).observations.flatMap((each) =>
    each.kind === 'sighting' ? [each] : [],
  );
  const last = way.at(-1)!;
  const all = [sightingOf(handed), ...way];
  return { ...endOf(last, all, peerOf), part: site.part, instead: `${handed.at}’s ARP request for ${target}` };
}

const isWrapped = (frame: Seen) => wrappingOf(frame.packet().headers) !== undefined;

const isAnswered = (seen: readonly Seen[], { place }: Site, target: unknown) =>
  seen.some((frame) => {
    const arp = arpOf(frame);
    return (
      arp?.op === 'reply' &&
      arp.spa === target &&
      frame.direction === 'in' &&
      frame.place === place &&
      !isWrapped(frame)
    );
  });

/** The first of the frames at each point: a request is made several times. */
const onceEach = (frames: readonly Seen[]): Seen[] =>
  frames.filter(
    (frame, i) => frames.findIndex(({ at, direction }) => at === frame.at && direction === frame.direction) === i,
  );
