import { daemon } from 'packetwalk';

/** A BGP speaker. Its address is its router id, and every other speaker of its autonomous system a neighbour (iBGP). */
export interface Speaker {
  address: string;
  as: number;
  neighbours: readonly string[];
}

const value = (address: string) => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);

// Of two, the one with the higher address calls: when both do at once, GoBGP closes both connections and waits for minutes.
// A neighbour whose session went down is listened to again after a second, not after half a minute.
const neighbour = (address: string, { address: own, as }: Speaker) => `
  [[neighbors]]
    [neighbors.config]
      neighbor-address = "${address}"
      peer-as = ${as}
    [neighbors.transport.config]
      passive-mode = ${value(own) < value(address)}
    [neighbors.timers.config]
      connect-retry = 5
      idle-hold-time-after-reset = 1`;

export const configuration = (speaker: Speaker) => `
  cat > /run/gobgpd.toml <<'END'
  [global.config]
    as = ${speaker.as}
    router-id = "${speaker.address}"
  ${speaker.neighbours.map((each) => neighbour(each, speaker)).join('')}
  END`;

/** GoBGP. Its sessions come up by themselves: it does not call a neighbour in its first five seconds (fsm.go). */
export const gobgpd = daemon('gobgpd', 'gobgpd --pprof-disable -f /run/gobgpd.toml', {});

/** A path of one's own, announced as soon as gobgpd answers. */
export const announce = (cidr: string, nextHop: string) => `until gobgp global rib add ${cidr} nexthop ${nextHop} origin igp; do sleep 0.2; done`;

/** Every path that comes or goes, one line of JSON each; those that are there already in the first line. */
export const paths = 'gobgp monitor global rib --current -j';
