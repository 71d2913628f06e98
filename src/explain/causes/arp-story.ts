import type { Facts } from '../facts.ts';
import { type OpenQuestion, openQuestions } from '../layer2/arp.ts';
import type { Silence } from '../layer2/silence.ts';
import { asking } from '../layer2/stuck.ts';
import type { Told } from './kind.ts';

/** Interfaces of other places that saw a request or an answer, in order. */
const seenAt = (frames: readonly { at: string; direction: string }[]): string[] => [
  ...new Set(frames.filter(({ direction }) => direction !== 'out').map(({ at }) => at)),
];

const listed = (points: readonly string[]) => points.join(', ').replace(/, ([^,]*)$/, ' and $1');

/** How far a question came, and what became of its answer. */
export function story({ at, tpa, sha, requests, replies, device, place, answer }: OpenQuestion): string {
  if (!sha) return `${place} needs the MAC of ${tpa} at ${device}, and no ARP request for it was seen`;
  const came = seenAt(answer ? replies : requests).filter((each) => each !== at);
  if (!answer) return `the request ${came.length ? `came to ${listed(came)}` : 'was seen nowhere else'}`;
  const isHeard = replies.some((each) => each.at === at && each.direction !== 'out');
  const end = isHeard ? `at ${at}, which did not take it` : `not at ${at}`;
  return `${answer.at} answered, and the answer was seen ${came.length ? `at ${listed(came)} and ` : ''}${end}`;
}

export const toldOf =
  (question: OpenQuestion) =>
  ({ place, what, confidence, show, fix }: Silence): Told => ({
    sentence: `${place} does not answer ${asking(question)}: ${what}; ${story(question)}`,
    confidence,
    place,
    show: show.map((command) => ({ place, command })),
    ...(fix && { fix }),
  });

export const perQuestion = (facts: Facts, tell: (question: OpenQuestion) => Told[]) =>
  openQuestions(facts).flatMap(tell);
