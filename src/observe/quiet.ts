import { isIp, type Packet } from '../packet/index.ts';
import type { Seen } from './watch.ts';

/** How long it must be quiet before what was not seen is known to be lost, at least. */
const LEAST_MS = 20;

/** And where no packet of the lab has shown yet how long its ways are. */
const UNKNOWN_WAY_MS = 200;

/** The kernel asks for a neighbour once a second (neigh/default/retrans_time_ms, arp(7)). */
const NEIGHBOUR_MS = 1000;

/** Who asks whom for its link-layer address, by ARP or Neighbor Discovery, or is answered; an address that is tried out has no answer. */
function neighbourOf({ headers }: Packet): { question: string; asks: boolean } | undefined {
  const arp = headers.find(({ protocol }) => protocol === 'arp')?.fields;
  if (arp?.op === 'request') return { question: `${arp.spa} ${arp.tpa}`, asks: true };
  if (arp?.op === 'reply') return { question: `${arp.tpa} ${arp.spa}`, asks: false };
  const ip = headers.find(isIp)?.fields;
  const { type, target } = headers.find(({ protocol }) => protocol === 'icmp6')?.fields ?? {};
  if (type === 'neighbor solicitation' && ip?.src !== '::') return { question: `${ip?.src} ${target}`, asks: true };
  if (type === 'neighbor advertisement') return { question: `${ip?.dst} ${target}`, asks: false };
  return undefined;
}

/** What has been seen so far of some packets that are under way, and when, by this process's own clock. */
export interface Stillness {
  /** Takes note of what was drained: frames of the packets themselves, and all others. */
  heard(own: number, seen: readonly Seen[], nowMs: number): void;
  /** A timer that should have ended at `dueMs` did so only now: the machine is busy. */
  late(byMs: number): void;
  /** Whether it has been quiet for so long that nothing can be on its way. */
  isQuiet(nowMs: number): boolean;
  /** Whether a packet was seen at all, or its sender asked for a neighbour. */
  hasBegun(): boolean;
}

/**
 * Tells when nothing of some packets can be on its way any more: nothing of them was seen for several times as long as a packet
 * takes there and back, and nobody waits for a neighbour's answer. `roundTripMs` is how long that takes, where it is known; with
 * `impatient`, a neighbour that does not answer within that time will not answer. `from` is the place that sends them.
 */
export function stillness(
  startMs: number,
  roundTripMs: number | undefined,
  impatient: boolean,
  from?: string,
): Stillness {
  let last = startMs;
  let widestGap = 0;
  let lateness = 0;
  let begun = false;
  let hasAsked = false;
  const asked = new Map<string, number>();
  return {
    heard(own, seen, nowMs) {
      for (const frame of seen) {
        const about = neighbourOf(frame.packet());
        if (!about) continue;
        if (about.asks && frame.direction === 'out') {
          asked.set(about.question, nowMs);
          hasAsked ||= frame.place === (from ?? frame.place);
        }
        if (!about.asks) asked.delete(about.question);
      }
      if (own > 0) {
        if (begun) widestGap = Math.max(widestGap, nowMs - last);
        last = nowMs;
      } else if (asked.size && !begun) last = Math.max(last, ...asked.values());
      begun ||= own > 0 || hasAsked;
    },
    late(byMs) {
      lateness = Math.max(lateness, byMs);
    },
    isQuiet(nowMs) {
      const way = roundTripMs === undefined ? UNKNOWN_WAY_MS : Math.max(LEAST_MS, 4 * roundTripMs);
      const needed = Math.max(way, 4 * lateness, impatient ? 0 : 2 * widestGap);
      const waiting = [...asked.values()].some((since) => nowMs - since < (impatient ? needed : NEIGHBOUR_MS + needed));
      return !waiting && nowMs - last >= needed;
    },
    hasBegun: () => begun,
  };
}
