/** A process that answers each call at a TCP port with one word, until it is killed. */
export const listener = (port: number, word = 'hello') =>
  `perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); \
    bind(S, sockaddr_in(${port}, INADDR_ANY)) or die; listen(S, 8); while (accept(C, S)) { syswrite C, qq(${word}); close C }'`;

/** A call at a TCP port: it ends with the answer, or after half a second. */
export const call = (address: string, port: number) => `timeout 0.5 bash -c "cat < /dev/tcp/${address}/${port}"`;
