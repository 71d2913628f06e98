import { entriesIn, linesIn, split } from './ip-lines.ts';
import type { QdiscState, SocketState } from './place-state.ts';

/** Queueing disciplines, as `tc -s qdisc` prints them. */
export const qdiscsIn = (text: string): QdiscState[] =>
  entriesIn(text).map((lines) => {
    const [, kind = ''] = split(lines[0] ?? '');
    const all = lines.join(' ');
    return {
      device: / dev (\S+)/.exec(all)?.[1] ?? '',
      kind,
      dropped: Number(/\(dropped (\d+)/.exec(all)?.[1] ?? 0),
      text: all,
    };
  });

/** Sockets, as `ss -H -a -n -t -u` lists them. */
export const socketsIn = (text: string): SocketState[] =>
  linesIn(text).flatMap((line) => {
    const [protocol, state = '', , , own = '', peer = ''] = split(line);
    if (protocol !== 'tcp' && protocol !== 'udp') return [];
    const colon = own.lastIndexOf(':');
    const [address, port] = [own.slice(0, colon), Number(own.slice(colon + 1))];
    return [{ protocol, state, address, port, peer, text: split(line).join(' ') }];
  });
