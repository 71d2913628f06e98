import type { Table } from './iptables.ts';
import { ipSets, type NodeAddresses, setsOf } from './ipvs-sets.ts';
import { ipvsTables } from './ipvs-tables.ts';
import { type KubeObject, numberOf, type PortOfService, portsOf } from './objects.ts';
import { ServedPort } from './served-port.ts';

/** What kube-proxy in IPVS mode is told on a node, or finds out there. */
export interface IpvsOptions extends NodeAddresses {
  node: string;
  /** `--cluster-cidr`: where pods are. */
  clusterCidr: string;
  /** `--ipvs-scheduler`: in turn, by the least connections, or by the caller’s address. */
  scheduler?: 'rr' | 'lc' | 'sh';
}

/** What kube-proxy v1.36 in IPVS mode programs. */
export interface Ipvs {
  /** As `iptables-restore` takes them: the same rules for any number of services. */
  tables: Table[];
  /** As `ipset restore` takes them. */
  sets: string[];
  /** As `ipvsadm --restore` takes them. */
  servers: string[];
  /** The addresses of kube-ipvs0. */
  addresses: string[];
}

export function ipvsOf(objects: readonly KubeObject[], options: IpvsOptions): Ipvs {
  const ports = portsOf(objects, options.node).map((each) => new Servers(each, options));
  const sets = setsOf(ports, options);
  return {
    tables: ipvsTables(options.clusterCidr, (name) => (sets.get(name) ?? []).length > 0),
    sets: ipSets(sets),
    servers: ports.flatMap((each) => each.lines()),
    addresses: byNumber(ports.flatMap((each) => each.addresses)),
  };
}

const byNumber = (addresses: string[]) => [...new Set(addresses)].sort((a, b) => numberOf(a) - numberOf(b));

const flags: Record<string, string> = { tcp: '-t', udp: '-u', sctp: '--sctp-service' };

/** The virtual servers of one port of a service, each with its real ones. */
export class Servers extends ServedPort {
  private readonly options: IpvsOptions;

  constructor(own: PortOfService, options: IpvsOptions) {
    super(own);
    this.options = options;
  }

  /** Those that kube-ipvs0 has. */
  get addresses(): string[] {
    return [this.spec.clusterIP, ...this.externalAddresses];
  }

  /** Where no endpoint is on the node, callers from pods are served by the others; who calls from outside hears nothing of them. */
  private get outer() {
    if (!this.isExternalLocal) return this.own.endpoints;
    return this.local.length || this.isInternalLocal ? this.local : this.own.endpoints;
  }

  lines(): string[] {
    const { port, nodePort } = this.own.port;
    return [
      ...this.server(this.spec.clusterIP, port, this.isInternalLocal ? this.local : this.own.endpoints),
      ...this.externalAddresses.flatMap((address) => this.server(address, port, this.outer)),
      ...(nodePort === undefined ? [] : this.options.nodeAddresses.flatMap((address) => this.server(address, nodePort, this.outer))),
    ];
  }

  private server(address: string, port: number, endpoints: typeof this.own.endpoints): string[] {
    const at = `${flags[this.own.protocol]} ${address}:${port}`;
    const persistent = this.affinitySeconds === undefined ? '' : ` -p ${this.affinitySeconds}`;
    return [
      `-A ${at} -s ${this.options.scheduler ?? 'rr'}${persistent}`,
      ...endpoints.map((each) => `-a ${at} -r ${each.address}:${each.port} -m -w 1`),
    ];
  }
}
