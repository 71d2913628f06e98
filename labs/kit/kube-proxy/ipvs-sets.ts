import { isIn } from './objects.ts';
import type { ServedPort } from './served-port.ts';

/** Addresses of a node. */
export interface NodeAddresses {
  /** The primary one. */
  nodeIp: string;
  /** All, at each of which a NodePort is. */
  nodeAddresses: readonly string[];
}

const [atPort, port] = ['hash:ip,port family inet', 'bitmap:port range 0-65535'];

/** The sets of kube-proxy in IPVS mode, all of which are always there, and what an entry of each is made of. */
const types = {
  'KUBE-CLUSTER-IP': atPort,
  'KUBE-EXTERNAL-IP': atPort,
  'KUBE-EXTERNAL-IP-LOCAL': atPort,
  'KUBE-HEALTH-CHECK-NODE-PORT': port,
  'KUBE-IPVS-IPS': 'hash:ip family inet',
  'KUBE-LOAD-BALANCER': atPort,
  'KUBE-LOAD-BALANCER-FW': atPort,
  'KUBE-LOAD-BALANCER-LOCAL': atPort,
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': 'hash:ip,port,net family inet',
  'KUBE-LOAD-BALANCER-SOURCE-IP': 'hash:ip,port,ip family inet',
  'KUBE-LOOP-BACK': 'hash:ip,port,ip family inet',
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': atPort,
  'KUBE-NODE-PORT-LOCAL-TCP': port,
  'KUBE-NODE-PORT-LOCAL-UDP': port,
  'KUBE-NODE-PORT-SCTP-HASH': atPort,
  'KUBE-NODE-PORT-TCP': port,
  'KUBE-NODE-PORT-UDP': port,
};

export type SetName = keyof typeof types;
export type Sets = ReadonlyMap<SetName, string[]>;

/** The entries of each set, in the order of their text. */
export function setsOf(ports: readonly ServedPort[], options: NodeAddresses): Sets {
  const sets = new Map((Object.keys(types) as SetName[]).map((name): [SetName, Set<string>] => [name, new Set()]));
  for (const [name, entry] of ports.flatMap((each) => entriesOf(each, options))) sets.get(name)?.add(entry);
  return new Map([...sets].map(([name, entries]) => [name, [...entries].sort()]));
}

/** The sets as `ipset restore` reads and `ipset save` prints them, but for their limits. */
export const ipSets = (sets: Sets): string[] =>
  [...sets].flatMap(([name, entries]) => [`create ${name} ${types[name]}`, ...entries.map((entry) => `add ${name} ${entry}`)]);

type Entry = [set: SetName, entry: string];

function entriesOf(served: ServedPort, options: NodeAddresses): Entry[] {
  const { own, spec, externalIps, ingress, isExternalLocal, local } = served;
  const at = (address: string) => `${address},${own.protocol}:${own.port.port}`;
  return [
    ['KUBE-CLUSTER-IP', at(spec.clusterIP)],
    ...externalIps.map((ip): Entry => [isExternalLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP', at(ip)]),
    ...ingress.flatMap((ip) => balanced(served, at(ip), ip, options.nodeIp)),
    ...[spec.clusterIP, ...externalIps, ...ingress].map((ip): Entry => ['KUBE-IPVS-IPS', ip]),
    ...local.map((each): Entry => ['KUBE-LOOP-BACK', `${each.address},${own.protocol}:${each.port},${each.address}`]),
    ...nodePorts(served, options.nodeAddresses),
    ...(spec.healthCheckNodePort && isExternalLocal ? [['KUBE-HEALTH-CHECK-NODE-PORT', `${spec.healthCheckNodePort}`] as Entry] : []),
  ];
}

/** A load balancer's address, and who may call it. */
function balanced({ isExternalLocal, isFiltered, sourceRanges }: ServedPort, at: string, ip: string, nodeIp: string): Entry[] {
  const isFromNode = sourceRanges.some((range) => isIn(range, nodeIp));
  return [
    ['KUBE-LOAD-BALANCER', at],
    ...(isExternalLocal ? [['KUBE-LOAD-BALANCER-LOCAL', at] as Entry] : []),
    ...(isFiltered ? [['KUBE-LOAD-BALANCER-FW', at] as Entry] : []),
    ...sourceRanges.map((range): Entry => ['KUBE-LOAD-BALANCER-SOURCE-CIDR', `${at},${range.replace(/\/32$/, '')}`]),
    ...(isFromNode ? [['KUBE-LOAD-BALANCER-SOURCE-IP', `${at},${ip}`] as Entry] : []),
  ];
}

/** Of SCTP a set has addresses, too: a bitmap of ports knows TCP and UDP alone. */
function nodePorts({ own, nodePort, isExternalLocal }: ServedPort, addresses: readonly string[]): Entry[] {
  if (nodePort === undefined) return [];
  const kind = own.protocol === 'sctp' ? 'SCTP-HASH' : own.protocol === 'udp' ? 'UDP' : 'TCP';
  const entries = kind === 'SCTP-HASH' ? addresses.map((address) => `${address},sctp:${nodePort}`) : [`${nodePort}`];
  const sets: SetName[] = [`KUBE-NODE-PORT-${kind}`, ...(isExternalLocal ? [`KUBE-NODE-PORT-LOCAL-${kind}` as const] : [])];
  return sets.flatMap((set) => entries.map((entry): Entry => [set, entry]));
}
