import type { Comparison, Run } from '../compare/compare.ts';
import type { Verdict } from '../judge/result.ts';
import type { HeaderBytes } from '../packet/header-bytes.ts';
import type { Plan } from '../plan/plan.ts';
import type { Document } from '../record/document.ts';
import type { ClaimEntry } from '../record/ledger.ts';

/** A box of a picture: its middle, its width and its height. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** An interface in the picture of a lab, or the middle of a place, whose `device` is empty. */
export interface Chip extends Box {
  place: string;
  device: string;
  address?: string;
}

/** A lab, laid out: what is drawn where. */
export interface Picture {
  width: number;
  height: number;
  /** What holds a node and its pods. */
  frames: Box[];
  places: (Box & { name: string; kind: 'host' | 'router' | 'switch' | 'pod' })[];
  chips: Chip[];
  /** From interface to interface, each as `place:device`; the points of a Bézier curve. */
  cables: { ends: [string, string]; points: [number, number][] }[];
}

/** What of a lab's plan a page shows. */
export interface LabFacts extends Pick<Plan, 'about' | 'steps' | 'claims' | 'faults'> {
  /** Of each protocol, the fields that are worth a reader’s attention whatever a lab states; absent of one all of whose are. */
  brief: Record<string, readonly string[]>;
}

/** A lab on a runtime, as a page shows it. */
export interface PageRun {
  document: Document;
  /** Absent where only the results are there, and not the lab. */
  lab?: LabFacts;
  picture?: Picture;
  /** Where the fields of its frames are; a frame, in base64, has the layout of its index. */
  layouts: HeaderBytes[][];
  layoutOf: Record<string, number>;
}

/** Everything that a page shows. */
export interface PageData {
  title: string;
  verdict: Verdict;
  reason: string;
  runs: PageRun[];
  /** Runs that told nothing, and how runtimes compare. */
  silent: Omit<Run, 'document'>[];
  comparisons: Comparison[];
  /** Claims over labs, as `claims` lists them. */
  ledger: ClaimEntry[];
  /** What was used: the version of packetwalk, the kernel, when. */
  made: Record<string, string>;
}
