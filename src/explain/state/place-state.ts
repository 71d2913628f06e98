/** An address of an interface. */
export interface AddressState {
  address: string;
  prefixLength: number;
  /** The other end's address, on a point-to-point link. */
  peer?: string;
  scope: string;
}

/** An interface, as `ip -d address` describes it. */
export interface LinkState {
  index: number;
  name: string;
  /** `UP`, `LOWER_UP`, `NOARP`, … */
  flags: string[];
  mtu: number;
  /** `UP`, `DOWN`, `LOWERLAYERDOWN`, `UNKNOWN` (RFC 2863). */
  operstate: string;
  mac: string;
  /** The device that it stands on, of a VLAN or macvlan, or the other end, of a veth pair; absent where that is in another namespace. */
  link?: string;
  /** The name of the bridge, bond or VRF that it is a part of. */
  master?: string;
  /** `veth`, `bridge`, `vxlan`, `ipip`, `gre`, `geneve`, `vlan`; absent for a card and lo. */
  kind?: string;
  /** What is particular to its kind, by the names of `ip -j -d link`: `id`, `port`, `local`, `remote`, `group`, `learning`. */
  data: Readonly<Record<string, unknown>>;
  /** What kind its master is, and its settings as a part of it: of a bridge's port `state`, `hairpin`, `isolated`, `learning`. */
  masterKind?: string;
  portData: Readonly<Record<string, unknown>>;
  /** The XDP program at it, as `xdpgeneric prog`: how ip(8) attaches it, and its name. */
  xdp?: string;
  addresses: AddressState[];
}

/** A line that ip(8) prints, and its words: `via`, `dev`, `table` and the like with what follows each. */
export interface Line {
  text: string;
  words: Readonly<Record<string, string>>;
}

/** A route, of any table. */
export interface RouteState extends Line {
  /** `unicast`, `local`, `broadcast`, `blackhole`, `unreachable`, `prohibit`, `throw`. */
  type: string;
  /** `default`, `10.42.1.0/24`, `10.88.2.7`. */
  dst: string;
  table: string;
  /** The ways of a route with several (`nexthop …` lines); empty for one way. */
  nexthops: Line[];
}

/** A rule of policy routing, as `ip rule` prints it. */
export interface RuleState extends Line {
  priority: number;
}

export interface NeighbourState extends Line {
  address: string;
  device: string;
  mac?: string;
  /** `REACHABLE`, `STALE`, `FAILED`, `INCOMPLETE`, `PERMANENT`, `NOARP`; empty for a proxy entry. */
  state: string;
  /** Whether the place answers ARP requests for this address, which is another's (`ip neigh add proxy`). */
  proxy: boolean;
}

/** An entry of a forwarding table, as `bridge fdb` prints it. */
export interface FdbState extends Line {
  mac: string;
  device: string;
}

/** A VLAN of a bridge or its port, as `bridge vlan` lists it. */
export interface VlanState {
  device: string;
  vid: number;
  pvid: boolean;
  untagged: boolean;
}

/** A queueing discipline, with its counters, as `tc -s qdisc` prints it. */
export interface QdiscState {
  device: string;
  kind: string;
  /** Of `dropped 12`. */
  dropped: number;
  text: string;
}

/** A socket that is open, as `ss -H -a -n -t -u` lists it. */
export interface SocketState {
  protocol: 'tcp' | 'udp';
  state: string;
  address: string;
  port: number;
  peer: string;
  text: string;
}

/** A daemon of the lab: whether it runs, be it that it is stopped and does nothing (proc(5), state T). */
export interface DaemonState {
  name: string;
  runs: boolean;
  isStopped?: true;
}

/** All that a place goes by when it decides about a packet, at one moment. */
export interface PlaceState {
  links: LinkState[];
  routes: RouteState[];
  routes6: RouteState[];
  rules: RuleState[];
  /** Those of IPv6; none where the kernel has no IPv6. */
  rules6: RuleState[];
  neighbours: NeighbourState[];
  neighbours6: NeighbourState[];
  fdb: FdbState[];
  vlans: VlanState[];
  qdiscs: QdiscState[];
  sockets: SocketState[];
  /** `net.ipv4.conf.eth0.rp_filter`, with its value; a dot in a device's name is a slash, as for sysctl(8). */
  sysctls: Readonly<Record<string, string>>;
  /** What `nft list ruleset` prints, without counters; every table of every family. */
  ruleset: string;
  /** The handle of each of its rules, by the chain and the rule's place there, from 1: `ip filter FORWARD 2`. */
  handles: Readonly<Record<string, string>>;
  /** Lines of `ip xfrm policy` and `ip xfrm state`, a policy or state each. */
  xfrm: string[];
  /** Daemons of the lab at this place. */
  daemons: DaemonState[];
  /** What could not be asked there, and why, in a sentence each. */
  unasked: string[];
  /** The parts of this state that are empty because they could not be asked. */
  unread: StatePart[];
}

/** A part of a place's state, by its name. */
export type StatePart = keyof Omit<PlaceState, 'unasked' | 'unread' | 'routes6' | 'neighbours6' | 'handles'>;

/** The state of a place of which nothing is known yet. */
export const emptyState = (): PlaceState => ({
  links: [],
  routes: [],
  routes6: [],
  rules: [],
  rules6: [],
  neighbours: [],
  neighbours6: [],
  fdb: [],
  vlans: [],
  qdiscs: [],
  sockets: [],
  sysctls: {},
  ruleset: '',
  handles: {},
  xfrm: [],
  daemons: [],
  unasked: [],
  unread: [],
});

/** What places go by, by place. */
export type States = ReadonlyMap<string, PlaceState>;
