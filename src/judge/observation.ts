import type { Direction, Part } from '../lab/part.ts';
import type { Header } from '../packet/index.ts';
import type { Ending, Family } from '../plan/hops.ts';

/** One packet, once, at one interface; its fragments count as one where the walk does not list them. */
export interface Sighting {
  kind: 'sighting';
  part: Part;
  place: string;
  device: string;
  /** `PLACE:DEVICE` */
  at: string;
  direction: Direction;
  /** Received though addressed to another MAC (PACKET_OTHERHOST, packet(7)). */
  otherHost: boolean;
  /** Its number among all that its place captured, in order. */
  order: number;
  /** Nanoseconds since 1970, by the clock of its own machine: to be told, never to be judged by. */
  time: bigint;
  headers: Header[];
  /** What is the same of a frame at both ends of a wire: its bytes without what offload fills in later. */
  wire: string;
  bytes: Buffer;
  /** Which fragments of it are missing, in a sentence. */
  incomplete?: string;
}

/** One packet's way through one base chain of netfilter at a place, from the kernel's own trace. */
export interface Passage {
  kind: 'passage';
  part: Part;
  place: string;
  family: Family;
  table: string;
  chain: string;
  /** Where the base chain is attached: `prerouting`; unknown where its table was gone before it was listed. */
  hook?: string;
  /** The chains that it entered, in order. */
  chains: string[];
  /** How it ended; absent where the trace was cut off. */
  ending?: Ending;
  /** The rule that decided, as `nft list ruleset` prints it, without counters and comments. */
  rule?: string;
  /** The chain that the rule stands in, and its place there, from 1, as iptables(8) counts. */
  decidedAt?: { chain: string; position?: number };
  /** The mark that the packet bore in the end, where that is not 0, and the rule that gave it here, with the chain that it stands in. */
  mark?: { value: number; by?: { chain: string; rule: string } };
  /** Why the rule's text cannot be trusted: it was rewritten while the packet was on its way. */
  doubt?: string;
  /** The interfaces that the hook knows, by name: by which it came, and by which it is to go. */
  enters?: string;
  leaves?: string;
  /** The IP header as the packet bore it when it got here. */
  ip: { src: string; dst: string; ttl: number; id: number; protocol: number };
  /** Its number among all passages that its place told of, in order. */
  order: number;
  /** What connection tracking says of what was translated here: a line of conntrack(8). */
  translation?: string;
}

export type Observation = Sighting | Passage;

/** What leads from interface to interface, as the kernel and the cables say. */
export interface Wires {
  /** Where, in other places, a frame may have been just before it was seen at a point going that way. */
  before(at: string, direction: Direction): { at: string; direction: Direction }[];
  /** Whether an interface takes a frame that is addressed to another MAC than its own: for its master, or what stands on it. */
  takes(at: string, mac: string | undefined): boolean;
  /** The ports of a bridge, and the interfaces of any other master, by name. */
  ports(place: string, master: string): string[];
  /** Whether an interface is a port of a bridge. */
  isPort(at: string): boolean;
}
