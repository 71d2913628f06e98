import { type Check, lines } from 'packetwalk';

/** Three pings of three are answered, typed on host, from each to each; `ping` is the line that sends them. */
export const answered = (
  ping: (from: string, to: string) => string,
  ...pings: [from: string, to: string][]
): Pick<Check<string, never>, 'run' | 'see'> => ({
  run: pings.map(([from, to]) => ping(from, to)).join('\n'),
  see: {
    host: lines(...pings.flatMap(([, to]) => [`64 bytes from ${to}: icmp_seq=3 ttl=64`, '3 packets transmitted, 3 received, 0% packet loss'])),
  },
});
