import type { Passage, Sighting } from '../../judge/observation.ts';
import type { Part } from '../../lab/part.ts';
import type { Send } from '../../lab/words.ts';
import { isPing } from '../../plan/ping.ts';
import type { Seen } from '../watch.ts';
import { answers, marksOf } from './marks.ts';
import type { Told } from './passages.ts';

/**
 * Says of which part of a walk each passage is, and leaves out those of other packets: by the marks of the frames that were seen
 * of it, at any place by its innermost header, at the same place by that of a tunnel. A packet that never got to an interface is
 * the first that the sender's place put out and that no frame shows.
 */
export function assign(
  told: readonly Told[],
  sightings: readonly Sighting[],
  send: Send,
  seen: readonly Seen[],
): Passage[] {
  const byTransport = new Map<string, Part>();
  const byLayer = new Map<string, Part>();
  const frames = new Map(seen.map((frame) => [`${frame.place} ${frame.order}`, frame]));
  for (const { part, place, order } of sightings) {
    const frame = frames.get(`${place} ${order}`);
    if (!frame) continue;
    const { transport, layers } = marksOf(frame.packet());
    if (transport) byTransport.set(transport, part);
    for (const layer of layers) byLayer.set(`${place} ${layer}`, part);
  }
  if (!sightings.length) {
    const first = unseen(told, send, seen);
    if (first?.marks.transport) byTransport.set(first.marks.transport, 'request');
  }
  const asked = [...byTransport].flatMap(([mark, part]) => (part === 'request' ? [mark] : []));
  const partOf = ({ place, marks: { transport, layers } }: Told): Part | undefined => {
    const known = transport === undefined ? undefined : byTransport.get(transport);
    if (known) return known;
    if (transport !== undefined && asked.some((each) => answers(transport, each))) return 'reply';
    return layers.flatMap((layer) => byLayer.get(`${place} ${layer}`) ?? [])[0];
  };
  return told.flatMap((each) => {
    const part = partOf(each);
    const { marks, ...passage } = each;
    return part ? [{ ...passage, part }] : [];
  });
}

/** The first packet that a command's place put out, as netfilter told, and that was at no interface. */
function unseen(told: readonly Told[], { from, command }: Send, seen: readonly Seen[]): Told | undefined {
  const others = new Set(seen.flatMap((frame) => marksOf(frame.packet()).transport ?? []));
  return told.find(
    ({ place, enters, marks: { transport } }) =>
      place === from &&
      !enters &&
      transport !== undefined &&
      !others.has(transport) &&
      (!isPing(command) || transport.startsWith('icmp 8 ')),
  );
}
