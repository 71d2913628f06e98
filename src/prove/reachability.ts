import { setTimeout } from 'node:timers/promises';
import type { Sighting } from '../judge/observation.ts';
import { type Verdict, worst } from '../judge/result.ts';
import { addressOf, proven } from '../lab/read.ts';
import type { Live } from '../observe/sent.ts';
import type { Seen } from '../observe/watch.ts';
import { pattern } from '../plan/ping.ts';
import type { PlannedMatrix } from '../plan/plan.ts';
import type { CheckResult } from './events.ts';

interface Pair {
  from: string;
  to: string;
  address: string;
  mark: string;
}

interface Arrival {
  /** The sender's address as it left, and as it arrived. */
  left?: string;
  arrived?: string;
  /** What the sender's kernel said when it would not send. */
  said?: string;
  /** Why what was not seen proves nothing. */
  doubt?: string;
}

/** Beyond so many pairs a matrix is sampled, unless all are asked for. */
const SAMPLE = 2000;

/** How many probes are under way at once: their frames, some twenty each, fit into what a capture holds. */
const BATCH = 1000;

/** Of more pairs than this, only those are told one by one that did not arrive as they should. */
const TOLD = 100;

/** Sends a packet for every pair of some matrices, and judges each matrix by what the receivers' captures show. */
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
  const pairs = new Map<string, Pair>();
  for (const { from, to } of taken.flatMap(({ pairs }) => pairs))
    pairs.set(`${from} ${to}`, { from, to, address: addressOf(live.plan.links, to)!, mark: pattern() });
  const own = await ownAddresses(live, [...new Set([...pairs.values()].map(({ from }) => from))]);
  const arrivals = await sendPairs(live, [...pairs.values()], waitS);
  const durationMs = performance.now() - began;
  return taken.map(({ matrix, pairs, of }) => ({ ...judgeMatrix(matrix, pairs, of, arrivals, own), durationMs }));
}

type Ends = Pick<Pair, 'from' | 'to'>;

const pairsOf = ({ pairs }: PlannedMatrix): Ends[] =>
  pairs.flatMap(({ from, to }) => from.flatMap((a) => to.flatMap((b) => (a === b ? [] : [{ from: a, to: b }]))));

/** Evenly spaced pairs of a list, the first among them chosen by chance, so that every run tries others. */
function sampled(pairs: Ends[]): Ends[] {
  if (pairs.length <= SAMPLE) return pairs;
  const step = pairs.length / SAMPLE;
  const start = Math.random() * step;
  return Array.from({ length: SAMPLE }, (_, i) => pairs[Math.floor(start + i * step)]!);
}

async function sendPairs(live: Live, pairs: Pair[], waitS: number): Promise<Map<string, Arrival>> {
  await live.watch.drain();
  const arrivals = new Map<string, Arrival>();
  for (let at = 0; at < pairs.length; at += BATCH)
    for (const [key, arrival] of await sendBatch(live, pairs.slice(at, at + BATCH), waitS)) arrivals.set(key, arrival);
  return arrivals;
}

const byKey = ({ from, to }: Ends) => `${from} ${to}`;

const source = (headers: Sighting['headers']) => headers.findLast(({ protocol }) => protocol === 'ip')?.fields;

/** Sends each pair's probe and watches until all have arrived, or it has waited long enough. */
async function sendBatch({ runtime, watch }: Live, pairs: Pair[], waitS: number): Promise<Map<string, Arrival>> {
  const byMark = new Map(pairs.map((pair) => [pair.mark, pair]));
  const arrivals = new Map(pairs.map((pair): [string, Arrival] => [byKey(pair), {}]));
  const missing = new Set(pairs);
  const dropped = new Set<string>();
  const look = async () => {
    const drained = await watch.drain();
    for (const place of drained.dropped) dropped.add(place);
    for (const frame of drained.seen) {
      const pair = byMark.get(markOf(frame) ?? '');
      if (!pair || (frame.place !== pair.from && frame.place !== pair.to)) continue;
      const { headers } = frame.packet();
      const { src, dst } = source(headers) ?? {};
      const arrival = arrivals.get(byKey(pair))!;
      if (frame.place === pair.from && frame.direction === 'out') arrival.left ??= String(src);
      if (frame.place !== pair.to || frame.direction !== 'in' || dst !== pair.address) continue;
      arrival.arrived = String(src);
      missing.delete(pair);
    }
  };
  const senders = new Map<string, Pair[]>();
  for (const pair of pairs) senders.set(pair.from, [...(senders.get(pair.from) ?? []), pair]);
  const time = Buffer.alloc(16);
  await Promise.all(
    [...senders].map(async ([from, own]) => {
      const echoes = own.map(({ address, mark }) => ({
        address,
        data: Buffer.concat([time, Buffer.from(mark, 'hex')]),
      }));
      for (const [i, said] of (await runtime.probe(from, echoes)).entries())
        if (said) arrivals.get(byKey(own[i]!))!.said = said;
    }),
  );
  const late = performance.now() + waitS * 1000;
  await look();
  while (missing.size && performance.now() < late) {
    await setTimeout(5);
    await look();
  }
  if (dropped.size)
    for (const arrival of arrivals.values()) arrival.doubt = `the capture lost frames on ${[...dropped].join(', ')}`;
  return arrivals;
}

/** The mark of a probe, if a frame is one. */
function markOf(frame: Seen): string | undefined {
  const { headers, payload } = frame.packet();
  if (headers.at(-1)?.fields.type !== 'echo request' || payload.length < 24) return undefined;
  return payload.toString('hex', 16, 24);
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
  arrivals: Map<string, Arrival>,
  own: Map<string, Set<string>>,
): Omit<CheckResult, 'durationMs'> {
  const rows = pairs.map((pair) => ({ ...pair, ...judgePair(pair, matrix, arrivals, own) }));
  const reasons = rows.flatMap(({ reason }) => reason ?? []);
  const told = rows.length > TOLD ? rows.filter(({ reason }) => reason).slice(0, TOLD) : rows;
  const rest = rows.length - told.length;
  return {
    title: matrix.title,
    ...(matrix.claim && { claim: proven(matrix.claim).id }),
    verdict: rows.length ? worst(rows.map(({ verdict }) => verdict)) : 'unknown',
    node: [...new Set(rows.map(({ to }) => to))].join(', '),
    command: 'an ICMP echo request from each to each, and what the receiver captures',
    output: [
      ...told.map(({ from, to, arrived, reason }) => `${from} > ${to}: ${reason ?? `from ${arrived}`}`),
      ...(rest ? [`${rest} of ${rows.length} pairs ${reasons.length ? 'more' : 'arrived as they should'}`] : []),
      ...(rows.length < of ? [`${rows.length} of ${of} pairs, by chance: --full takes all`] : []),
    ].join('\n'),
    ...(reasons.length && { reason: `${reasons.length} of ${rows.length} pairs: ${reasons[0]}` }),
    ...(!rows.length && { reason: 'nobody sends to anybody' }),
  };
}

function judgePair(
  { from, to }: { from: string; to: string },
  { seenAs }: PlannedMatrix,
  arrivals: Map<string, Arrival>,
  own: Map<string, Set<string>>,
): { verdict: Verdict; arrived?: string; reason?: string } {
  const { left, arrived, said, doubt } = arrivals.get(`${from} ${to}`)!;
  const home = seenAs === 'its own address';
  if (doubt && !(arrived && (home || left))) return { verdict: 'unknown', reason: doubt };
  if (!arrived) return { verdict: 'failed', reason: `${to} received nothing from ${from}${said ? `: ${said}` : ''}` };
  if (home ? own.get(from)?.has(arrived) : left === arrived) return { verdict: 'passed', arrived };
  const why = home ? 'is none of its addresses' : `left as ${left}`;
  return { verdict: 'failed', arrived, reason: `${to} sees ${from} as ${arrived}, which ${why}` };
}
