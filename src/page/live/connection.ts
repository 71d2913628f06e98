import { closings } from './messages.ts';

/** How a page and its server stand. */
export type Link =
  | { is: 'connecting' }
  | { is: 'open' }
  /** It is tried again by itself. */
  | { is: 'lost' }
  | { is: 'refused'; why: string };

/** How a page stands with its server, in words. */
export function linkText(link: Link): string {
  switch (link.is) {
    case 'open':
      return '● Live.';
    case 'connecting':
      return '○ Connecting …';
    case 'lost':
      return '○ The connection has dropped: it is tried again by itself. What you see is how it was then.';
    case 'refused':
      return `✗ ${link.why}`;
  }
}

/** A page's end of its socket, which is opened again whenever it has dropped. */
export interface Connection<From> {
  send(message: From): void;
  type(terminal: number, keys: Uint8Array): void;
}

export interface Listener<From, To> {
  link(link: Link): void;
  message(message: To): void;
  /** What a terminal has printed. */
  bytes(terminal: number, bytes: Uint8Array): void;
  /** By what it says who it is. */
  hello(): From;
}

const KEY = 'packetwalk-token';
const [SHORTEST_MS, LONGEST_MS] = [500, 10_000];

/**
 * The token of the link by which this page was opened. It goes from the address at once, so that it is in no history, and is kept for
 * this tab alone; a cookie would be every port's.
 */
export function takeToken(): string | undefined {
  const [, given] = /^#([\w-]{43})$/.exec(location.hash) ?? [];
  if (given) {
    keepToken(given);
    history.replaceState(null, '', location.pathname);
  }
  return given ?? sessionStorage.getItem(KEY) ?? undefined;
}

/** Has this tab come back by another token than the one of its link. */
export const keepToken = (token: string): void => sessionStorage.setItem(KEY, token);

/** Why a socket was closed for good, as a person is told. */
const reasons: Record<number, string> = {
  [closings.unauthorized]:
    'This link is of another time: the lab was opened anew since. Use the link that was printed last.',
  [closings.forbidden]: 'This page did what its link does not allow. Load it anew.',
  [closings.over]: 'It goes on in another tab of yours. Load this one anew to have it here.',
  [closings.sentAway]: 'Whoever holds the class has sent you away: your lab has ended. What you have done is kept.',
  [closings.misread]: 'This page is of another version than its server. Load it anew.',
};

/** Connects a page with its server, again and again. */
export function connect<From, To>(listener: Listener<From, To>): Connection<From> {
  let socket: WebSocket | undefined;
  let waitMs = SHORTEST_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    clearTimeout(timer);
    listener.link({ is: 'connecting' });
    const one = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/socket`);
    socket = one;
    let isOpen = false;
    one.binaryType = 'arraybuffer';
    one.onopen = () => one.send(JSON.stringify(listener.hello()));
    one.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data !== 'string') {
        const bytes = new Uint8Array(data);
        return listener.bytes(bytes[0]!, bytes.subarray(1));
      }
      // Whoever is told something has been let in.
      if (!isOpen) listener.link({ is: 'open' });
      isOpen = true;
      waitMs = SHORTEST_MS;
      listener.message(JSON.parse(data) as To);
    };
    one.onclose = ({ code }) => {
      if (socket !== one) return;
      const why = reasons[code];
      if (why) return listener.link({ is: 'refused', why });
      listener.link({ is: 'lost' });
      timer = setTimeout(open, waitMs);
      waitMs = Math.min(waitMs * 2, LONGEST_MS);
    };
  };
  // Whoever comes back to the page does not wait for it.
  const soon = () => {
    if (document.visibilityState === 'visible' && socket?.readyState === WebSocket.CLOSED) open();
  };
  addEventListener('online', soon);
  document.addEventListener('visibilitychange', soon);
  open();
  const whenOpen = (data: string | Uint8Array<ArrayBuffer>) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(data);
  };
  return {
    send: (message) => whenOpen(JSON.stringify(message)),
    type(terminal, keys) {
      // A message may be 64 kB long.
      for (let from = 0; from < keys.length; from += MOST_KEYS) {
        const part = keys.subarray(from, from + MOST_KEYS);
        const framed = new Uint8Array(part.length + 1);
        framed[0] = terminal;
        framed.set(part, 1);
        whenOpen(framed);
      }
    },
  };
}

const MOST_KEYS = 32_768;
