import type { CheckResult, Verdict } from './events.ts';
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
  verdict: Verdict;
  /** The sender's address as it left, and as it arrived. */
  left?: string;
  arrived?: string;
  /** Why it is not as it should be. */
  reason?: string;
}

const AT_ONCE = 8;

/** Sends a packet for every pair of some matrices, and judges each matrix by what the receivers' captures show. */
export async function checkMatrices(live: Live, matrices: PlannedMatrix[]): Promise<CheckResult[]> {
  if (!matrices.length) return [];
  const pairs = new Map<string, Pair>();
  for (const { from, to } of matrices.flatMap(pairsOf))
    pairs.set(`${from} ${to}`, { from, to, address: addressOf(live.plan.links, to)!, mark: pattern() });
  const own = await ownAddresses(live, [...new Set([...pairs.values()].map(({ from }) => from))]);
  const arrivals = await sendPairs(live, [...pairs.values()]);
  return matrices.map((matrix) => judgeMatrix(matrix, arrivals, own));
}

const pairsOf = ({ pairs }: PlannedMatrix) =>
  pairs.flatMap(({ from, to }) => from.flatMap((a) => to.flatMap((b) => (a === b ? [] : [{ from: a, to: b }]))));

async function sendPairs({ runtime, watch }: Live, pairs: Pair[]): Promise<Map<string, Arrival>> {
  await watch.drain();
  const queue = [...pairs];
  const one = async () => {
    for (let pair = queue.shift(); pair; pair = queue.shift())
      await runtime.script(pair.from, pingLine(`ping -c 1 ${pair.address}`, pair.mark, 2), { timeoutMs: 30_000 });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  const { seen, dropped } = await watch.drain();

  const byMark = new Map<string, Pick<Sighting, 'place' | 'direction' | 'headers'>[]>();
  for (const frame of seen) {
    const packet = frame.packet();
    const inner = packet.headers.at(-1);
    if (inner?.fields.type !== 'echo request' || packet.payload.length < 24) continue;
    const mark = packet.payload.toString('hex', 16, 24);
    byMark.set(mark, [
      ...(byMark.get(mark) ?? []),
      { place: frame.place, direction: frame.direction, headers: packet.headers },
    ]);
  }
  const source = (headers: Sighting['headers'] | undefined) =>
    headers?.findLast(({ protocol }) => protocol === 'ip')?.fields.src;
  return new Map(
    pairs.map(({ from, to, address, mark }) => {
      const sightings = byMark.get(mark) ?? [];
      const left = source(sightings.find(({ place, direction }) => place === from && direction === 'out')?.headers);
      const received = sightings.findLast(
        ({ place, direction, headers }) =>
          place === to &&
          direction === 'in' &&
          headers.findLast(({ protocol }) => protocol === 'ip')?.fields.dst === address,
      );
      const lost = received ? undefined : `${to} received nothing from ${from}`;
      return [
        `${from} ${to}`,
        {
          verdict: received ? 'passed' : dropped.length ? 'unknown' : 'failed',
          ...(left !== undefined && { left: String(left) }),
          ...(received && { arrived: String(source(received.headers)) }),
          ...(lost && { reason: dropped.length ? `the capture lost frames on ${dropped.join(', ')}` : lost }),
        } satisfies Arrival,
      ];
    }),
  );
}

async function ownAddresses({ runtime }: Live, places: string[]): Promise<Map<string, Set<string>>> {
  const list = await Promise.all(
    places.map(async (place) => {
      const { stdout } = await runtime.run(place, ['ip -j -4 addr']);
      const devices = JSON.parse(stdout || '[]') as { addr_info?: { local: string }[] }[];
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
  const rows = pairsOf(matrix).map(({ from, to }) => {
    const arrival = arrivals.get(`${from} ${to}`)!;
    const { left, arrived } = arrival;
    const same = matrix.seenAs === 'its own address' ? own.get(from)?.has(arrived ?? '') : left === arrived;
    const translated = `${to} sees ${from} as ${arrived}, which ${matrix.seenAs === 'its own address' ? 'is none of its addresses' : `left as ${left}`}`;
    return { from, to, ...arrival, ...(arrived && !same && { verdict: 'failed' as const, reason: translated }) };
  });
  const verdicts = new Set(rows.map(({ verdict }) => verdict));
  const verdict =
    rows.length === 0 || verdicts.has('unknown') ? 'unknown' : verdicts.has('failed') ? 'failed' : 'passed';
  const reasons = rows.flatMap(({ reason }) => reason ?? []);
  return {
    title: matrix.title,
    ...(matrix.claim && { claim: proven(matrix.claim).id }),
    verdict,
    node: [...new Set(rows.map(({ to }) => to))].join(', '),
    command: 'ping -c 1, from each to each, and what the receiver captures',
    output: rows.map(({ from, to, arrived, reason }) => `${from} > ${to}: ${reason ?? `from ${arrived}`}`).join('\n'),
    ...(reasons.length && { reason: `${reasons.length} of ${rows.length} pairs: ${reasons[0]}` }),
  };
}
