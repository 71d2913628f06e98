import type { Observation, Sighting } from '../judge/observation.ts';
import type { Outcome } from '../judge/result.ts';
import type { Sent, SoFar } from '../observe/sent.ts';
import { isIcmp, isIcmpError, isIp } from '../packet/index.ts';
import { isPing } from '../plan/ping.ts';
import type { PlannedWalk } from '../plan/plan.ts';

/**
 * Whether a walk that went as listed also ended as it says: a ping is answered, unless the walk says that it is not, or its answer
 * is not to come, or not as far as its sender.
 */
export function toldOf(
  { listsReply, unanswered }: PlannedWalk,
  sent: Sent,
  outcome: Outcome,
  answered: boolean,
): { verdict: 'passed' | 'failed'; outcome: Outcome } {
  if (outcome === 'dropped') return { verdict: 'passed', outcome };
  const isEcho = sent.observations.some(
    (each) =>
      each.kind === 'sighting' &&
      each.part === 'request' &&
      each.headers.findLast(isIcmp)?.fields.type === 'echo request',
  );
  if (answered) return { verdict: unanswered ? 'failed' : 'passed', outcome: 'answered' };
  const isUntold = cameBack(sent) && !errorTold(sent);
  if (isEcho && (!listsReply || isUntold) && !unanswered) return { verdict: 'failed', outcome: 'unanswered' };
  return { verdict: 'passed', outcome };
}

/**
 * The line in which a ping says that it was told an ICMP error, be it by its own kernel: it ends with that (ping(8), -c), and waits for
 * no answer. A tunnel that was told of one hands it to who sends by it next, and sends that all the same.
 */
const errorTold = ({ ran }: SoFar): string | undefined =>
  /\+\d+ errors/.test(ran.stdout) ? /^From .*$/m.exec(ran.stdout)?.[0] : undefined;

/** That the answer of a ping came after an error had ended it. */
export function toldTooEarly(sent: SoFar): string[] {
  const error = cameBack(sent) && errorTold(sent);
  return error ? [`its sender was told an error before the answer came: ${error}`] : [];
}

/** Whether the answer of a ping came to an interface of its sender's place. */
const cameBack = ({ send, observations }: SoFar): boolean =>
  isPing(send.command) && observations.some((each) => isEchoReplyAt(each, send.from));

const isEchoReplyAt = (each: Observation, place: string): boolean =>
  each.kind === 'sighting' &&
  each.part === 'reply' &&
  each.place === place &&
  each.direction === 'in' &&
  !each.otherHost &&
  each.headers.findLast(isIcmp)?.fields.type === 'echo reply';

/**
 * Whether the sender was told: as ping says it, or else by the answer that got back to its place; an ICMP error is none, unless the
 * walk lists it.
 */
export function isAnswered(sent: SoFar, listsReply = false): boolean {
  const { send, ran, observations } = sent;
  const received = isPing(send.command) && /(\d+) received/.exec(ran.stdout)?.[1];
  if (received) return Number(received) > 0;
  return observations.some(
    (each) =>
      each.kind === 'sighting' &&
      each.part === 'reply' &&
      each.place === send.from &&
      each.direction === 'in' &&
      !each.otherHost &&
      (listsReply || !isIcmpError(each.headers)) &&
      !isFromElsewhere(each, sent),
  );
}

/** Whether a segment comes from another address than its connection was opened to, so that nobody waits for it. */
function isFromElsewhere({ headers }: Sighting, { observations, send }: SoFar): boolean {
  const first = observations.find(
    (each) => each.kind === 'sighting' && each.part === 'request' && each.place === send.from,
  );
  const asked = first?.kind === 'sighting' ? first.headers.findLast(isIp)?.fields.dst : undefined;
  return headers.at(-1)?.protocol === 'tcp' && asked !== undefined && headers.findLast(isIp)?.fields.src !== asked;
}
