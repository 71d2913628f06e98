import { chainOf, endpointChain } from './names.ts';
import { type KubeObject, type PortOfService, portsOf } from './objects.ts';
import { ServedPort } from './served-port.ts';

/** What kube-proxy is told on a node (kube-proxy, command line). */
export interface ProxyOptions {
  /** `--hostname-override` */
  node: string;
  /** `--cluster-cidr`: where pods are. */
  clusterCidr: string;
  /** Whether the kernel counts by nfacct (nfnetlink_acct); where it does not, kube-proxy leaves these counters out. */
  nfacct?: boolean;
}

/** A table as kube-proxy v1.36 writes it, in iptables mode: its own chains, and rules in the order of each chain. */
export interface Table {
  name: 'filter' | 'nat' | 'mangle';
  chains: string[];
  /** As `iptables-save` prints them: `-A KUBE-SERVICES …`. */
  rules: string[];
}

const MARK = '0x4000';
export const comment = (text: string) =>
  text.includes(' ') || /[/:]/.test(text) ? `-m comment --comment "${text}"` : `-m comment --comment ${text}`;

/** The rules of kube-proxy for some services, and for what is always there. */
export function iptablesOf(objects: readonly KubeObject[], options: ProxyOptions): Table[] {
  const ports = portsOf(objects, options.node).map((each) => new Rules(each, options));
  const all = (pick: (each: Rules) => string[]) => ports.flatMap(pick);
  const canary = 'KUBE-PROXY-CANARY';
  return [
    { name: 'mangle', chains: [canary], rules: [] },
    {
      name: 'filter',
      chains: [...['KUBE-EXTERNAL-SERVICES', 'KUBE-FIREWALL', 'KUBE-FORWARD', 'KUBE-NODEPORTS', canary], ...['KUBE-PROXY-FIREWALL', 'KUBE-SERVICES']],
      rules: [...filterJumps, ...filterRules(options), ...all((each) => each.filter())],
    },
    {
      name: 'nat',
      chains: ['KUBE-MARK-MASQ', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', canary, 'KUBE-SERVICES', ...all((each) => each.chains())],
      rules: [
        ...natJumps,
        ...natRules,
        ...all((each) => each.entrances()),
        `-A KUBE-SERVICES ${comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain')} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
        ...all((each) => each.nodePorts()),
        ...all((each) => each.external()),
        ...all((each) => each.firewall()),
        ...all((each) => each.balancing()),
        ...all((each) => each.endpointRules()),
      ],
    },
  ];
}

const fresh = (text: string, to: string) => `-m conntrack --ctstate NEW ${comment(text)} -j ${to}`;
const loadBalancers = fresh('kubernetes load balancer firewall', 'KUBE-PROXY-FIREWALL');
const portals = fresh('kubernetes service portals', 'KUBE-SERVICES');
const visible = fresh('kubernetes externally-visible service portals', 'KUBE-EXTERNAL-SERVICES');

const filterJumps = [
  '-A INPUT -j KUBE-FIREWALL',
  `-A INPUT ${loadBalancers}`,
  `-A INPUT ${comment('kubernetes health check service ports')} -j KUBE-NODEPORTS`,
  `-A INPUT ${visible}`,
  `-A FORWARD ${loadBalancers}`,
  `-A FORWARD ${comment('kubernetes forwarding rules')} -j KUBE-FORWARD`,
  `-A FORWARD ${portals}`,
  `-A FORWARD ${visible}`,
  '-A OUTPUT -j KUBE-FIREWALL',
  `-A OUTPUT ${loadBalancers}`,
  `-A OUTPUT ${portals}`,
];

const counted = (nfacct: boolean | undefined, name: string) => (nfacct ? ` -m nfacct --nfacct-name  ${name}` : '');

const filterRules = ({ nfacct }: ProxyOptions) => [
  `-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 ${comment('block incoming localnet connections')} -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
  `-A KUBE-FORWARD -m conntrack --ctstate INVALID${counted(nfacct, 'ct_state_invalid_dropped_pkts')} -j DROP`,
  `-A KUBE-FORWARD ${comment('kubernetes forwarding rules')} -m mark --mark ${MARK}/${MARK} -j ACCEPT`,
  `-A KUBE-FORWARD ${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
];

const natJumps = [
  `-A PREROUTING ${comment('kubernetes service portals')} -j KUBE-SERVICES`,
  `-A OUTPUT ${comment('kubernetes service portals')} -j KUBE-SERVICES`,
  `-A POSTROUTING ${comment('kubernetes postrouting rules')} -j KUBE-POSTROUTING`,
];

const natRules = [
  `-A KUBE-MARK-MASQ -j MARK --set-xmark ${MARK}/${MARK}`,
  `-A KUBE-POSTROUTING -m mark ! --mark ${MARK}/${MARK} -j RETURN`,
  `-A KUBE-POSTROUTING -j MARK --set-xmark ${MARK}/0x0`,
  `-A KUBE-POSTROUTING ${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
];

const REJECT = 'REJECT --reject-with icmp-port-unreachable';

/** The rules of one port of a service. */
class Rules extends ServedPort {
  private readonly options: ProxyOptions;
  private readonly svc: string;
  private readonly svl: string;
  private readonly ext: string;
  private readonly fw: string;

  constructor(own: PortOfService, options: ProxyOptions) {
    super(own);
    const { name, protocol } = own;
    this.options = options;
    this.svc = chainOf('SVC', name, protocol);
    this.svl = chainOf('SVL', name, protocol);
    this.ext = chainOf('EXT', name, protocol);
    this.fw = chainOf('FW', name, protocol);
  }

  private at(address: string): string {
    const { protocol, port } = this.own;
    return `-d ${address}/32 -p ${protocol}|-m ${protocol} --dport ${port.port}`;
  }

  /** A rule for what is sent to an address and this port: `…` stands where iptables(8) prints the comment. */
  private to(address: string, text: string, action: string): string {
    const [before, after] = this.at(address).split('|');
    return `${before} ${comment(`${this.own.name} ${text}`)} ${after} -j ${action}`;
  }

  chains(): string[] {
    const { usesAll, usesLocal, isExternal, isFiltered } = this;
    const seps = usesAll ? this.own.endpoints : usesLocal ? this.local : [];
    return [
      ...(isExternal ? [this.ext] : []),
      ...(isFiltered && isExternal ? [this.fw] : []),
      ...seps.map((each) => this.sep(each)),
      ...(usesAll ? [this.svc] : []),
      ...(usesLocal ? [this.svl] : []),
    ];
  }

  private sep({ address, port }: { address: string; port: number }): string {
    return endpointChain(this.own.name, this.own.protocol, `${address}:${port}`);
  }

  /** What is refused or dropped, since nobody is there for it. */
  filter(): string[] {
    const { name, protocol } = this.own;
    const { clusterIP, healthCheckNodePort } = this.spec;
    const action = this.hasEndpoints ? 'DROP' : REJECT;
    const text = this.hasEndpoints ? 'has no local endpoints' : 'has no endpoints';
    const external = !this.isExternallyServed;
    return [
      ...(!this.isInternallyServed ? [`-A KUBE-SERVICES ${this.to(clusterIP, text, action)}`] : []),
      ...(external ? this.externalAddresses.map((ip) => `-A KUBE-EXTERNAL-SERVICES ${this.to(ip, text, action)}`) : []),
      ...(external && this.nodePort !== undefined
        ? [
            `-A KUBE-EXTERNAL-SERVICES -p ${protocol} ${comment(`${name} ${text}`)} -m addrtype --dst-type LOCAL -m ${protocol} --dport ${this.nodePort} -j ${action}`,
          ]
        : []),
      ...(this.isFiltered && this.isExternal
        ? this.ingress.map((ip) => `-A KUBE-PROXY-FIREWALL ${this.to(ip, `traffic not accepted by ${this.fw}`, 'DROP')}`)
        : []),
      ...(healthCheckNodePort && this.isExternalLocal
        ? [`-A KUBE-NODEPORTS -p tcp ${comment(`${name} health check node port`)} -m tcp --dport ${healthCheckNodePort} -j ACCEPT`]
        : []),
    ];
  }

  /** KUBE-SERVICES: by which addresses the service is known. */
  entrances(): string[] {
    const inner = this.isInternalLocal ? this.svl : this.svc;
    const outer = this.isFiltered ? this.fw : this.ext;
    return [
      ...(this.isInternallyServed ? [this.to(this.spec.clusterIP, 'cluster IP', inner)] : []),
      ...(this.isExternal ? this.externalIps.map((ip) => this.to(ip, 'external IP', this.ext)) : []),
      ...(this.isExternal ? this.ingress.map((ip) => this.to(ip, 'loadbalancer IP', outer)) : []),
    ].map((rule) => `-A KUBE-SERVICES ${rule}`);
  }

  nodePorts(): string[] {
    const { name, protocol } = this.own;
    if (!this.isExternal || this.nodePort === undefined) return [];
    const port = `${comment(name)} -m ${protocol} --dport ${this.nodePort}`;
    const local = counted(this.options.nfacct, 'localhost_nps_accepted_pkts');
    return [
      ...(this.options.nfacct ? [`-A KUBE-NODEPORTS -d 127.0.0.0/8 -p ${protocol} ${port}${local} -j ${this.ext}`] : []),
      `-A KUBE-NODEPORTS -p ${protocol} ${port} -j ${this.ext}`,
    ];
  }

  /** What comes from outside: masqueraded, or, where only the node's own endpoints serve it, as it is. */
  external(): string[] {
    if (!this.isExternal) return [];
    const text = (what: string) => comment(`${what} ${this.own.name} external destinations`);
    const rules = this.isExternalLocal
      ? [
          `-s ${this.options.clusterCidr} ${text('pod traffic for')} -j ${this.svc}`,
          `${text('masquerade LOCAL traffic for')} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
          `${text('route LOCAL traffic for')} -m addrtype --src-type LOCAL -j ${this.svc}`,
          ...(this.usesLocal ? [`-j ${this.svl}`] : []),
        ]
      : [`${text('masquerade traffic for')} -j KUBE-MARK-MASQ`, `-j ${this.svc}`];
    return rules.map((rule) => `-A ${this.ext} ${rule}`);
  }

  /** Who may come by a load balancer's address; the rest is dropped in filter KUBE-PROXY-FIREWALL. */
  firewall(): string[] {
    if (!this.isFiltered || !this.isExternal) return [];
    const { name } = this.own;
    const sources = [...this.sourceRanges, ...this.ingress.map((ip) => `${ip}/32`)];
    return [
      ...sources.map((each) => `-A ${this.fw} -s ${each} ${comment(`${name} loadbalancer IP`)} -j ${this.ext}`),
      `-A ${this.fw} ${comment(`other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL`)}`,
    ];
  }

  /** Which endpoint a connection goes to: with equal chances, or the one of the caller's last. */
  balancing(): string[] {
    const inner = this.isInternalLocal ? this.svl : this.svc;
    const outside = `-A ${inner} ! -s ${this.options.clusterCidr} ${this.to(this.spec.clusterIP, 'cluster IP', 'KUBE-MARK-MASQ')}`;
    const of = (chain: string, endpoints: typeof this.own.endpoints) => [
      ...(chain === inner ? [outside] : []),
      ...this.affinity(chain, endpoints),
      ...endpoints.map((each, i) => {
        const left = endpoints.length - i;
        const chance = left > 1 ? ` -m statistic --mode random --probability ${probability(left)}` : '';
        return `-A ${chain} ${this.toEndpoint(each)}${chance} -j ${this.sep(each)}`;
      }),
    ];
    return [...(this.usesAll ? of(this.svc, this.own.endpoints) : []), ...(this.usesLocal ? of(this.svl, this.local) : [])];
  }

  private toEndpoint({ address, port }: { address: string; port: number }): string {
    return comment(`${this.own.name} -> ${address}:${port}`);
  }

  private affinity(chain: string, endpoints: typeof this.own.endpoints): string[] {
    const seconds = this.affinitySeconds;
    return seconds === undefined
      ? []
      : endpoints.map(
          (each) =>
            `-A ${chain} ${this.toEndpoint(each)} -m recent --rcheck --seconds ${seconds} --reap --name ${this.sep(each)} --mask 255.255.255.255 --rsource -j ${this.sep(each)}`,
        );
  }

  endpointRules(): string[] {
    const { name, protocol } = this.own;
    const used = this.usesAll ? this.own.endpoints : this.usesLocal ? this.local : [];
    return used.flatMap((each) => {
      const sep = this.sep(each);
      const recent = this.affinitySeconds === undefined ? '' : ` -m recent --set --name ${sep} --mask 255.255.255.255 --rsource`;
      return [
        `-A ${sep} -s ${each.address}/32 ${comment(name)} -j KUBE-MARK-MASQ`,
        `-A ${sep} -p ${protocol} ${comment(name)}${recent} -m ${protocol} -j DNAT --to-destination ${each.address}:${each.port}`,
      ];
    });
  }
}

/** One of so many, as iptables(8) prints what the kernel keeps of it: a number of 31 bits. */
const probability = (of: number): string => (Math.round((1 / of) * 2 ** 31) / 2 ** 31).toFixed(11);

const baseChains = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

/** Tables as `iptables-restore --noflush` reads them: kube-proxy puts its jumps in front of what a base chain has. */
export function restored(tables: readonly Table[]): string {
  return tables
    .flatMap(({ name, chains, rules }) => {
      const places = new Map<string, number>();
      const own = rules.map((rule) => {
        const [, chain = ''] = rule.split(' ');
        if (!baseChains.includes(chain)) return rule;
        places.set(chain, (places.get(chain) ?? 0) + 1);
        return `-I ${chain} ${places.get(chain)}${rule.slice(`-A ${chain}`.length)}`;
      });
      return [`*${name}`, ...chains.map((chain) => `:${chain} - [0:0]`), ...own, 'COMMIT', ''];
    })
    .join('\n');
}
