import { nftName } from './names.ts';
import { isIn, type KubeObject, numberOf, type PortOfService, portsOf } from './objects.ts';
import { ServedPort } from './served-port.ts';

/** What kube-proxy in nftables mode is told on a node, or finds out there. */
export interface NftOptions {
  node: string;
  /** `--cluster-cidr`: where pods are. */
  clusterCidr: string;
  /** The addresses of services, as a ServiceCIDR object says. */
  serviceCidr: string;
  /** The node’s primary address, where alone a NodePort is. */
  nodeIp: string;
}

/** A map, a set or a chain of `table ip kube-proxy`, line by line as nft(8) reads and prints it. */
export interface NftBlock {
  kind: 'map' | 'set' | 'chain';
  name: string;
  lines: string[];
  /** Of a map or a set, in the order of their text. */
  elements?: string[];
}

const MARK = '0x00004000';
const SERVICE = 'ipv4_addr . inet_proto . inet_service';
const NODE_PORT = 'inet_proto . inet_service';

/** The table of kube-proxy v1.36 in nftables mode, for some services and for what is always there. */
export function nftablesOf(objects: readonly KubeObject[], options: NftOptions): NftBlock[] {
  const ports = portsOf(objects, options.node).map((each) => new Rules(each, options));
  const all = <Of>(pick: (each: Rules) => Of[]) => ports.flatMap(pick);
  const verdicts = (name: string, type: string, text: string, elements: string[]) => map(name, `${type} : verdict`, text, elements);
  return [
    verdicts(
      'firewall-ips',
      SERVICE,
      'destinations that are subject to LoadBalancerSourceRanges',
      all((each) => each.firewalled()),
    ),
    verdicts(
      'no-endpoint-nodeports',
      NODE_PORT,
      'vmap to drop or reject packets to service nodeports with no endpoints',
      all((each) => each.unservedNodePort()),
    ),
    verdicts(
      'no-endpoint-services',
      SERVICE,
      'vmap to drop or reject packets to services with no endpoints',
      all((each) => each.unserved()),
    ),
    verdicts(
      'service-ips',
      SERVICE,
      'ClusterIP, ExternalIP and LoadBalancer IP traffic',
      all((each) => each.entrances()),
    ),
    verdicts(
      'service-nodeports',
      NODE_PORT,
      'NodePort traffic',
      all((each) => each.servedNodePort()),
    ),
    set(
      'cluster-ips',
      'ipv4_addr',
      'Active ClusterIPs',
      all((each) => [each.spec.clusterIP]),
    ),
    set(
      'hairpin-connections',
      `ipv4_addr . ${SERVICE}`,
      'service hairpin connections',
      all((each) => each.hairpins()),
    ),
    set('nodeport-ips', 'ipv4_addr', 'IPs that accept NodePort traffic', [options.nodeIp]),
    ...all((each) => each.affinitySets()),
    ...baseChains,
    ...sharedChains(options),
    ...all((each) => each.chains()),
  ];
}

/** Blocks as `nft -f` reads them, and as `nft list ruleset` prints them, but for where lines break. */
export const ruleset = (blocks: readonly NftBlock[]): string[] => [
  'table ip kube-proxy {',
  '\tcomment "rules for kube-proxy"',
  ...blocks.flatMap(({ kind, name, lines, elements = [] }) => [
    `\t${kind} ${name} {`,
    ...lines.map((line) => `\t\t${line}`),
    ...(elements.length ? ['\t\telements = {', ...elements.map((each) => `\t\t\t${each},`), '\t\t}'] : []),
    '\t}',
  ]),
  '}',
];

const sorted = (elements: string[]) => [...new Set(elements)].sort();

const map = (name: string, type: string, text: string, elements: string[]): NftBlock => ({
  kind: 'map',
  name,
  lines: [`type ${type}`, `comment "${text}"`],
  elements: sorted(elements),
});

const set = (name: string, type: string, text: string, elements: string[]): NftBlock => ({ ...map(name, type, text, elements), kind: 'set' });

const chain = (name: string, ...lines: string[]): NftBlock => ({ kind: 'chain', name, lines });

const base = (name: string, hook: string, ...lines: string[]) => chain(name, `type ${hook}; policy accept;`, ...lines);

const fresh = (to: string) => `ct state new jump ${to}`;

/** The chains that the kernel asks: they are the same for one service and for a thousand. */
const baseChains = [
  base('filter-prerouting-pre-dnat', 'filter hook prerouting priority dstnat - 10', fresh('firewall-check')),
  base('filter-output-pre-dnat', 'filter hook output priority -110', fresh('firewall-check')),
  base('filter-input', 'filter hook input priority filter', fresh('nodeport-endpoints-check'), fresh('service-endpoints-check')),
  base('filter-forward', 'filter hook forward priority filter', fresh('service-endpoints-check'), fresh('cluster-ips-check')),
  base('filter-output', 'filter hook output priority filter', fresh('service-endpoints-check'), fresh('cluster-ips-check')),
  base('nat-prerouting', 'nat hook prerouting priority dstnat', 'jump services'),
  base('nat-output', 'nat hook output priority -100', 'jump services'),
  base('nat-postrouting', 'nat hook postrouting priority srcnat', 'jump masquerading'),
];

const byAddress = 'ip daddr . meta l4proto . th dport vmap';
const byNodePort = 'ip daddr @nodeport-ips meta l4proto . th dport vmap';
const marked = `meta mark set meta mark | ${MARK}`;

/** What the base chains ask, each by a lookup. */
const sharedChains = ({ clusterCidr, serviceCidr }: NftOptions) => [
  chain(
    'cluster-ips-check',
    'ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"',
    `ip daddr ${serviceCidr} drop comment "Drop traffic to unallocated ClusterIPs"`,
  ),
  chain('firewall-check', `${byAddress} @firewall-ips`),
  chain(
    'masquerading',
    `meta mark & ${MARK} != 0x00000000 meta mark set meta mark ^ ${MARK} masquerade fully-random`,
    'ct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random',
  ),
  chain('nodeport-endpoints-check', `${byNodePort} @no-endpoint-nodeports`),
  chain('reject-chain', 'comment "helper for @no-endpoint-services / @no-endpoint-nodeports"', 'reject'),
  chain('service-endpoints-check', `${byAddress} @no-endpoint-services`),
  chain(
    'services',
    `ip daddr @cluster-ips ip saddr != ${clusterCidr} ${marked} comment "masquerade clusterIP traffic from outside cluster"`,
    `${byAddress} @service-ips`,
    `${byNodePort} @service-nodeports`,
  ),
];

/** The elements and chains of one port of a service. */
class Rules extends ServedPort {
  private readonly options: NftOptions;
  private readonly name: string;

  constructor(own: PortOfService, options: NftOptions) {
    super(own);
    this.options = options;
    this.name = nftName(own.name, own.protocol);
  }

  private get inner() {
    return `${this.isInternalLocal ? 'local' : 'service'}-${this.name}`;
  }

  private at(address: string): string {
    return `${address} . ${this.own.protocol} . ${this.own.port.port}`;
  }

  private get atNodePort(): string[] {
    return this.nodePort === undefined ? [] : [`${this.own.protocol} . ${this.nodePort}`];
  }

  entrances(): string[] {
    return [
      ...(this.isInternallyServed ? [`${this.at(this.spec.clusterIP)} : goto ${this.inner}`] : []),
      ...(this.isExternal ? this.externalAddresses.map((ip) => `${this.at(ip)} : goto external-${this.name}`) : []),
    ];
  }

  servedNodePort(): string[] {
    return this.isExternal ? this.atNodePort.map((at) => `${at} : goto external-${this.name}`) : [];
  }

  private refused(at: string): string {
    return `${at} comment "${this.own.name}" : ${this.hasEndpoints ? 'drop' : 'goto reject-chain'}`;
  }

  unserved(): string[] {
    return [...(this.isInternallyServed ? [] : [this.spec.clusterIP]), ...(this.isExternallyServed ? [] : this.externalAddresses)].map((ip) =>
      this.refused(this.at(ip)),
    );
  }

  unservedNodePort(): string[] {
    return this.isExternallyServed ? [] : this.atNodePort.map((at) => this.refused(at));
  }

  firewalled(): string[] {
    return this.isFiltered ? this.ingress.map((ip) => `${this.at(ip)} : goto firewall-${this.name}`) : [];
  }

  /** An endpoint of the node that may call itself. */
  hairpins(): string[] {
    return this.local.map(({ address, port }) => `${address} . ${address} . ${this.own.protocol} . ${port}`);
  }

  private endpointName({ address, port }: { address: string; port: number }): string {
    return nftName(this.own.name, this.own.protocol, `${address}:${port}`);
  }

  private get used() {
    return this.usesAll ? this.own.endpoints : this.usesLocal ? this.local : [];
  }

  affinitySets(): NftBlock[] {
    const seconds = this.affinitySeconds;
    return seconds === undefined
      ? []
      : this.used.map((each) => ({
          kind: 'set',
          name: `affinity-${this.endpointName(each)}`,
          lines: ['type ipv4_addr', 'size 65535', 'flags dynamic,timeout', `timeout ${duration(seconds)}`],
        }));
  }

  chains(): NftBlock[] {
    return [
      ...(this.affinitySeconds === undefined ? [] : this.used.map((each) => this.endpointChain(each))),
      ...(this.isExternal ? [chain(`external-${this.name}`, ...this.external())] : []),
      ...(this.isFiltered ? [chain(`firewall-${this.name}`, `ip saddr != { ${this.sources().join(', ')} } drop`)] : []),
      ...(this.usesLocal ? [chain(`local-${this.name}`, ...this.balancing(this.local))] : []),
      ...(this.usesAll ? [chain(`service-${this.name}`, ...this.balancing(this.own.endpoints))] : []),
    ];
  }

  /** What comes from outside: marked, or, where only the node’s own endpoints serve it, as it is. */
  private external(): string[] {
    const all = `goto service-${this.name}`;
    const ofNode = 'fib saddr type local';
    return this.isExternalLocal
      ? [
          `ip saddr ${this.options.clusterCidr} ${all} comment "short-circuit pod traffic"`,
          `${ofNode} ${marked} comment "masquerade local traffic"`,
          `${ofNode} ${all} comment "short-circuit local traffic"`,
          ...(this.usesLocal ? [`goto local-${this.name}`] : []),
        ]
      : [`${marked} comment "masquerade"`, all];
  }

  /** The ranges that may call, and the address itself, from which a node of theirs calls; in the order of numbers, as a set is kept. */
  private sources(): string[] {
    const first = (range: string) => numberOf(range.split('/')[0] ?? '');
    const own = this.sourceRanges.some((range) => isIn(range, this.options.nodeIp)) ? this.ingress : [];
    return [...this.sourceRanges, ...own].sort((a, b) => first(a) - first(b));
  }

  /** A rule for all endpoints, with equal chances; with session affinity, the one of the caller’s last goes before. */
  private balancing(endpoints: typeof this.own.endpoints): string[] {
    const choice = (each: (endpoint: (typeof endpoints)[0]) => string) => `{ ${endpoints.map((one, i) => `${i} : ${each(one)}`).join(', ')} }`;
    const number = `numgen random mod ${endpoints.length}`;
    if (this.affinitySeconds === undefined)
      return [`meta l4proto ${this.own.protocol} dnat ip to ${number} map ${choice(({ address, port }) => `${address} . ${port}`)}`];
    const to = (one: (typeof endpoints)[0]) => `goto endpoint-${this.endpointName(one)}`;
    return [...endpoints.map((one) => `ip saddr @affinity-${this.endpointName(one)} ${to(one)}`), `${number} vmap ${choice(to)}`];
  }

  private endpointChain(endpoint: { address: string; port: number }): NftBlock {
    const name = this.endpointName(endpoint);
    const { address, port } = endpoint;
    return chain(`endpoint-${name}`, `update @affinity-${name} { ip saddr }`, `meta l4proto ${this.own.protocol} dnat to ${address}:${port}`);
  }
}

/** Seconds as nft(8) prints them: `3h`. */
const duration = (seconds: number): string =>
  (
    [
      [86_400, 'd'],
      [3600, 'h'],
      [60, 'm'],
      [1, 's'],
    ] as const
  )
    .map(([unit, letter], i, units) => [Math.floor((i ? seconds % (units[i - 1]?.[0] ?? 1) : seconds) / unit), letter] as const)
    .flatMap(([count, letter]) => (count ? [`${count}${letter}`] : []))
    .join('');
