import { type CheckResult, type Verdict, worst } from './events.ts';
import type { Sighting } from './judge.ts';
import { pattern, pingLine } from './ping.ts';
import { addressOf, type PlannedMatrix, proven } from './plan.ts';
import type { Live } from './walk.ts';

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
  /** Why what was not seen proves nothing. */
  doubt?: string;
}

const AT_ONCE = 8;

/** Sends a packet for every pair of some matrices, and judges each matrix by what the receivers' captures show. */
export async function checkMatrices(live: Live, matrices: PlannedMatrix[], waitS = 2): Promise<CheckResult[]> {
  if (!matrices.length) return [];
  const pairs = new Map<string, Pair>();
  for (const { from, to } of matrices.flatMap(pairsOf))
    pairs.set(`${from} ${to}`, { from, to, address: addressOf(live.plan.links, to)!, mark: pattern() });
  const own = await ownAddresses(live, [...new Set([...pairs.values()].map(({ from }) => from))]);
  const arrivals = await sendPairs(live, [...pairs.values()], waitS);
  return matrices.map((matrix) => judgeMatrix(matrix, arrivals, own));
}

const pairsOf = ({ pairs }: PlannedMatrix) =>
  pairs.flatMap(({ from, to }) => from.flatMap((a) => to.flatMap((b) => (a === b ? [] : [{ from: a, to: b }]))));

async function sendPairs({ runtime, watch }: Live, pairs: Pair[], waitS: number): Promise<Map<string, Arrival>> {
  await watch.drain();
  const queue = [...pairs];
  const unsent = new Map<Pair, string>();
  const one = async () => {
    for (let pair = queue.shift(); pair; pair = queue.shift()) {
      const line = pingLine(`ping -c 1 ${pair.address}`, pair.mark, waitS);
      const { code, stderr } = await runtime.script(pair.from, line, { timeoutMs: 30_000 });
      if (code === 126 || code === 127) unsent.set(pair, `nothing was sent: ${stderr.trim()}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  const { seen, dropped } = await watch.drain();

  const byMark = new Map<string, Pick<Sighting, 'place' | 'direction' | 'headers'>[]>();
  for (const frame of seen) {
    const packet = frame.packet();
    const inner = packet.headers.at(-1);
    if (inner?.fields.type !== 'echo request' || packet.payload.length < 24) continue;
    const mark = packet.payload.toString('hex', 16, 24);
    if (!byMark.has(mark)) byMark.set(mark, []);
    byMark.get(mark)!.push({ place: frame.place, direction: frame.direction, headers: packet.headers });
  }
  const source = (headers: Sighting['headers'] | undefined) =>
    headers?.findLast(({ protocol }) => protocol === 'ip')?.fields.src;
  return new Map(
    pairs.map((pair) => {
      const { from, to, address, mark } = pair;
      const sightings = byMark.get(mark) ?? [];
      const left = source(sightings.find(({ place, direction }) => place === from && direction === 'out')?.headers);
      const received = sightings.findLast(
        ({ place, direction, headers }) =>
          place === to &&
          direction === 'in' &&
          headers.findLast(({ protocol }) => protocol === 'ip')?.fields.dst === address,
      );
      return [
        `${from} ${to}`,
        {
          ...(left !== undefined && { left: String(left) }),
          ...(received && { arrived: String(source(received.headers)) }),
          ...(dropped.length && { doubt: `the capture lost frames on ${dropped.join(', ')}` }),
          ...(unsent.has(pair) && { doubt: unsent.get(pair)! }),
        } satisfies Arrival,
      ];
    }),
  );
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
  arrivals: Map<string, Arrival>,
  own: Map<string, Set<string>>,
): CheckResult {
  const rows = pairsOf(matrix).map((pair) => ({ ...pair, ...judgePair(pair, matrix, arrivals, own) }));
  const reasons = rows.flatMap(({ reason }) => reason ?? []);
  return {
    title: matrix.title,
    ...(matrix.claim && { claim: proven(matrix.claim).id }),
    verdict: rows.length ? worst(rows.map(({ verdict }) => verdict)) : 'unknown',
    node: [...new Set(rows.map(({ to }) => to))].join(', '),
    command: 'ping -c 1, from each to each, and what the receiver captures',
    output: rows.map(({ from, to, arrived, reason }) => `${from} > ${to}: ${reason ?? `from ${arrived}`}`).join('\n'),
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
  const { left, arrived, doubt } = arrivals.get(`${from} ${to}`)!;
  const home = seenAs === 'its own address';
  if (doubt && !(arrived && (home || left))) return { verdict: 'unknown', reason: doubt };
  if (!arrived) return { verdict: 'failed', reason: `${to} received nothing from ${from}` };
  if (home ? own.get(from)?.has(arrived) : left === arrived) return { verdict: 'passed', arrived };
  const why = home ? 'is none of its addresses' : `left as ${left}`;
  return { verdict: 'failed', arrived, reason: `${to} sees ${from} as ${arrived}, which ${why}` };
}
