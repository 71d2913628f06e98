import { type Verdict, worst } from '../judge/result.ts';
import { addressesOf, addressOf, proven } from '../lab/read.ts';
import type { Live } from '../observe/sent.ts';
import { pattern } from '../plan/ping.ts';
import type { Plan, PlannedMatrix } from '../plan/plan.ts';
import type { CheckResult } from './events.ts';
import { type Probe, type Probed, sendProbes } from './probes.ts';

/** Beyond so many pairs a matrix is sampled, unless all are asked for. */
const SAMPLE = 2000;

/** Of more pairs than this, only those are told one by one that did not arrive as they should. */
const TOLD = 100;

/**
 * Sends an echo request for every pair of some matrices, and judges each matrix by what arrived and was answered. A pair is
 * waited for until it is answered, or nothing of any of them was seen for `waitS` seconds.
 */
export async function checkMatrices(
  live: Live,
  matrices: PlannedMatrix[],
  { waitS = 2, full = false }: { waitS?: number; full?: boolean } = {},
): Promise<CheckResult[]> {
  if (!matrices.length) return [];
  const began = performance.now();
  const taken = matrices
    .map((matrix) => ({ matrix, all: pairsOf(matrix) }))
    .map(({ matrix, all }) => ({
      matrix,
      pairs: full ? all : sampled(all),
      of: all.length,
    }));
  const ends = new Map(taken.flatMap(({ pairs }) => pairs.map((pair) => [byKey(pair), pair] as const)));
  const probes = [...ends.values()].map(
    ({ from, to }): Probe => ({ from, to, address: addressFor(live.plan, to), pattern: pattern() }),
  );
  const own = await ownAddresses(live, [...new Set(probes.map(({ from }) => from))]);
  const results = await sendProbes(live, probes, waitS);
  const probed = new Map(probes.map((probe, i) => [byKey(probe), results[i]!]));
  const durationMs = performance.now() - began;
  return taken.map(({ matrix, pairs, of }) => ({ ...judgeMatrix(matrix, pairs, of, probed, own), durationMs }));
}

type Ends = Pick<Probe, 'from' | 'to'>;

/** The address of its own, or else one that another place has as well: what comes back tells whose it is. */
const addressFor = ({ links }: Plan, place: string) => addressOf(links, place) ?? addressesOf(links, place)[0]!;

const byKey = ({ from, to }: Ends) => `${from} ${to}`;

const pairsOf = ({ pairs }: PlannedMatrix): Ends[] =>
  pairs.flatMap(({ from, to }) => from.flatMap((a) => to.flatMap((b) => (a === b ? [] : [{ from: a, to: b }]))));

/** Evenly spaced pairs of a list, the first among them chosen by chance, so that every run tries others. */
function sampled(pairs: Ends[]): Ends[] {
  if (pairs.length <= SAMPLE) return pairs;
  const step = pairs.length / SAMPLE;
  const start = Math.random() * step;
  return Array.from({ length: SAMPLE }, (_, i) => pairs[Math.floor(start + i * step)]!);
}

async function ownAddresses({ runtime }: Live, places: string[]): Promise<Map<string, Set<string>>> {
  const list = await Promise.all(
    places.map(async (place) => {
      const { stdout, stderr, code } = await runtime.run(place, ['ip -j -4 addr']);
      if (code) throw new Error(`cannot list the addresses of ${place}: ${stderr.trim()}`);
      const devices = JSON.parse(stdout) as { addr_info?: { local: string }[] }[];
      return [place, new Set(devices.flatMap(({ addr_info = [] }) => addr_info.map(({ local }) => local)))] as const;
    }),
  );
  return new Map(list);
}

function judgeMatrix(
  matrix: PlannedMatrix,
  pairs: Ends[],
  of: number,
  probed: Map<string, Probed>,
  own: Map<string, Set<string>>,
): Omit<CheckResult, 'durationMs'> {
  const rows = pairs.map((pair) => ({
    ...pair,
    ...judgePair(pair, matrix, probed.get(byKey(pair))!, own.get(pair.from)),
  }));
  const reasons = rows.flatMap(({ reason }) => reason ?? []);
  const told = rows.length > TOLD ? rows.filter(({ reason }) => reason).slice(0, TOLD) : rows;
  const rest = rows.length - told.length;
  return {
    title: matrix.title,
    ...(matrix.claim && { claim: proven(matrix.claim).id }),
    verdict: rows.length ? worst(rows.map(({ verdict }) => verdict)) : 'unknown',
    node: [...new Set(rows.map(({ to }) => to))].join(', '),
    command: 'an ICMP echo request from each to each, and its answer',
    output: [
      ...told.map(({ from, to, arrived, reason }) => `${from} > ${to}: ${reason ?? `from ${arrived}`}`),
      ...(rest ? [`${rest} of ${rows.length} pairs ${reasons.length ? 'more' : 'were answered as they should'}`] : []),
      ...(rows.length < of ? [`${rows.length} of ${of} pairs, by chance: --full takes all`] : []),
    ].join('\n'),
    ...(reasons.length && { reason: `${reasons.length} of ${rows.length} pairs: ${reasons[0]}` }),
    ...(!rows.length && { reason: 'nobody sends to anybody' }),
  };
}

/** How a probe went, by whom it was sent, to whom, and what the receiver is to see the sender as. */
export function judgePair(
  { from, to }: Ends,
  { seenAs }: Pick<PlannedMatrix, 'seenAs'>,
  { left, arrived, replied, answered, said, doubt }: Probed,
  own: ReadonlySet<string> = new Set(),
): { verdict: Verdict; arrived?: string; reason?: string } {
  const failed = (reason: string) => ({ verdict: 'failed' as const, ...(arrived && { arrived }), reason });
  const unknown = (reason: string) => ({ verdict: 'unknown' as const, ...(arrived && { arrived }), reason });
  const home = seenAs === 'its own address';
  const sees = `${to} sees ${from} as ${arrived}, which`;
  if (arrived && home && !own.has(arrived)) return failed(`${sees} is none of its addresses`);
  if (arrived && !home && left && left !== arrived) return failed(`${sees} left as ${left}`);
  if (doubt && !(answered && arrived && (home || left))) return unknown(doubt);
  if (!arrived && answered) return failed(`${to} received nothing from ${from}, which somebody else answered`);
  if (!arrived) return failed(`${to} received nothing from ${from}${said ? `: ${said}` : ''}`);
  if (!answered && !replied) return failed(`${to} received it from ${from}, and did not answer`);
  if (!answered) return failed(`the answer of ${to} did not get back to ${from}`);
  if (!home && !left) return unknown(`${from} was not seen to send it`);
  if (!replied && !doubt) return unknown(`${from} was answered, though ${to} was not seen to answer`);
  return { verdict: 'passed', arrived };
}
