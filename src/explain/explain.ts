import type { Cause, WalkResult } from '../judge/result.ts';
import type { Errand, Live, Sent } from '../observe/sent.ts';
import { type Ask, asking } from './ask.ts';
import { causeKinds } from './causes/index.ts';
import type { Told } from './causes/kind.ts';
import { gatherFacts } from './gather.ts';
import { ranked } from './rank.ts';
import { ruledOut } from './ruled-out.ts';
import type { States } from './state/place-state.ts';
import { patientLimit, timeLimit } from './time-limit.ts';
import type { Unsent } from './unsent.ts';

/** A packet that was lost: how it was sent, what was seen of it, and what it was compared with, if with anything. */
export interface Loss {
  errand: Errand;
  sent: Sent;
  walk?: Pick<WalkResult, 'hops' | 'strays' | 'outcome' | 'failedAt'>;
  /** What is put out in its stead to see what becomes of it, where nothing of it was ever seen. */
  unsent?: Unsent;
  /** Nothing of it was lost, so that it is not sent again: it is asked what became of it where it came to. */
  isOver?: true;
}

/** Why a packet was lost, the likeliest first; what was ruled out, where nothing tells; and what could not be asked, in sentences. */
export interface Explanation {
  causes: Cause[];
  ruledOut: string[];
  unasked: string[];
}

/** Whose evidence is shown. */
const SHOWN = 3;

/**
 * Why packets were lost. Asks the places concerned what they go by, sends the packets once more where netfilter may have a say, and
 * then asks each kind of cause. `before` is what the places were like when the lab was proven, where that is known. A place that does not answer in time tells nothing.
 */
export async function explain(
  live: Live,
  losses: readonly Loss[],
  before: States = new Map(),
  isPatient = false,
): Promise<Explanation[]> {
  const began = performance.now();
  const { wholeMs, gatheringMs } = isPatient
    ? patientLimit
    : await timeLimit(live.runtime, losses[0]?.errand.send.from ?? '');
  const facts = await gatherFacts(live, losses, before, began + gatheringMs);
  const ask = asking(live.runtime, began + wholeMs);
  return Promise.all(
    facts.map(async (each) => {
      const causes = ranked(each, causeKinds);
      const evidence = await Promise.all(causes.slice(0, SHOWN).map(({ show }) => shown(ask, show)));
      return {
        causes: causes.map(({ show, ...cause }, i) => ({ ...cause, evidence: evidence[i] ?? [] })),
        ruledOut: causes.length ? [] : ruledOut(each),
        unasked: [...each.now.values()].flatMap(({ unasked }) => unasked),
      };
    }),
  );
}

async function shown(ask: Ask, show: Told['show']): Promise<Cause['evidence']> {
  const isFirst = ({ place, command }: Told['show'][number], i: number) =>
    show.findIndex((each) => each.place === place && each.command === command) === i;
  return Promise.all(
    show.filter(isFirst).map(async ({ place, command }) => {
      const ran = await ask(place, command);
      const output = ran && (ran.code === 0 && ran.stdout.trim() ? ran.stdout : `${ran.stdout}${ran.stderr}`).trimEnd();
      return { place, command, output: output ?? '(it did not answer in time)' };
    }),
  );
}
