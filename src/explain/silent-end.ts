import type { Sighting } from '../judge/observation.ts';
import { flagged, flowOf, innermost } from '../observe/identity.ts';
import type { Seen } from '../observe/watch.ts';

/** What came to an end of a TCP connection that never said a word. */
export interface Heard {
  /** Bytes of the other end's words that it has acknowledged. */
  bytes: number;
  /** Whether it lets no more come: the window that it offered last is 0 (RFC 9293, section 3.8.6). */
  isFull: boolean;
}

const MODULUS = 2 ** 32;

/** How far a sequence number is behind another one (RFC 9293, section 3.4). */
const behind = (one: unknown, other: unknown): number => (Number(one) - Number(other) + MODULUS) % MODULUS;

/**
 * What an end of a TCP connection has heard that accepted it, acknowledged all that came, and neither answered nor ended it first;
 * undefined of any other. The sighting is of a packet that came to it.
 */
export function silentEnd(seen: readonly Seen[], { place, headers }: Sighting): Heard | undefined {
  const { flow, back } = flowOf({ headers, payload: Buffer.alloc(0) }) ?? {};
  const here = seen.filter((frame) => frame.place === place);
  const came = here.filter((frame) => frame.direction === 'in' && flowOf(frame.packet())?.flow === flow);
  const said = here.filter((frame) => frame.direction === 'out' && flowOf(frame.packet())?.flow === back);
  const begun = came.find((frame) => flagged(frame.packet(), 'S'));
  const isAccepted = said.some((frame) => flagged(frame.packet(), 'S'));
  if (!flow?.startsWith('tcp ') || !begun || !isAccepted || said.some(isWord) || endsFirst(here, said, came))
    return undefined;
  const first = behind(innermost(begun.packet(), 'tcp')?.seq, MODULUS - 1);
  const last = innermost(said.at(-1)!.packet(), 'tcp');
  const words = came.filter(isWord).map((frame) => endOf(frame, first));
  // Who opens a connection acknowledges nothing by its SYN: of one that keeps silent behind that, nothing is known.
  const acks = said.filter((frame) => flagged(frame.packet(), 'A'));
  if (!acks.length) return undefined;
  const acknowledged = Math.max(...acks.map((frame) => behind(innermost(frame.packet(), 'tcp')?.ack, first)));
  const heard = words.filter((end) => end <= acknowledged);
  return heard.length || !words.length
    ? { bytes: Math.max(0, ...heard), isFull: words.length > heard.length || last?.window === 0 }
    : undefined;
}

const isWord = (frame: Seen): boolean => frame.packet().payload.length > 0 || flagged(frame.packet(), 'R');

/** Behind how many bytes of all words a segment ends. */
const endOf = (frame: Seen, first: number): number =>
  behind(innermost(frame.packet(), 'tcp')?.seq, first) + frame.packet().payload.length;

/** Whether it ended the connection, and not the other end. */
function endsFirst(here: readonly Seen[], said: readonly Seen[], came: readonly Seen[]): boolean {
  const at = (frames: readonly Seen[]) => {
    const end = frames.find((frame) => flagged(frame.packet(), 'F'));
    return end ? here.indexOf(end) : Number.POSITIVE_INFINITY;
  };
  return at(said) < at(came);
}
