import { type Check, json, lines } from 'packetwalk';

type Seen = Pick<Check<string, never>, 'run' | 'see'>;

/** Three pings of three are answered, typed on host, from each to each. */
export const answered = (...pings: [from: string, to: string][]): Seen => ({
  run: pings.map(([from, to]) => `ip netns exec ${from} ping ${to} -c 3 -i 0.01 -W 1`).join('\n'),
  see: {
    host: lines(...pings.flatMap(([, to]) => [`64 bytes from ${to}: icmp_seq=3 ttl=64`, '3 packets transmitted, 3 received, 0% packet loss'])),
  },
});

/** A bridge learns by which port it reaches whom; a frame for a MAC that it knows leaves by one port, for another by all. */
export const learning = <const Claim>(claim: Claim, [from, to, nobody]: [from: string, to: string, nobody: string]) => ({
  'The bridge has learned by which port it reaches whom': {
    claim,
    run: `ip netns exec ${from} ping -c 1 ${to} >/dev/null\nbridge -j fdb show br bridge`,
    see: { host: json(['client1-veth-br', 'server1-veth-br'].map((ifname) => ({ ifname, state: '' }))) },
  },
  'Of 100 frames third gets none if the bridge knows the MAC, and all if not': {
    claim,
    run: `
      got() { ip netns exec third cat /sys/class/net/third-veth/statistics/rx_packets; }
      ip netns exec ${from} ping -c 1 ${to}
      first=$(got)
      ip netns exec ${from} ping -q -i 0.002 -c 100 ${to}
      second=$(got)
      ip -n ${from} neigh add ${nobody} lladdr 02:00:00:00:00:99 dev ${from}-veth nud permanent
      ip netns exec ${from} ping -q -i 0.002 -c 100 -W 0.1 ${nobody}
      third=$(got)
      ip -n ${from} neigh del ${nobody} dev ${from}-veth
      [ $((second - first)) -lt 100 ] && echo 'known: not for third'
      [ $((third - second)) -ge 100 ] && echo 'unknown: third too'`,
    see: { host: lines('100 received', 'known: not for third', 'unknown: third too') },
  },
});
