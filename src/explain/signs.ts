import type { Seen } from '../observe/watch.ts';
import type { Facts } from './facts.ts';

/** By how much a counter of a place moved: `Ip FragFails`, `eth1 rx drop`; 0 where it did not. */
export const movedBy = ({ moved }: Pick<Facts, 'moved'>, place: string, name: string): number =>
  moved.find((each) => each.place === place && each.name === name)?.by ?? 0;

/** What speaks for a cause, of several signs: the sentence of each that holds. */
export const saying = (...signs: [unknown, string][]): string[] =>
  signs.flatMap(([holds, sentence]) => (holds ? [sentence] : []));

/** ICMP errors that were seen, each with its fields and the frame. */
export const icmpErrors = ({ seen }: Pick<Facts, 'seen'>) =>
  seen.flatMap((frame: Seen) => {
    const fields = frame.packet().headers.find(({ protocol }) => protocol === 'icmp')?.fields;
    return fields && (fields.type === 'unreachable' || fields.type === 'time exceeded') ? [{ frame, fields }] : [];
  });
