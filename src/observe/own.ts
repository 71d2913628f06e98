import type { Part } from '../lab/part.ts';
import type { Seen } from './watch.ts';

/** A frame of the packet that is followed, and which part of the walk it belongs to. */
export interface Own {
  frame: Seen;
  part: Part;
}

/** A packet that was followed: its frames, what was seen besides, and why it cannot be followed, if it cannot. */
export interface Followed {
  own: Own[];
  notes: string[];
  doubt?: string | undefined;
}
