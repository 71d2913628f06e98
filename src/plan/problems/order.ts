import { laterIndex, type Part, partsOf } from '../../lab/part.ts';
import { podsNode } from '../../lab/read.ts';
import type { Walk } from '../../lab/words.ts';
import type { Problem } from '../bad-lab.ts';
import { peers } from '../cables.ts';
import { type PlannedHop, type PlannedPoint, whereText } from '../hops.ts';
import { hint } from '../nearest.ts';
import { wordsOf } from '../script.ts';
import type { Known } from './known.ts';

type Found = Pick<Problem, 'what' | 'hint'> | undefined;

/** A hop among those of its part; `sender` is where its packet is surely sent from, where the command tells. */
interface Listed {
  own: PlannedHop[];
  i: number;
  sender: string | undefined;
}

/**
 * What cannot be in a walk's order of hops, as far as its cables and commands tell: a warning, since the verdict is the kernel's
 * to give.
 */
export function orderProblems(known: Known, where: string, walk: Walk, hops: PlannedHop[]): Problem[] {
  const touched = new Set([walk.send.from, ...hops.flatMap((hop) => (hop.kind === 'point' ? [hop.place] : []))]);
  return partsOf(hops).flatMap((part) => {
    const own = hops.filter((hop) => hop.part === part);
    const isOwn = part !== 'reply' && laterIndex(part) === undefined;
    const sender = isOwn && sendsItself(walk.send.command) ? walk.send.from : undefined;
    return own.flatMap((hop, i) => {
      const listed = { own, i, sender };
      const what =
        departureProblem(hop, listed) ??
        (hop.kind === 'hook' ? hookProblem(known, hop, listed, touched) : pointProblem(known, hop, listed));
      return what
        ? [{ where: `${where}.${part}[${i}] at ${whereText(hop)}`, ...what, severity: 'warning' as const }]
        : [];
    });
  });
}

/** Programs that send from where they are typed; any other one may enter another namespace, or have it done. */
const sendsItself = (command: string) => /^\s*(ping[46]?|curl|wget|nc|ncat|dig|traceroute|tracepath)\s/.test(command);

/** Base chains of iptables that a packet passes only after it has come in by an interface. */
const isForComers = (hop: PlannedHop) =>
  hop.kind === 'hook' &&
  (hop.family ?? 'ip') === 'ip' &&
  ['raw', 'mangle', 'nat', 'filter', 'security'].includes(hop.table) &&
  ['PREROUTING', 'INPUT', 'FORWARD'].includes(hop.chain);

function departureProblem(hop: PlannedHop, { i, sender }: Listed): Found {
  if (i > 0 || sender === undefined) return undefined;
  if (hop.place !== sender) return { what: `it is sent from ${sender}: its first hop is there, not at ${hop.place}` };
  if (isForComers(hop)) return { what: `${sender} sends it: it passes no ${whereText(hop)} before it has come in` };
  return hop.kind === 'point' && hop.direction === 'in' && hop.device !== 'lo'
    ? { what: `${sender} sends it: it cannot come in before it has gone out` }
    : undefined;
}

/** Whether the packet may be at a hop's place by the hops before it: by where it starts, or by an interface there. */
function isThere(known: Known, { place }: PlannedHop, { own, i, sender }: Listed): boolean {
  const before = own.slice(0, i).flatMap((hop) => (hop.kind === 'point' ? [hop.place] : []));
  const near = known.linesNear(place).some((line) => STACKS.test(line));
  return [sender ?? own[0]?.place ?? place, ...before].some(
    (each) => each === place || (near && homeOf(known, each) === homeOf(known, place)),
  );
}

const homeOf = ({ lab }: Known, place: string) => podsNode(lab.nodes[place] ?? '') ?? place;

/** What a command says that has a device of one place send and receive by one of another: a macvlan leaves by its parent. */
const STACKS = /\b(netns|macvlan|ipvlan|macvtap)\b/;

function hookProblem(known: Known, hop: PlannedHop, listed: Listed, touched: Set<string>): Found {
  const { place } = hop;
  if (!touched.has(place))
    return { what: `no hop of its walk is at an interface of ${place}.`, hint: hint(place, touched) };
  return isThere(known, hop, listed)
    ? undefined
    : { what: `it passes a hook of ${place} before it comes there: list the interface by which it comes in first` };
}

function pointProblem(known: Known, hop: PlannedPoint, listed: Listed): Found {
  const there = isThere(known, hop, listed);
  if (hop.direction === 'out' && !there)
    return { what: `it goes out of ${hop.place} before it has come there: what is seen there first comes in` };
  if (isTwice(known, hop, listed)) return { what: 'it is listed twice in a row, and nothing is between' };
  const arrives = hop.direction === 'in' || (hop.direction === undefined && !there);
  return arrives ? arrivalProblem(known, hop, listed) : undefined;
}

function isTwice(known: Known, hop: PlannedPoint, { own, i }: Listed): boolean {
  const before = own[i - 1];
  return (
    before?.kind === 'point' &&
    hop.direction !== undefined &&
    whereText(before) === whereText(hop) &&
    JSON.stringify(before.headers) === JSON.stringify(hop.headers) &&
    !statesFragments(own, hop.part) &&
    !Object.keys(known.lab.nodes).some((place) => known.linesNear(place).some((line) => COPIES.test(line)))
  );
}

/** What a command says that makes copies of packets: tc-netem(8), tc-mirred(8), nft(8), iptables-extensions(8). */
const COPIES = /\b(duplicate|mirred|dup|tee)\b/i;

/** What a command says that moves an interface, or has frames come in by another way than its cable. */
const REROUTES = /\b(del|delete|netns|name|mirred|xdp|bpf|ovs-vsctl)\b/;

function arrivalProblem(known: Known, hop: PlannedPoint, { own, i }: Listed): Found {
  const sources = cabledTo(known, pointOf(hop));
  const isSource = (each: PlannedHop) => each.kind === 'point' && sources.includes(pointOf(each));
  if (own.slice(0, i).some(isSource)) return undefined;
  const source = own.slice(i + 1).find((each) => isSource(each) && each.kind === 'point' && each.direction !== 'in');
  if (source?.kind !== 'point') return undefined;
  if ([hop, source].some((end) => isRerouted(known, end))) return undefined;
  return { what: `it arrives before it leaves: its cable comes from ${pointOf(source)}, which is listed after it` };
}

const pointOf = ({ place, device }: PlannedPoint) => `${place}:${device}`;

const cabledTo = ({ lab, wired }: Known, point: string): string[] =>
  peers({ nodes: Object.entries(lab.nodes).map(([name, kind]) => ({ name, kind })), links: wired })(point);

const isRerouted = ({ linesNear }: Known, { place, device }: PlannedPoint) =>
  linesNear(place).some((line) => REROUTES.test(line) && wordsOf(line).includes(device));

/** Whether hops of a part tell fragments apart, so that one interface may be listed for each. */
export const statesFragments = (hops: PlannedHop[], part: Part): boolean =>
  hops.some(
    (hop) =>
      hop.part === part &&
      hop.kind === 'point' &&
      hop.headers.some(({ fields }) => 'offset' in fields || 'mf' in fields),
  );
