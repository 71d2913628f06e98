import type { HopResult } from '../prove/events.ts';

/** The packets of a walk: the first, its answer, and what ends the connection. */
export type Part = 'request' | 'reply' | 'end';

export const parts: Part[] = ['request', 'reply', 'end'];

export const partOf = ({ reply, end }: { reply?: boolean; end?: true }): Part =>
  end ? 'end' : reply ? 'reply' : 'request';

/** How a result says which part it is of: not at all, of the request. */
export const marked = (part: Part) => (part === 'request' ? {} : { [part]: true as const });

/** A hop's point as a lab names it in `lostAt`: `reply node1:cni0`. */
export const pointOf = ({ at, reply, end }: Pick<HopResult, 'at' | 'reply' | 'end'>): string =>
  end ? `end ${at}` : reply ? `reply ${at}` : at;
