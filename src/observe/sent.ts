import type { Observation } from '../judge/observation.ts';
import type { Send } from '../lab/words.ts';
import type { ExpectedHeader } from '../packet/index.ts';
import type { PlannedPoint } from '../plan/hops.ts';
import type { Plan } from '../plan/plan.ts';
import type { Ran, Runtime } from '../runtime/runtime.ts';
import type { BusyFlow } from './busy.ts';
import type { Seen, Watch } from './watch.ts';

/** What a lab in use is made of: where its nodes live, and what watches them. */
export interface Live {
  plan: Plan;
  runtime: Runtime;
  watch: Watch;
  /** The longest time there and back that a packet of this lab took, in milliseconds; absent before the first. */
  roundTripMs?: number;
  /** The flows that made its wires busy when something was last sent. */
  busy?: BusyFlow[];
  /** The walks that passed since something was last typed, by name. */
  proven: Set<string>;
}

/** One packet to be sent, and what is known of it beforehand. */
export interface Errand {
  send: Send;
  /** The headers of the first hop that its walk lists. */
  expected?: readonly ExpectedHeader[];
  /** Of each later packet the points, any one of which it crosses first. */
  later?: readonly (readonly PlannedPoint[])[];
  /** Its walk lists where it goes sealed: what WireGuard or ESP carries is looked for. */
  isSealed?: boolean;
  /** What stays the same of its packet (`identity`), where that is known beforehand: it is one that was captured before. */
  identity?: string;
  /** Its mark for netfilter (`markOf`), where it is known beforehand and is not such as a command begins with. */
  transport?: string;
  /** Where its walk has it answered, as `PLACE:DEVICE`: who answers may take a while, be the command that asked over or not. */
  answeredAt?: readonly string[];
  /** It is expected to be lost: a command that waits for an answer is ended once it is. */
  expectsLoss?: boolean;
  /**
   * Its walk lists so many points, and then that it is dropped: once it was seen so often, and is under way no more, a command that
   * waits for an answer is ended.
   */
  droppedAfter?: number;
}

/** A packet that was sent, and where it and its answer were seen so far. */
export interface SoFar {
  send: Send;
  ran: Ran;
  /** Where it was seen, and, where a walk lists hooks, what netfilter did with it. */
  observations: Observation[];
}

/** A packet that was sent, and what was seen of it, of its answer, and of what ended its connection. */
export interface Sent extends SoFar {
  /** What was set aside, each with the reason in a sentence. */
  notes: string[];
  /** Why it cannot be followed, if it cannot. */
  doubt?: string | undefined;
  /** All that was captured meanwhile. */
  seen: Seen[];
  /** Places where the kernel had to drop frames, so that a missing sighting proves nothing. */
  dropped: string[];
  /** Places whose netfilter could not be traced though that was wanted. */
  untraced: Untraced[];
}

/** A place whose netfilter could not be traced, and why, in a sentence. */
export interface Untraced {
  place: string;
  why: string;
}
