/** The packets of a walk: the first, its answer, and what ends the connection. */
export type Part = 'request' | 'reply' | 'end';

export const parts: readonly Part[] = ['request', 'reply', 'end'];

/** Which way a packet crosses an interface, as its own node sees it. */
export type Direction = 'in' | 'out';
