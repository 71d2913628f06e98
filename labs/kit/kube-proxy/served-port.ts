import type { PortOfService } from './objects.ts';

/** By which addresses a port of a service is known at a node, and which of its endpoints each way leads to. */
export class ServedPort {
  readonly own: PortOfService;

  constructor(own: PortOfService) {
    this.own = own;
  }

  get spec() {
    return this.own.service.spec;
  }

  /** The node's own endpoints. */
  get local() {
    return this.own.endpoints.filter(({ isLocal }) => isLocal);
  }

  get isInternalLocal() {
    return this.spec.internalTrafficPolicy === 'Local';
  }

  get isExternalLocal() {
    return this.spec.externalTrafficPolicy === 'Local';
  }

  /** The addresses that a load balancer was given. */
  get ingress(): string[] {
    const ingress = this.own.service.status?.loadBalancer?.ingress ?? [];
    return this.spec.type === 'LoadBalancer' ? ingress.map(({ ip }) => ip) : [];
  }

  get externalIps(): string[] {
    return this.spec.externalIPs ?? [];
  }

  get externalAddresses(): string[] {
    return [...this.externalIps, ...this.ingress];
  }

  get nodePort(): number | undefined {
    return this.own.port.nodePort;
  }

  get hasEndpoints() {
    return this.own.endpoints.length > 0;
  }

  /** Whether somebody serves its ClusterIP here. */
  get isInternallyServed() {
    return this.isInternalLocal ? this.local.length > 0 : this.hasEndpoints;
  }

  /** Whether somebody serves here who calls from outside. */
  get isExternallyServed() {
    return this.isExternalLocal ? this.local.length > 0 : this.hasEndpoints;
  }

  /** Whether it has endpoints, and a way from outside. */
  get isExternal() {
    return this.hasEndpoints && (this.nodePort !== undefined || this.externalAddresses.length > 0);
  }

  /** Whether some way leads to all endpoints, wherever they are. */
  get usesAll() {
    return this.hasEndpoints && (!this.isInternalLocal || this.isExternal);
  }

  /** Whether some way leads to the node's own endpoints only. */
  get usesLocal() {
    return this.local.length > 0 && (this.isInternalLocal || (this.isExternal && this.isExternalLocal));
  }

  get sourceRanges(): string[] {
    return this.spec.loadBalancerSourceRanges ?? [];
  }

  /** Whether a load balancer's address may be called from some ranges only. */
  get isFiltered() {
    return this.ingress.length > 0 && this.sourceRanges.length > 0;
  }

  /** How long a caller stays with its endpoint. */
  get affinitySeconds(): number | undefined {
    const { sessionAffinity, sessionAffinityConfig } = this.spec;
    return sessionAffinity === 'ClientIP' ? (sessionAffinityConfig?.clientIP.timeoutSeconds ?? 10_800) : undefined;
  }
}
