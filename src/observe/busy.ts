import { ip6At, ipAt } from '../packet/address.ts';
import { type Header, isIp } from '../packet/index.ts';
import { isPing } from '../plan/ping.ts';
import type { Ignored, PortFlow, WrappedFlow } from '../runtime/runtime.ts';
import type { Errand } from './sent.ts';
import type { Seen } from './watch.ts';

/** As many frames before anything was sent make a wire busy. */
const BUSY = 1000;

/** So many of them, evenly chosen, are looked at, and a flow of which so many are there is one that makes it busy. */
const LOOKED_AT = 1000;
const OFTEN = 20;

/** A kernel takes 4096 instructions (BPF_MAXINSNS): some fifty a flow, two for each end of a ping. */
const MOST_FLOWS = 16;
const MOST_PINGS = 128;

const TCP = 6;

/** A flow that makes a wire busy. */
export interface BusyFlow {
  wrapped: WrappedFlow;
  /** Whether all was read that is wrapped in it, as far as can be told. */
  isRead: boolean;
  /** Whether it was there when it was last looked for. */
  isSpeaking: boolean;
}

/** What a frame's headers of IP say, as far as the innermost that has ports; undefined where none has. */
function flowOf({ packet, bytes }: Seen): BusyFlow | undefined {
  const { headers } = packet();
  if (headers.some(({ protocol, fields }) => protocol === 'malformed' || fields.mf || fields.offset)) return undefined;
  const all: (PortFlow & { at: number })[] = [];
  for (const [i, header] of headers.entries()) {
    if (!isIp(header)) continue;
    const flow = flowAt(header, headers[i + 1]);
    all.push({ ...flow, at: beginOf(flow, bytes, (all.at(-1)?.at ?? -1) + 1) });
  }
  const depth = all.findLastIndex(({ ports, at }) => ports && at >= 0) + 1;
  if (!depth) return undefined;
  const wrapped = all.slice(0, depth).map(({ at, ...flow }) => ({ ...flow, offset: at - all[0]!.at }));
  return { wrapped, isSpeaking: true, isRead: depth === all.length && headers.at(-1)?.protocol !== 'encrypted' };
}

function flowAt({ fields }: Header, next: Header | undefined): PortFlow {
  const protocol = Number(fields.protocol);
  const [src, dst] = [String(fields.src), String(fields.dst)];
  const hasPorts = next?.protocol === 'tcp' || next?.protocol === 'udp';
  const ports = hasPorts && { ports: [Number(next.fields.src), Number(next.fields.dst)] as [number, number] };
  return { protocol, src, dst, ...ports };
}

/** Where a header of IP begins in a frame, by its version and addresses; -1 where it does not. */
function beginOf({ src, dst }: PortFlow, bytes: Buffer, from: number): number {
  const is4 = !src.includes(':');
  for (let at = from; at + (is4 ? 20 : 40) <= bytes.length; at++) {
    if (bytes[at]! >> 4 !== (is4 ? 4 : 6)) continue;
    const said = is4 ? [ipAt(bytes, at + 12), ipAt(bytes, at + 16)] : [ip6At(bytes, at + 8), ip6At(bytes, at + 24)];
    if (said[0] === src && said[1] === dst) return at;
  }
  return -1;
}

/**
 * The flows that make the wires busy, by what was captured before anything was sent, and after them those that did before. One of
 * those speaks on, though it was not heard just now, where the socket that it is sent from is among the open ones (`openSockets`).
 */
export function busyFlows(
  idle: readonly Seen[],
  known: readonly BusyFlow[],
  sockets: ReadonlySet<string> = new Set(),
): BusyFlow[] {
  if (idle.length < BUSY && !known.length) return [];
  const found = new Map<string, BusyFlow & { times: number }>();
  for (const { wrapped, isRead } of known)
    found.set(JSON.stringify(wrapped), { wrapped, isRead, isSpeaking: sockets.has(socketOf(wrapped)), times: 0 });
  const step = Math.ceil(idle.length / LOOKED_AT);
  for (let i = 0; i < idle.length; i += step) {
    const flow = flowOf(idle[i]!);
    if (!flow) continue;
    const key = JSON.stringify(flow.wrapped);
    const { times = 0, isRead = true } = found.get(key) ?? {};
    found.set(key, { ...flow, isRead: flow.isRead && isRead, times: times + 1 });
  }
  const keys = new Set(known.map(({ wrapped }) => JSON.stringify(wrapped)));
  return [...found]
    .filter(([key, { times }]) => keys.has(key) || (idle.length >= BUSY && times >= OFTEN))
    .sort(([, a], [, b]) => b.times - a.times)
    .slice(0, MOST_FLOWS)
    .map(([, { times, ...flow }]) => flow);
}

/** The socket that a flow is sent from, as `openSockets` names it: `udp 5000`. */
const socketOf = (wrapped: WrappedFlow): string => {
  const { protocol, ports } = wrapped.at(-1)!;
  return `${protocol === TCP ? 'tcp' : 'udp'} ${ports?.[0]}`;
};

/**
 * What a capture may leave out while some packets are under way, because none of it can be of them: flows that made a wire busy before
 * they were sent. A plain ping may travel inside such a flow, and is known by the pattern that it ends with, or lost in the midst of a
 * stream of TCP where `hasTun`, for a process may carry packets then; what another command sends is of a new flow. Where a later
 * packet, a sealed one, or one that was captured before is looked for, everything may be of it.
 */
export function ignorable(
  busy: readonly BusyFlow[],
  errands: readonly Pick<Errand, 'send' | 'later' | 'isSealed' | 'identity'>[],
  marks: readonly string[],
  hasTun: boolean,
): Ignored | undefined {
  if (
    errands.length > MOST_PINGS ||
    errands.some(({ later, isSealed, identity }) => later?.length || isSealed || identity)
  )
    return undefined;
  const arePings = errands.every(({ send }) => isPing(send.command));
  const flows = busy
    .filter(({ wrapped, isRead, isSpeaking }) => (arePings ? !hasTun || !wrapped.some(isTcp) : isRead && isSpeaking))
    .map(({ wrapped }) => wrapped);
  return flows.length ? { flows, unlessEnding: arePings ? marks.flatMap(endings) : [] } : undefined;
}

/** A plain ping that is to arrive is the same whenever it is sent: again, once what makes the wires busy is known. */
export const mayGoAgain = ({ send, expectsLoss, identity }: Errand): boolean =>
  isPing(send.command) && !expectsLoss && !identity;

const isTcp = ({ protocol }: PortFlow) => protocol === TCP;

/** The four bytes with which the payload of a ping may end that repeats a pattern, given in hexadecimal. */
function endings(pattern: string): number[] {
  const bytes = Buffer.from(pattern + pattern, 'hex');
  return Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt32BE(i));
}
