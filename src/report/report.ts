import type { Event } from '../prove/events.ts';

/** A view of a run: it is told each event as it happens, and nothing else. */
export type Report = (event: Event) => void;
