import type { KernelDrop } from '../../runtime/runtime.ts';
import { devicesOut } from '../devices-out.ts';
import type { Facts } from '../facts.ts';
import { filtersAsked, filterText, mirredIn } from '../filters.ts';
import { allOpenQuestions } from '../layer2/neighbor-discovery.ts';
import { heardBy } from '../layer2/silence.ts';
import { asking, stuckFrames } from '../layer2/stuck.ts';
import { type Point, wayTo } from '../layer2/way.ts';
import { isOwn } from '../packet-there.ts';
import { largerSetting } from '../place.ts';
import { saying } from '../signs.ts';
import { changeOf } from '../since.ts';
import { devicesOf, routeFor } from '../state/fib.ts';
import type { PlaceState } from '../state/place-state.ts';
import type { CauseKind, Told } from './kind.ts';
import { handed } from './tunnel-begin.ts';

/** Queueing disciplines that no packet is lost in unless they are full, and those that only hold filters. */
const harmless = new Set(['noqueue', 'pfifo_fast', 'fq_codel', 'fq', 'mq', 'mqprio', 'ingress', 'clsact', 'noop']);

interface Out {
  place: string;
  device: string;
  /** What says that it was to leave there. */
  why: string;
}

/** By where it was to leave and was not seen: the packet, a copy of it, or the ARP that it waits for. */
function waysOut(facts: Facts): Out[] {
  const { site, kernelDrops, now } = facts;
  const own = devicesOut(facts).map((device) => ({
    place: site.place,
    device,
    why: `${site.place} routes it by ${device}, and it was not seen to leave`,
  }));
  const stuck = stuckFrames(facts).flatMap(({ way, passed, what }) => through(way.points.slice(passed), what));
  const answers = allOpenQuestions(facts).flatMap((question) =>
    question.answer
      ? []
      : heardBy(facts, question)
          .filter(({ place, device, state }) => isOwn(facts, place, question.tpa) || standsForOthers(state, device))
          .flatMap(({ place, device }) => {
            const back = wayTo(facts, { place, device, direction: 'out' }, question);
            return back ? through(back.points, `its answer to ${asking(question)}`) : [];
          }),
  );
  const told = kernelDrops.flatMap((drop) =>
    drop.reason.startsWith('QDISC_')
      ? (now.get(drop.place)?.qdiscs ?? []).map(({ device }) => ({
          place: drop.place,
          device,
          why: `a queue at ${drop.place} dropped it, as the kernel says`,
        }))
      : [],
  );
  const all = [...own, ...stuck, ...answers, ...wrapped(facts), ...told];
  return all.filter(
    ({ place, device }, i) => all.findIndex((each) => each.place === place && each.device === device) === i,
  );
}

/** What a tunnel wraps leaves by the way to its other end. */
function wrapped(facts: Facts): Out[] {
  const here = handed(facts);
  const route = here?.vtep && routeFor(here.state, { dst: here.vtep.address })?.route;
  if (!here || !route) return [];
  const { place, link } = here;
  return devicesOf(route).map((device) => ({
    place,
    device,
    why: `${place}’s ${link.name} wraps it, and nothing of that was seen to leave by ${device}`,
  }));
}

/** Whether it answers for others (ip-sysctl: proxy_arp). */
const standsForOthers = (state: PlaceState, device: string) => largerSetting(state, device, 'proxy_arp') > 0;

const through = (points: readonly Point[], what: string): Out[] =>
  points.flatMap(({ place, device, direction }) =>
    direction === 'out'
      ? [{ place, device, why: `${what} was to leave by ${place}’s ${device}, and was not seen to` }]
      : [],
  );

const queue: CauseKind = {
  name: 'queue drops',
  read: ['tc(8)', 'tc-tbf(8)', 'tc-netem(8)'],
  tell(facts) {
    return waysOut(facts).flatMap(({ place, device, why }): Told[] => {
      const queues = facts.now.get(place)?.qdiscs ?? [];
      const all = queues.filter((each) => each.device === device && each.dropped > 0);
      // Of a discipline and those within it, the drop is counted by each: the root stands first.
      const found = all.find(({ kind }) => !harmless.has(kind));
      if (!found) return [];
      const changed = changeOf(facts, place, 'qdisc', (each) => each.device === device);
      return [
        {
          sentence: `${place}’s ${device} has a queue that drops: ${textOf(found.text)} (dropped ${found.dropped})`,
          confidence: changed ? 'certain' : 'likely',
          place,
          supports: saying([changed, `${changed?.sentence}`], [true, why]),
          show: [{ place, command: `tc -s qdisc show dev ${device}` }],
          fix: { place, command: `tc qdisc del dev ${device} root` },
          entails: ['neighbour unanswered'],
        },
      ];
    });
  },
};

/** A queue at an interface by which it left changes bytes of what passes (tc-netem(8), corrupt). */
const corruption: CauseKind = {
  name: 'queue corrupts',
  read: ['tc-netem(8), corrupt'],
  tell(facts) {
    const left = facts.site.way.filter(({ direction }) => direction === 'out');
    return left.flatMap(({ place, device }): Told[] => {
      const queues = facts.now.get(place)?.qdiscs ?? [];
      const found = queues.find((each) => each.device === device && / corrupt \d/.test(each.text));
      if (!found) return [];
      const changed = changeOf(facts, place, 'qdisc', (each) => each.device === device);
      return [
        {
          sentence: `${place}’s ${device} has a queue that changes bytes of what leaves: ${textOf(found.text)}`,
          confidence: changed ? 'certain' : 'likely',
          place,
          supports: saying([changed, `${changed?.sentence}`]),
          show: [{ place, command: `tc -s qdisc show dev ${device}` }],
          fix: { place, command: `tc qdisc del dev ${device} root` },
        },
      ];
    });
  },
};

const isOfBacklog = ({ reason }: KernelDrop) => reason === 'CPU_BACKLOG';

/** A CPU of the machine had more frames to receive than its backlog holds; which place they were for is not told. */
const backlog: CauseKind = {
  name: 'receive backlog full',
  read: ['proc_pid_net(5), softnet_stat', 'sysctl net: netdev_max_backlog'],
  tell: ({ moved, site, kernelDrops }) =>
    moved
      .filter(({ file }) => file === 'softnet_stat')
      .filter(({ place }) => place === (kernelDrops.find(isOfBacklog)?.place ?? site.place))
      .map(({ place, by }) => ({
        sentence: `the machine that ${place} is on had more to receive than net.core.netdev_max_backlog allows (softnet_stat dropped +${by})`,
        confidence: 'possible',
        place,
        show: [{ place, command: 'cat /proc/net/softnet_stat' }],
      })),
};

/** `tbf rate 8Kbit burst 40b limit 40b`, of a line of tc(8). */
const textOf = (text: string) =>
  text
    .replace(/^qdisc /, '')
    .replace(/ Sent \d.*$/, '')
    .replace(/ \S+: dev \S+/, '')
    .replace(/ root| refcnt \d+/g, '')
    .replace(/\s+/g, ' ')
    .trim();

/** A filter's action that ends a packet, with its counter, in what `tc -s filter` prints. */
const DROPS = /action order \d+:.*?\baction (drop|shot)\b.*?\(dropped (\d+)/;

/** What the first of a filter's actions did that kept the packet from going on, in words, with how often; undefined for none. */
function keptBy(output: string): { what: string; counted: string; to?: string } | undefined {
  const dropped = Number(DROPS.exec(output)?.[2] ?? 0);
  if (dropped)
    return { what: `drops it (action drop, dropped ${dropped})`, counted: `its action counted ${dropped} dropped` };
  const redirect = mirredIn(output, 'Redirect');
  if (!redirect) return undefined;
  const { device, packets } = redirect;
  return {
    to: device,
    what: `sends it to ${device} instead (mirred redirect, ${packets} packets)`,
    counted: `its action counted ${packets} packets`,
  };
}

/** A filter whose counters could not be asked for, as the kernel tells of it. */
function saidByKernel(facts: Facts): Told[] {
  const { place, last } = facts.site;
  return facts.kernelDrops.flatMap((drop): Told[] => {
    const way = drop.place === place && /^TC_(INGRESS|EGRESS)$/.exec(drop.reason)?.[1]?.toLowerCase();
    const device = way === 'ingress' ? last?.device : devicesOut(facts)[0];
    if (!way || !device) return [];
    return [
      {
        sentence: `a tc filter at the ${way} of ${place}’s ${device} drops it`,
        confidence: 'certain',
        place,
        show: [{ place, command: `tc -s filter show dev ${device} ${way}` }],
        fix: { place, command: `tc filter del dev ${device} ${way}` },
      },
    ];
  });
}

const filter: CauseKind = {
  name: 'tc filter',
  read: ['tc(8), FILTERS', 'tc-actions(8)'],
  tell(facts) {
    const { site, walk } = facts;
    // What went on, and was seen elsewhere too, no filter kept.
    if (walk?.outcome === 'elsewhere' && walk.hops.every(({ fate }) => fate === 'passed')) return [];
    const counted = filtersAsked(facts).flatMap(({ place, command, device, way, output }): Told[] => {
      const kept = keptBy(output);
      const isHere = place === site.place || place === site.peer?.place;
      if (!kept || !isHere || (place === site.changed?.now.place && kept.to === site.changed.now.device)) return [];
      const rule = filterText(output);
      return [
        {
          sentence: `a tc filter at the ${way} of ${place}’s ${device} ${kept.what}${rule ? `: ${rule}` : ''}`,
          confidence: 'likely',
          place,
          supports: [kept.counted],
          show: [{ place, command }],
          fix: { place, command: `tc filter del dev ${device} ${way}` },
        },
      ];
    });
    return counted.length ? counted : saidByKernel(facts);
  },
};

export const queues: CauseKind[] = [filter, queue, corruption, backlog];
