import { type Check, type Expectation, fails, json, lines } from 'packetwalk';

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

/** An address in no subnet of theirs is reached by who has a default route, and by no one else. */
export const needsRoute = <const Claim, const Place extends string>(
  claim: Claim,
  address: string,
  { without, via, having }: { without: Place[]; via: string; having: Place[] },
) => {
  const each = (places: Place[], seen: Expectation) => Object.fromEntries(places.map((place) => [place, seen])) as Record<Place, Expectation>;
  return {
    'Without a default route the host’s address is unreachable': {
      claim,
      run: `ping -c 1 ${address}`,
      see: each(without, fails('Network is unreachable')),
    },
    'With one, via the bridge, it answers': {
      claim,
      run: `ip route\nping -c 3 -i 0.01 -W 1 ${address}`,
      see: each(having, lines(`default via ${via} dev`, '3 received, 0% packet loss')),
    },
  };
};

/** What a device of host is before it is moved into a namespace, and after. */
export const moved = (to: string): Seen => ({
  run: `
    state() { ip $1 -br addr show mover | sed 's/@[^ ]*//; s/ *$/./'; }
    ip link add mover type veth peer name stayer
    ip link set stayer up
    ip link set mover up
    ip addr add 10.98.0.1/24 dev mover
    state
    ip link set mover netns ${to}
    state '-n ${to}'
    ip link del stayer`,
  see: { host: lines('mover UP 10.98.0.1/24.', 'mover DOWN.') },
});
