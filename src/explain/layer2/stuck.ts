import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { ipDevice, linkOf, ownersOf } from '../place.ts';
import type { ArpFrame, OpenQuestion } from './arp.ts';
import { bridgedFrom, bridgedTo, bridgeOf, isLocal, lastEther } from './bridged.ts';
import { problemsAt } from './crossing.ts';
import { ruledArp, ruledPacket } from './frame-rules.ts';
import { allOpenQuestions, ruledDiscovery } from './neighbor-discovery.ts';
import { type BridgedFrame, isGroup, type Problem } from './problem.ts';
import { tagAfter } from './vlan.ts';
import { type Crossing, type Point, type Way, wayTo } from './way.ts';

/** A frame that did not come to whom it was meant for: the packet itself, or the ARP that it waits for. */
export interface StuckFrame {
  frame: BridgedFrame;
  /** `the ARP request of c1:eth0 for 10.0.0.3`, and how far it came: `it came to h:v1 and not to c2:eth0`. */
  what: string;
  story: string;
  way: Way;
  /** How many points of the way it passed. */
  passed: number;
}

/** The frames that are stuck, and between which points. */
export function stuckFrames(facts: Facts): StuckFrame[] {
  const asked = allOpenQuestions(facts);
  return asked.length ? asked.flatMap((question) => ofQuestion(facts, question)) : ofPacket(facts);
}

const isAt = (point: Point) => (frame: ArpFrame) =>
  frame.place === point.place &&
  frame.device === point.device &&
  (frame.direction === 'out') === (point.direction === 'out');

const passedBy = (way: Way, frames: readonly ArpFrame[]) =>
  1 + way.points.reduce((last, point, i) => (frames.some(isAt(point)) ? i : last), 0);

/** Where frames were seen besides where they were put out, the last that was on the way first; `h:v1`. */
const furthest = (way: Way, passed: number) => {
  const seen = way.points[passed - 1];
  return seen && passed > 1 ? `${seen.place}:${seen.device}` : undefined;
};

/** A question as a person says it: `p1:eth0’s ARP request for 169.254.1.1`. */
export const asking = ({ by, at, tpa }: Pick<OpenQuestion, 'by' | 'at' | 'tpa'>) =>
  by ? `${at}’s question by ${by} who has ${tpa}` : `${at}’s ARP request for ${tpa}`;

const ruledFrame =
  (
    op: 'request' | 'reply',
    { by }: OpenQuestion,
    frame: { spa?: string; tpa?: string },
  ): NonNullable<BridgedFrame['ruled']> =>
  (iif, oif) =>
    by ? ruledDiscovery(op, iif, oif) : ruledArp(op, { ...frame, iif, oif });

function ofQuestion(facts: Facts, question: OpenQuestion): StuckFrame[] {
  const { place, device, at, sha = '', requests, replies, answer } = question;
  if (answer) {
    const way = wayTo(facts, { ...pointOf(answer), direction: 'out' }, { place, device });
    if (!way) return [];
    const passed = passedBy(way, replies);
    const came = furthest(way, passed);
    const what = `${answer.at}’s ${question.by ?? 'ARP'} answer that it has ${question.tpa}`;
    const story = `the answer was seen ${came ? `at ${came}` : 'nowhere else'} and not at ${at}, which had asked`;
    return [
      {
        frame: { src: answer.sha, dst: answer.tha, ruled: ruledFrame('reply', question, answer) },
        what,
        story,
        way,
        passed,
      },
    ];
  }
  return ownersOf(facts, question.tpa).flatMap((owner): StuckFrame[] => {
    // What comes to a port is the bridge's to answer.
    const target = { place: owner.place, device: ipDevice(facts, owner.place, owner.link.name) };
    const way = wayTo(facts, { place, device, direction: 'out' }, target);
    if (!way || requests.some((each) => each.place === target.place && each.device === target.device)) return [];
    const passed = passedBy(way, requests);
    const came = furthest(way, passed);
    const what = asking(question);
    const story = `it ${came ? `came to ${came} and ` : 'did '}not${came ? ' to' : ' come to'} ${target.place}:${target.device}, which has that address`;
    return [
      {
        frame: {
          src: sha,
          dst: question.tha ?? 'ff:ff:ff:ff:ff:ff',
          ruled: ruledFrame('request', question, question),
        },
        what,
        story,
        way,
        passed,
      },
    ];
  });
}

const pointOf = ({ place, device }: { place: string; device: string }) => ({ place, device });

/** Whether a frame's sender sent it to its own MAC, as one does that has ARP off. */
function isToItself(facts: Facts): boolean {
  const ether = lastEther(facts);
  const sender = facts.site.way.find(
    ({ direction, headers }) =>
      direction === 'out' && headers[0]?.fields.dst === ether?.dst && headers[0]?.fields.src === ether?.src,
  );
  const link = sender && linkOf(facts, sender.place, sender.device);
  return link?.mac === ether?.dst && link?.flags.includes('NOARP') === true;
}

interface Between {
  from: Point;
  to: Pick<Point, 'place' | 'device'>;
}

/** A frame for a bridge's own IP layer that came to a port, and not to that. */
function toBridgeItself(facts: Facts): Between | undefined {
  const { last } = facts.site;
  const bridge = last?.direction === 'in' ? bridgeOf(facts, last.place, last.device) : undefined;
  const mac = lastEther(facts)?.dst;
  if (!last || !bridge || !mac || bridge.name === last.device || bridgedFrom(facts)) return undefined;
  if (!isLocal(facts, last.place, bridge, mac)) return undefined;
  return { from: last, to: { place: last.place, device: bridge.name } };
}

/** A broadcast that came to a port of a bridge, and not to the interface where the walk lists it next. */
function toAll(facts: Facts): Between | undefined {
  const { next, way } = facts.site;
  const from = way.findLast(
    ({ direction, place, device }) =>
      direction === 'in' && place === next?.place && linkOf(facts, place, device)?.kind !== 'bridge',
  );
  if (!from || !next?.device || !isGroup(String(from.headers[0]?.fields.dst ?? ''))) return undefined;
  return { from, to: { place: next.place, device: next.device } };
}

/**
 * A frame as a bridge passes it on whose br_netfilter translated it: to the MAC of who has the address now (br_nf_pre_routing_finish).
 * Undefined where that is not known.
 */
function asPassedOn(
  facts: Facts,
  frame: BridgedFrame,
  from: Point,
  to: Pick<Point, 'place' | 'device'>,
): BridgedFrame | undefined {
  const bridge = bridgeOf(facts, from.place, from.device);
  if (!bridge || to.device === bridge.name || !isLocal(facts, from.place, bridge, frame.dst)) return frame;
  const isPort = to.place === from.place && linkOf(facts, to.place, to.device)?.master === bridge.name;
  const far = isPort ? facts.wires.before(`${to.place}:${to.device}`, 'in')[0]?.at : `${to.place}:${to.device}`;
  const [place = '', device = ''] = far?.split(':') ?? [];
  const mac = linkOf(facts, place, device)?.mac;
  return mac === undefined ? undefined : { ...frame, dst: mac };
}

function ofPacket(facts: Facts): StuckFrame[] {
  if (isToItself(facts)) return [];
  const { last, place } = facts.site;
  const came = lastEther(facts);
  const intoBridge =
    last?.direction === 'out' && (bridgeOf(facts, place, last.device)?.name === last.device || facts.site.peer);
  const between = toBridgeItself(facts) ?? toAll(facts);
  const from: Point | undefined = between?.from ?? bridgedFrom(facts) ?? (intoBridge ? last : undefined);
  const to = between?.to ?? bridgedTo(facts);
  const way = from && to && wayTo(facts, from, to);
  const frame = came && way && asPassedOn(facts, came, from, to);
  if (!frame || !to || !way) return [];
  const target = `${to.place}:${to.device}`;
  const story = `it came to ${from.place}:${from.device} and not to ${target}`;
  const ruled: BridgedFrame['ruled'] = (iif, oif) => ruledPacket(facts.site.headers, iif, oif);
  const length = Number(facts.site.headers.find(isIp)?.fields.length ?? 0);
  return [{ frame: { ...frame, length, ruled }, what: `the frame to ${frame.dst}`, story, way, passed: 1 }];
}

export interface StuckAt {
  stuck: StuckFrame;
  crossing: Crossing;
  problem: Problem;
}

/** What is wrong at the first bridge, of those that a stuck frame has not passed, at which something is. */
export function stuckAt(facts: Facts): StuckAt[] {
  return stuckFrames(facts).flatMap((stuck) => {
    let frame = stuck.frame;
    for (const { crossing, after } of stuck.way.crossings) {
      const problems = stuck.way.points.indexOf(after) < stuck.passed ? [] : problemsAt(facts, crossing, frame);
      if (problems.length) return problems.map((problem) => ({ stuck, crossing, problem }));
      frame = { ...frame, tag: tagOf(facts, crossing, frame) };
    }
    return [];
  });
}

function tagOf(facts: Facts, crossing: Crossing, frame: BridgedFrame): number | undefined {
  const [state, bridge] = [facts.now.get(crossing.place), linkOf(facts, crossing.place, crossing.bridge)];
  return state && bridge ? tagAfter({ facts, crossing, state, bridge }, frame) : frame.tag;
}
