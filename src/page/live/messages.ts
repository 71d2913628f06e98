import type { HeaderBytes } from '../../packet/header-bytes.ts';
import type { Event } from '../../prove/events.ts';
import type { LabFacts, Picture } from '../data.ts';

/** What happens in an open lab: the events of a run, and what is done to the lab besides. */
export type LiveEvent =
  | Event
  | { type: 'work began'; what: string }
  | { type: 'work ended'; what: string; failure?: string }
  /** Something is broken, and what is not said. */
  | { type: 'fault broken' }
  | { type: 'fault hinted'; hint: string }
  | { type: 'fault mended'; fault: string }
  | { type: 'lab lost'; reason: string };

/** An event with its number, and where the fields of its frames are. */
export interface News {
  kind: 'news';
  number: number;
  event: LiveEvent;
  layouts: HeaderBytes[][];
  layoutOf: Record<string, number>;
}

/** What of a lab does not change while it is open. */
export interface LabMessage {
  kind: 'lab';
  /** A watcher sees all of it, but for terminals, and does nothing. */
  role: Role;
  /** Another one than before means that all that was known is of another lab. */
  opening: string;
  name: string;
  title: string;
  facts: LabFacts;
  picture: Picture;
  walks: string[];
  /** Where terminals can be opened, and where packets can be sent from. */
  places: string[];
  senders: string[];
  /** Interfaces that can be tapped, each as `PLACE:DEVICE`. */
  points: string[];
  made: Record<string, string>;
}

export type Role = 'owner' | 'watcher';

/** A packet that passes a tap. */
export interface TappedPacket {
  /** Nanoseconds since 1970. */
  time: string;
  /** Where it was seen, and which way it went. */
  at: string;
  direction: 'in' | 'out';
  brief: string;
  /** How long its frame is, in bytes. */
  length: number;
}

export interface TerminalFacts {
  id: number;
  place: string;
}

export type ToPage =
  | LabMessage
  | News
  | { kind: 'terminals'; list: TerminalFacts[] }
  | { kind: 'points'; points: string[] }
  /** `missed` are so many that there was no room for. */
  | { kind: 'packets'; list: TappedPacket[]; missed: number }
  | { kind: 'refused'; what: string }
  | { kind: 'report'; html: string };

export type FromPage =
  | { kind: 'hello'; token: string; opening: string; since: number }
  | { kind: 'prove' }
  | { kind: 'walk'; name: string }
  | { kind: 'own walk'; from: string; to: string }
  | { kind: 'drill'; fault: string }
  | { kind: 'break' }
  | { kind: 'hint' }
  | { kind: 'mend' }
  | { kind: 'tap'; points: string[] }
  | { kind: 'report' }
  | { kind: 'terminal'; place: string; rows: number; columns: number }
  | { kind: 'resize'; id: number; rows: number; columns: number }
  | { kind: 'close'; id: number }
  | { kind: 'ack'; id: number; bytes: number };

/** Why the server closes a socket (RFC 6455, 7.4.2: 4000 and above are for whoever makes a protocol). */
export const closings = {
  unauthorized: 4401,
  forbidden: 4403,
  misread: 4400,
  full: 4429,
  over: 4410,
  sentAway: 4411,
} as const;
