import type { Check, Commands, Send } from './words.ts';

/** A question that is asked once something is done: the answers that are right, and the command whose output shows the first of them. */
export interface Ask<Node extends string = string> {
  question: string;
  answer: string | readonly string[];
  shownBy: Send<Node>;
}

/** What a workshop says of a step, a walk or a fault besides its name, and what it asks. */
export interface Taught<Node extends string = string> {
  notes?: string;
  ask?: Ask<Node>;
}

/** A step with what a workshop says of it. */
export interface TaughtStep<Node extends string = string> extends Taught<Node> {
  do: Commands<Node>;
  /** Where several states serve equally: what is seen once the step is taken, which counts in the place of the state. */
  see?: Pick<Check<Node>, 'run' | 'see' | 'within'>;
}
