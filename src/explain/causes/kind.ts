import type { Confidence } from '../../judge/result.ts';
import type { Facts } from '../facts.ts';

/** One reason why this packet was lost, as a cause tells it from the facts. */
export interface Told {
  /** What happened, where and to what; settings and entries are named as a person would look them up. */
  sentence: string;
  confidence: Confidence;
  place: string;
  supports?: string[];
  contradicts?: string[];
  /** Commands whose output shows it; they only read. */
  show: { place: string; command: string }[];
  fix?: { place: string; command: string };
  /** Causes, by name, that are mere consequences of this one at its place, and need not be told beside it. */
  entails?: string[];
  /** Causes, by name, that are consequences of this one at any place: it is likelier than those of them that are told beside it. */
  explains?: readonly string[];
}

/** An entry of the table of causes. */
export interface CauseKind {
  /** A term of the field, in lower case: `reverse path filter`. */
  name: string;
  /** Man pages, RFCs, kernel documents. */
  read: string[];
  /** Whether it is told only where no other cause is. */
  isFallback?: boolean;
  /** Why the packet was lost by this cause, the likeliest first; nothing where nothing speaks for it. */
  tell(facts: Facts): Told[];
}
