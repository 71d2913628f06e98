import { ip, tcp } from 'packetwalk';

const serve = (port: number, answer: string) =>
  `perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); \
    bind(S, sockaddr_in(${port}, INADDR_ANY)) or die "cannot bind: $!"; \
    listen(S, 8); while (accept(C, S)) { syswrite C, ${answer}; close C }'`;

/** A process that answers each call at a TCP port with one word, until it is killed. */
export const listener = (port: number, word = 'hello') => serve(port, `qq(${word})`);

/** The same, and it says which address it was called from: `web sees 10.0.0.11`. */
export const witness = (port: number, name: string) => serve(port, `qq(${name} sees ) . inet_ntoa((sockaddr_in(getpeername C))[1]) . qq(\\n)`);

/** So many seconds a call waits whose answer counts, or whose end is listed, which is another if it is cut short: a machine may be busy. */
export const PATIENT = 4;

/** A call at a TCP port: it ends with the answer, or after some seconds. */
export const call = (address: string, port: number, seconds = 1) => `timeout ${seconds} bash -c "cat < /dev/tcp/${address}/${port}"`;

/** A call's first packet. */
export const called = (src: string, dst: string, port: number, ttl = 64) => [ip({ src, dst, ttl }), tcp({ dst: port, flags: 'S' })];

/** The answer of who listens at that port. */
export const accepted = (src: string, dst: string, port: number, ttl = 64) => [ip({ src, dst, ttl }), tcp({ src: port, flags: 'SA' })];
