import type { Sighting } from '../judge/observation.ts';
import type { Passed } from '../judge/hooks.ts';
import type { Send } from '../lab/words.ts';
import type { Plan } from '../plan/plan.ts';
import type { Ran, Runtime } from '../runtime/runtime.ts';
import type { Seen, Watch } from './watch.ts';

/** What a lab in use is made of: where its nodes live, and what watches them. */
export interface Live {
  plan: Plan;
  runtime: Runtime;
  watch: Watch;
}

/** A packet that was sent, and every frame in which it, its answer or an error about it was seen. */
export interface Sent {
  send: Send;
  ran: Ran;
  sightings: Sighting[];
  /** What netfilter did with it, where a walk lists hooks. */
  passed: Passed[];
  /** All that was captured meanwhile. */
  seen: Seen[];
  /** Places where the kernel had to drop frames, so that a missing sighting proves nothing. */
  dropped: string[];
}
