import type { Sighting } from '../judge/observation.ts';
import type { Seen } from '../observe/watch.ts';
import type { Facts } from './facts.ts';
import { isOwn } from './packet-there.ts';
import { linkOf } from './place.ts';
import { isTunnel, wrappingOf } from './tunnel.ts';

export const arpOf = (frame: Seen) => frame.packet().headers.find(({ protocol }) => protocol === 'arp')?.fields;

/**
 * The same facts about the ARP request that the packet waits for, where that was lost in a tunnel: its way as far as the tunnel tells
 * of it. Undefined where nothing was asked through one, or where the request came out of it.
 */
export function askedThrough<Some extends Pick<Facts, 'site' | 'seen' | 'now'>>(facts: Some): Some | undefined {
  const requests = facts.seen.filter((frame) => arpOf(frame)?.op === 'request');
  const handed = requests.findLast(
    (frame) => frame.direction === 'out' && isTunnel(linkOf(facts, frame.place, frame.device)),
  );
  const target = handed && arpOf(handed)?.tpa;
  if (!handed || isAnswered(facts, target)) return undefined;
  const same = requests.filter((frame) => arpOf(frame)?.tpa === target);
  const cameOut = same.some(
    ({ place, device, direction }) =>
      direction !== 'out' && place !== handed.place && isTunnel(linkOf(facts, place, device)),
  );
  const wrapped = same.filter((frame) => wrappingOf(frame.packet().headers));
  const last = wrapped.length ? wrapped.findLast((frame) => isForItsPlace(facts, frame)) : handed;
  if (cameOut || !last) return undefined;
  const way = [...new Set([handed, last])].map(sightingOf);
  const end = way.at(-1)!;
  const site = { ...facts.site, kind: 'at a place' as const, place: end.place, last: end, way, headers: end.headers };
  return { ...facts, site };
}

const isAnswered = ({ seen, site }: Pick<Facts, 'seen' | 'site'>, target: unknown) =>
  seen.some((frame) => {
    const arp = arpOf(frame);
    return arp?.op === 'reply' && arp.spa === target && frame.direction === 'in' && frame.place === site.place;
  });

const isForItsPlace = (facts: Pick<Facts, 'now'>, frame: Seen) => {
  const wrapping = wrappingOf(frame.packet().headers);
  return frame.direction === 'in' && wrapping !== undefined && isOwn(facts, frame.place, wrapping.dst);
};

export const sightingOf = (frame: Seen): Sighting => ({
  kind: 'sighting',
  part: 'request',
  place: frame.place,
  device: frame.device,
  at: frame.at,
  direction: frame.direction === 'out' ? 'out' : 'in',
  otherHost: frame.direction === 'overheard',
  order: frame.order,
  time: frame.time,
  headers: frame.packet().headers,
  wire: '',
  bytes: frame.bytes,
});
