import { setTimeout } from 'node:timers/promises';
import type { Live } from '../observe/sent.ts';
import type { Seen } from '../observe/watch.ts';
import type { Packet } from '../packet/index.ts';

/** An echo request from a place to an address of another; no other packet carries its pattern, 8 bytes in hexadecimal. */
export interface Probe {
  from: string;
  to: string;
  address: string;
  pattern: string;
}

/** What became of a probe. */
export interface Probed {
  /** The sender's address as it left, and as it arrived. */
  left?: string;
  arrived?: string;
  /** Whether the receiver sent an answer. */
  replied: boolean;
  /** Whether the answer reached the sender's own socket. */
  answered: boolean;
  /** What the sender's kernel said when it would not send. */
  said?: string;
  /** Why what was not seen proves nothing. */
  doubt?: string;
}

/** How many probes are under way at once: their frames, some twenty each, fit into what a capture holds. */
const BATCH = 1000;

/** Between two looks at what came. */
const LOOK_MS = 5;

/** How long probes may take of which something is seen again and again: in a broadcast storm there is no end. */
const LONGEST_MS = 10_000;

/** Sends all probes and watches until each is answered, or nothing of them was seen for `quietS` seconds; in their order. */
export async function sendProbes(live: Live, probes: Probe[], quietS: number): Promise<Probed[]> {
  await live.watch.drain();
  const all: Probed[] = [];
  for (let at = 0; at < probes.length; at += BATCH)
    all.push(...(await sendBatch(live, probes.slice(at, at + BATCH), quietS)));
  return all;
}

async function sendBatch({ runtime, watch }: Live, probes: Probe[], quietS: number): Promise<Probed[]> {
  const told = tally(probes);
  await Promise.all([...bySender(probes)].map(([from, own]) => send(from, own)));
  const began = performance.now();
  for (let last = began; ; await setTimeout(LOOK_MS)) {
    const [{ seen, dropped }] = await Promise.all([watch.drain(), listen()]);
    const now = performance.now();
    if (told.saw(seen)) last = now;
    told.missed(dropped);
    if (told.isComplete() || now - last > quietS * 1000 || now - began > LONGEST_MS) return told.results();
  }

  async function send(from: string, own: Probe[]): Promise<void> {
    const echoes = own.map(({ address, pattern }) => ({ address, data: payloadOf(pattern) }));
    for (const [i, said] of (await runtime.probe(from, echoes)).entries()) if (said) told.refused(own[i]!, said);
  }

  async function listen(): Promise<void> {
    await Promise.all(told.waiting().map(async (from) => told.heard(from, await runtime.heard(from))));
  }
}

function bySender(probes: Probe[]): Map<string, Probe[]> {
  const senders = new Map<string, Probe[]>();
  for (const probe of probes) senders.set(probe.from, [...(senders.get(probe.from) ?? []), probe]);
  return senders;
}

/** As ping's: the time of day, here none, and then what identifies it. */
const TIME = 16;
const LENGTH = TIME + 8;
const payloadOf = (pattern: string) => Buffer.concat([Buffer.alloc(TIME), Buffer.from(pattern, 'hex')]);
const patternOf = (payload: Buffer) => (payload.length < LENGTH ? undefined : payload.toString('hex', TIME, LENGTH));

/** Gathers what is seen and heard of some probes, as often as it may come. */
export function tally(probes: Probe[]) {
  const byPattern = new Map(
    probes.map((probe) => [probe.pattern, { probe, probed: { replied: false, answered: false } as Probed }] as const),
  );
  const dropped = new Set<string>();
  const all = [...byPattern.values()];
  const isOver = ({ left, arrived, answered }: Probed) =>
    answered && arrived !== undefined && (left !== undefined || dropped.size > 0);

  const note = ({ place, direction }: Seen, { headers, payload }: Packet): boolean => {
    const { type } = headers.at(-1)?.fields ?? {};
    const found = byPattern.get(patternOf(payload) ?? '');
    if (!found || (type !== 'echo request' && type !== 'echo reply')) return false;
    const { probe, probed } = found;
    const layers = headers.filter(({ protocol }) => protocol === 'ip');
    const { src, dst } = layers.at(-1)?.fields ?? {};
    if (type === 'echo reply') probed.replied ||= place === probe.to && direction === 'out';
    else if (place === probe.from && direction === 'out') probed.left ??= String(src);
    else if (place === probe.to && direction === 'in' && layers.length === 1 && dst === probe.address)
      probed.arrived ??= String(src);
    return true;
  };

  return {
    /** Takes note of frames; returns whether one of them belongs to a probe. */
    saw: (frames: readonly Seen[]): boolean =>
      frames.map((frame) => note(frame, frame.packet())).some((isOwn) => isOwn),
    /** Takes note of what echo replies carried that reached a socket of a place's. */
    heard(place: string, payloads: readonly Buffer[]): void {
      for (const payload of payloads) {
        const found = byPattern.get(patternOf(payload) ?? '');
        if (found?.probe.from === place) found.probed.answered = true;
      }
    },
    refused({ pattern }: Probe, said: string): void {
      const found = byPattern.get(pattern);
      if (found) found.probed.said = said;
    },
    missed(places: readonly string[]): void {
      for (const place of places) dropped.add(place);
    },
    /** The senders that have not been told of every answer. */
    waiting: (): string[] => [...new Set(all.flatMap(({ probe, probed }) => (probed.answered ? [] : [probe.from])))],
    isComplete: (): boolean => all.every(({ probed }) => isOver(probed)),
    /** What became of each, in the order of the probes. */
    results(): Probed[] {
      const doubt = dropped.size ? `the capture lost frames on ${[...dropped].join(', ')}` : undefined;
      return all.map(({ probed }) => ({ ...probed, ...(doubt && { doubt }) }));
    },
  };
}
