import { evidence } from '../explain/captured.ts';
import { explain } from '../explain/explain.ts';
import { laterLost } from '../explain/later-lost.ts';
import type { States } from '../explain/state/place-state.ts';
import { timeLimit } from '../explain/time-limit.ts';
import { loopOf } from '../judge/loop.ts';
import type { Observation, Passage, Wires } from '../judge/observation.ts';
import { judgeOwn, type OwnHop, type OwnWalk } from '../judge/own-walk.ts';
import { inOrder } from '../judge/walk.ts';
import { isSilent } from '../judge/way.ts';
import { parts } from '../lab/part.ts';
import type { Send } from '../lab/words.ts';
import { sendAll } from '../observe/send.ts';
import type { Live, Sent, SoFar } from '../observe/sent.ts';
import { peers } from '../plan/cables.ts';
import { isPing } from '../plan/ping.ts';
import { KILLED, type Runtime } from '../runtime/runtime.ts';
import { isAnswered } from './answered.ts';
import { addressesAt } from './destination.ts';
import { doubtOf, roundTripOf, unexplained } from './walk.ts';

/** An own walk, and what was seen of it in its order. */
export interface OwnWalked {
  walk: OwnWalk;
  observations: Observation[];
}

/** Sends a packet that no walk of the lab lists, and tells its path and how it ended. */
export async function walkOwn(live: Live, send: Send, hooked: readonly string[], before?: States): Promise<OwnWalked> {
  const began = performance.now();
  const isComplete = (each: SoFar) => isAnswered(each);
  const [sent] = (await sendAll(live, [{ send }], { hooked, isComplete })) as [Sent];
  const wires = live.watch.wires();
  const ordered = withHooksOrWithout(sent.observations, wires);
  const answered = isAnswered(sent);
  const judged = judgeOwn({
    observations: ordered.observations,
    code: sent.ran.code,
    answered,
    owns: await ownersOf(live, answered ? [] : ordered.observations),
  });
  const reason = doubtOf(sent, judged.verdict) ?? ordered.reason;
  const sightings = ordered.observations.flatMap((each) => (each.kind === 'sighting' ? [each] : []));
  const roundTripMs = answered ? roundTrip(sent) : undefined;
  const walk = {
    send,
    command: { code: sent.ran.code, answered },
    said: saidBy(sent),
    ...judged,
    ...(reason && { verdict: 'unknown' as const, outcome: 'unknown' as const, reason }),
    beyond: beyond(live, judged),
    hops: ordered.observations.flatMap(hopOf),
    loops: parts.flatMap(
      (part) =>
        loopOf(
          sightings.filter((each) => each.part === part),
          wires,
        ) ?? [],
    ),
    macs: macsOf(live),
    notes: [...sent.notes, ...sent.untraced.map(({ why }) => `hooks are not shown: ${why}`), ...ordered.notes],
    evidence: judged.verdict === 'passed' ? [] : evidence(sent, wires).filter((text) => !saysWhatWasSaid(text)),
    lostFrames: [...new Set(sent.dropped)],
    ...(roundTripMs !== undefined && { roundTripMs }),
    durationMs: performance.now() - began,
  };
  const told = walk.verdict === 'failed' ? await whyFailed(live, walk, sent, before) : { causes: [], evidence: [] };
  return {
    walk: { ...walk, causes: told.causes, evidence: [...walk.evidence, ...told.evidence] },
    observations: ordered.observations,
  };
}

/** Why the packet was lost, or, where it was answered and its command failed, a later one of its connection. */
async function whyFailed(
  live: Live,
  { send, outcome }: Pick<OwnWalk, 'send' | 'outcome'>,
  sent: Sent,
  before: States | undefined,
): Promise<Pick<OwnWalk, 'causes' | 'evidence'>> {
  const loss = { errand: { send }, sent };
  if (outcome === 'answered') {
    const later = await laterLost(live, loss, before);
    return { causes: later?.causes ?? [], evidence: later ? [later.sentence] : [] };
  }
  const [told] = await explain(live, [loss], before);
  return { causes: told?.causes ?? [], evidence: told ? unexplained(told) : [] };
}

/** Which of some places have hooks of netfilter: where there are none there is nothing to trace; and where that could not be found out. */
export async function hookedAmong(
  runtime: Runtime,
  places: readonly string[],
): Promise<{ hooked: string[]; silent: string[] }> {
  const script = "nft list ruleset 2>/dev/null | grep -q ' hook '";
  const { wholeMs: timeoutMs } = await timeLimit(runtime, places[0] ?? '');
  const asked = places.map(async (place) => ({ place, ...(await runtime.script(place, script, { timeoutMs })) }));
  const answers = await Promise.all(asked);
  const ending = (is: (code: number) => boolean) => answers.flatMap(({ place, code }) => (is(code) ? [place] : []));
  return { hooked: ending((code) => !code), silent: ending((code) => code === KILLED) };
}

/** What is said of a place whose hooks could not be found out. */
export const silentText = (place: string): string =>
  `hooks of ${place} are not shown: nft did not answer in time there`;

/** What was seen in its order, with the hooks where their order can be told. */
function withHooksOrWithout(observations: readonly Observation[], wires: Wires) {
  const told = inOrder(
    observations.filter((each) => each.kind === 'sighting' || !isSilent(each)),
    wires,
  );
  const points = observations.filter(({ kind }) => kind === 'sighting');
  if (!told.reason || points.length === observations.length) return { ...told, notes: [] };
  return { ...inOrder(points, wires), notes: [`hooks are not shown: ${told.reason}`] };
}

/** Whether a place has an address, as those places say that the packet came to. */
async function ownersOf({ runtime }: Live, observations: readonly Observation[]) {
  const places = [...new Set(observations.flatMap((each) => (isArrival(each) ? [each.place] : [])))];
  const asked = await Promise.all(places.map(async (place) => [place, await addressesAt(runtime, place)] as const));
  const addresses = new Map(asked);
  return (place: string, address: string) => addresses.get(place)?.includes(address) ?? false;
}

const isArrival = (each: Observation) => each.kind === 'sighting' && each.part === 'request' && each.direction === 'in';

/** Where it should have come out, that left by a wire for good. */
function beyond({ plan, watch }: Live, { outcome, last }: Pick<OwnWalk, 'outcome' | 'last'>): string | null {
  if (outcome !== 'lost' || last?.where.kind !== 'point' || last.where.direction !== 'out') return null;
  const at = `${last.where.place}:${last.where.device}`;
  return watch.peerOf(at) ?? peers(plan)(at)[0] ?? null;
}

function roundTrip({ ran, observations, send }: Sent): number | undefined {
  const said = isPing(send.command) ? /time=([\d.]+) ms/.exec(ran.stdout)?.[1] : undefined;
  return said ? Number(said) : roundTripOf(observations, send.from);
}

const hopOf = (each: Observation): OwnHop[] => {
  const { part, place } = each;
  if (each.kind === 'passage') return [hookOf(each)];
  return [{ kind: 'point', part, place, device: each.device, direction: each.direction, seen: each.headers }];
};

function hookOf({ part, place, family, table, chain, ip, chains, ending, rule, translation }: Passage): OwnHop {
  const seen = { chains, ...(ending && { ending }), ...(rule && { rule }) };
  return {
    ...{ kind: 'hook', part, place, family, table, chain, seen },
    ip: { src: ip.src, dst: ip.dst },
    ...(translation && { translation }),
  };
}

/** So many lines of what a command prints are worth keeping. */
const MOST_LINES = 12;

/** What ping says of the answer or its lack; of any other command all that it printed, errors first. */
function saidBy({ send, ran }: Sent): string[] {
  const lines = [ran.stderr, ran.stdout]
    .flatMap((text) => text.split('\n').map((line) => line.trimEnd()))
    .filter(Boolean);
  if (!isPing(send.command)) return lines.filter((line) => !saysAgain.test(line)).slice(0, MOST_LINES);
  const told = lines.filter((line) => /^(ping: |From |\d+ bytes from )/.test(line));
  return told.length ? told : lines.flatMap((line) => /.* packet loss/.exec(line)?.[0] ?? []);
}

/** What bash says of /dev/tcp after it has said why it could not connect. */
const saysAgain = /^bash: line \d+: \/dev\/(tcp|udp)\//;

/** The sender's words are told by themselves. */
const saysWhatWasSaid = (text: string) => text.startsWith('the sender was told: ');

/** The interface of each MAC address, where only one has it; parts of bridges and bonds apart, whose master may bear it as well. */
function macsOf({ watch }: Live): Record<string, string> {
  const owners = new Map<string, string[]>();
  for (const place of watch.places)
    for (const { name, address, master, masterKind } of watch.interfacesOf(place))
      if (/[1-9a-f]/.test(address) && (master === undefined || masterKind === 'vrf'))
        owners.set(address, [...(owners.get(address) ?? []), `${place}:${name}`]);
  return Object.fromEntries([...owners].flatMap(([mac, points]) => (points.length === 1 ? [[mac, points[0]!]] : [])));
}
