import type { Link } from '../plan.ts';

/** How a command ended. `code` is 128 + the signal's number where a signal ended it, as in a shell. */
export interface Ran {
  command: string;
  code: number;
  stdout: string;
  stderr: string;
}

/** A frame as one interface saw it. */
export interface Frame {
  place: string;
  /** Index of the interface in its namespace, and what the kernel calls its link layer (ARPHRD_*, if_arp.h). */
  ifindex: number;
  hardwareType: number;
  /** `overheard`: received, though addressed to another MAC (PACKET_OTHERHOST, packet(7)). */
  direction: 'in' | 'out' | 'overheard';
  /** Nanoseconds since 1970, by the clock of the machine that captured it. */
  time: bigint;
  bytes: Buffer;
}

/** An open capture on every interface of some places; frames arrive in each place's own order. */
export interface Capture {
  /** Everything captured since the last drain, and how many frames the kernel had to drop in that time, by place. */
  drain(): Promise<{ frames: Frame[]; drops: Record<string, number> }>;
}

/** Where a lab's nodes live. A place is a node or a pod, by its name. */
export interface Runtime extends AsyncDisposable {
  name: string;
  /** Whether the nodes run without root's rights. */
  rootless: boolean;
  /** Connects nodes; both ends exist and are down when it returns. The command is the one that failed, or the last. */
  cable(links: Link[]): Promise<Ran>;
  /** Runs lines, in order, until one fails; the last of the list is the one that failed or the last line. */
  run(place: string, lines: string[], options?: { timeoutMs?: number }): Promise<Ran>;
  /** Runs a script of several lines in one shell. */
  script(place: string, script: string, options?: { timeoutMs?: number }): Promise<Ran>;
  /** Captures in every given place; `bufferBytes` is what the kernel may hold for a place until it is read. */
  listen(places: string[], options?: { bufferBytes?: number }): Promise<Capture>;
  /** Leaves the nodes running when this process ends, and says how to find them. */
  stay(): Promise<Standing>;
}

/** Where a standing lab's nodes are: what a later process needs to enter them. */
export interface Standing {
  runtime: string;
  rootless: boolean;
  /** The sandbox's first process, and when it started (clock ticks since boot), so that a reused id is told apart. */
  pid: number;
  startTicks: number;
  /** The process that holds each node's files, as the sandbox counts its processes. */
  holders: Record<string, number>;
}
