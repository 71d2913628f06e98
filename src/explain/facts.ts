import type { Passage, Sighting, Wires } from '../judge/observation.ts';
import type { WalkResult } from '../judge/result.ts';
import type { Seen } from '../observe/watch.ts';
import type { Plan } from '../plan/plan.ts';
import type { KernelDrop } from '../runtime/runtime.ts';
import type { Moved } from './counters.ts';
import type { Lookup } from './lookup.ts';
import type { Site } from './site.ts';
import type { Difference } from './state/compare.ts';
import type { DaemonState, PlaceState } from './state/place-state.ts';
import type { VirtualServer } from './virtual-servers.ts';

/** All that a cause can be told from, gathered before any is: plain data, and pure questions about it. */
export interface Facts {
  plan: Pick<Plan, 'nodes' | 'pods' | 'links'>;
  site: Site;
  /** What the sender typed, and how that ended. */
  sent: { from: string; command: string; code: number; stdout: string; stderr: string };
  /** The walk as it was judged; absent for a packet that no walk lists. */
  walk?: Pick<WalkResult, 'hops' | 'strays' | 'outcome' | 'failedAt'>;
  /** Where the request was seen, in order, and the address that it was sent to. */
  wayThere: readonly Sighting[];
  askedFor: string | undefined;
  /** All that was captured meanwhile: ARP, ICMP errors, other copies. */
  seen: readonly Seen[];
  wires: Wires;
  /** What the places concerned are like now, and what is another one there than when the lab was proven, where that is known. */
  now: ReadonlyMap<string, PlaceState>;
  changes: readonly Difference[];
  /** Whether it is known what the places were like when the lab was proven. */
  isProven: boolean;
  /** Daemons of the whole lab, with their places. */
  daemons: readonly (DaemonState & { place: string })[];
  /** Counters that moved while the packet was sent, at the places concerned. */
  moved: readonly Moved[];
  /** What netfilter did with the packet where it was lost, when it was sent again and traced. */
  passages: readonly Passage[];
  /** Why the kernel freed packets meanwhile, where it says so. */
  kernelDrops: readonly KernelDrop[];
  /** What the place where it was lost answers when it is asked for the way of this very packet. */
  lookups: readonly Lookup[];
  /** The connections of conntrack(8) that this packet may belong to, by place: a line each. */
  connections: ReadonlyMap<string, readonly string[]>;
  /** The virtual servers of IPVS at the places that may have translated it. */
  virtualServers: ReadonlyMap<string, readonly VirtualServer[]>;
  /** Who has the TCP sockets of the place that a packet came to, as `ss -p` lists them, where that was asked. */
  holders?: readonly string[];
  /** Whether the packet was sent once more, to be traced, and whether it got through then. */
  isSentAgain: boolean;
  passedAgain: boolean;
}
