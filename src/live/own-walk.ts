import type { OwnHop, OwnOutcome } from '../judge/own-walk.ts';
import type { HopResult, Outcome, WalkResult } from '../judge/result.ts';
import { watched } from '../lab/read.ts';
import type { Live } from '../observe/sent.ts';
import { sendingLine } from '../plan/sending.ts';
import { destination } from '../prove/destination.ts';
import { hookedAmong, type OwnWalked, silentText, walkOwn } from '../prove/own-walk.ts';
import type { Proving } from '../prove/run.ts';
import { ownOutcomeText } from '../report/own-walk.ts';

/** Pings from a place, and tells the packet's path as that of a walk whose every hop is as listed. */
export async function pingFrom(
  live: Live,
  from: string,
  to: string,
  before?: NonNullable<Proving['before']>,
): Promise<WalkResult> {
  const { address, sharedWith } = await destination(live, to);
  const { hooked, silent } = await hookedAmong(live.runtime, watched(live.plan));
  const line = sendingLine({ protocol: 'icmp' }, address, false);
  const walked = await walkOwn(live, { from, command: line }, hooked, before);
  walked.walk.notes.push(...silent.map(silentText));
  if (sharedWith.length) walked.walk.notes.push(`${address} is ${sharedWith.join(' and ')}’s address, too`);
  return asWalk(`${from} pings ${to}`, walked, to);
}

const outcomes: Partial<Record<OwnOutcome, Outcome>> = { refused: 'unanswered', 'nothing sent': 'lost' };

function asWalk(name: string, { walk, observations }: OwnWalked, to: string): WalkResult {
  const { hops, loops, outcome, verdict, notes, said, reason, ...rest } = walk;
  const { send, command, causes, evidence, durationMs, roundTripMs } = rest;
  return {
    ...{ name, claims: [], verdict, outcome: outcomes[outcome] ?? (outcome as Outcome), failedAt: null },
    ...{ send, command, causes, evidence, durationMs, loops, strays: [] },
    hops: hops.map((hop, i) => asHop(hop, observations[i])),
    notes: [ownOutcomeText(walk, to), ...(verdict === 'passed' ? [] : said), ...notes],
    ...(reason && { reason }),
    ...(roundTripMs !== undefined && { roundTripMs }),
  };
}

function asHop(hop: OwnHop, seen: OwnWalked['observations'][number] | undefined): HopResult {
  const common = { because: '', fate: 'passed' as const };
  if (hop.kind === 'hook') {
    const { ip: _, ...hook } = hop;
    return { ...hook, ...common, expected: { chains: hop.seen.chains } };
  }
  const isSeen = seen?.kind === 'sighting' && seen.place === hop.place && seen.device === hop.device;
  return {
    ...hop,
    ...common,
    ...{ expected: [], differences: [] },
    frame: isSeen ? seen.bytes.toString('base64') : null,
    time: isSeen ? String(seen.time) : null,
  };
}
