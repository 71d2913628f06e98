/** A packet that follows from those before it: the first of those that a walk lists, the second … */
export type LaterPart = `later ${number}`;

/** The packets of a walk: the first, its answer, what ends the connection, and what follows from them. */
export type Part = 'request' | 'reply' | 'end' | LaterPart;

/** Those that every walk may have. */
export const parts = ['request', 'reply', 'end'] as const;

export const laterPart = (index: number): LaterPart => `later ${index + 1}`;

/** Which of the later packets of a walk a part is, from 0; undefined for any other part. */
export const laterIndex = (part: Part): number | undefined =>
  part.startsWith('later ') ? Number(part.slice('later '.length)) - 1 : undefined;

/** The parts that some hops or observations are of, in the order in which a walk lists them. */
export function partsOf(list: Iterable<{ part: Part }>): Part[] {
  const found = new Set<Part>([...list].map(({ part }) => part));
  const later = [...found].filter((part) => laterIndex(part) !== undefined);
  return [...parts.filter((part) => found.has(part)), ...later.sort((a, b) => laterIndex(a)! - laterIndex(b)!)];
}

/** Which way a packet crosses an interface, as its own node sees it. */
export type Direction = 'in' | 'out';
