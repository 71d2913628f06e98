import { isIn, type KubeObject, numberOf, SERVICE_NAME, type Service } from '../kube-proxy/objects.ts';

/** A block of addresses for LoadBalancer services, and how they are announced: by ARP on the nodes’ segment, or by BGP to a router. */
export interface Pool {
  name: string;
  cidr: string;
  announcedBy: 'ARP' | 'BGP';
}

/** What addresses of a pool must not be in the way of: the nodes’ segment, their own addresses, and the networks of pods and services. */
export interface Surroundings {
  segment: string;
  taken: readonly string[];
  networks: readonly string[];
}

const spelt = (address: number) => [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join('.');
const nameOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
const isWanted = (each: KubeObject): each is Service => each.kind === 'Service' && each.spec.type === 'LoadBalancer';

/** All addresses of a block, the lowest first; none where it is no CIDR of 24 to 32 bits. */
function addressesOf(cidr: string): string[] {
  const [base = '', bits = ''] = cidr.split('/');
  if (Number.isNaN(numberOf(base)) || !/^(2[4-9]|3[0-2])$/.test(bits)) return [];
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(numberOf(base) / size) * size;
  return Array.from({ length: size }, (_, i) => spelt(first + i));
}

function poolProblems({ name, cidr, announcedBy }: Pool, others: readonly Pool[], { segment, taken, networks }: Surroundings): string[] {
  const own = addressesOf(cidr);
  const first = own[0];
  if (first === undefined) return [`the pool ${name} has the block '${cidr}', which is no CIDR such as 198.51.100.8/30, of 24 to 32 bits`];
  const clash = (what: string, block: string) => (own.some((each) => isIn(block, each)) ? [`the pool ${name} (${cidr}) overlaps ${what}`] : []);
  return [
    ...others.flatMap((other) => clash(`the pool ${other.name} (${other.cidr})`, other.cidr)),
    ...networks.flatMap((block) => clash(`${block}, where pods or services are`, block)),
    ...taken.filter((address) => own.includes(address)).map((address) => `the pool ${name} (${cidr}) has ${address}, which a machine has`),
    ...(announcedBy === 'ARP' && !isIn(segment, first)
      ? [`the pool ${name} (${cidr}) is not in ${segment}: nobody there asks for its addresses by ARP, announce it by BGP`]
      : []),
  ];
}

/**
 * Objects whose LoadBalancer services have got an address each, the lowest that is free of the pool that they ask for by name:
 * `{ 'default/web': 'segment' }`. Throws in a sentence for each service without one, a pool that is used up, and a block that cannot be.
 */
export function allocated(
  objects: readonly KubeObject[],
  pools: readonly Pool[],
  asked: Record<string, string>,
  surroundings: Surroundings,
): KubeObject[] {
  const problems = pools.flatMap((pool, i) => poolProblems(pool, pools.slice(0, i), surroundings));
  const owners = new Map<string, string>();
  const given = objects.map((each): KubeObject => {
    if (!isWanted(each)) return each;
    const service = nameOf(each);
    const pool = pools.find(({ name }) => name === asked[service]);
    const ip = pool && addressesOf(pool.cidr).find((address) => !owners.has(address));
    if (ip) owners.set(ip, service);
    else problems.push(pool ? usedUp(service, pool, owners) : noPool(service, asked[service], pools));
    return ip ? { ...each, status: { loadBalancer: { ingress: [{ ip }] } } } : each;
  });
  const names = objects.filter(isWanted).map(nameOf);
  problems.push(
    ...Object.keys(asked)
      .filter((each) => !names.includes(each))
      .map((each) => `${each} asks a pool, and is no LoadBalancer service`),
  );
  if (problems.length) throw new Error(problems.join('; '));
  return given;
}

const noPool = (service: string, asked: string | undefined, pools: readonly Pool[]) =>
  `${service} is a LoadBalancer service and ${asked === undefined ? 'asks no pool' : `asks the pool ${asked}, which is not there`}: there are ${pools.map(({ name }) => name).join(', ')}`;

function usedUp(service: string, { name, cidr }: Pool, owners: Map<string, string>): string {
  const theirs = addressesOf(cidr).map((address) => `${address} of ${owners.get(address)}`);
  return `${service} gets no address: the pool ${name} (${cidr}) is used up, by ${theirs.join(', ')}; give it a wider block`;
}

/** A service’s address, how it is announced, and by which nodes: the first of those that live, or all. */
export interface Announcement {
  service: string;
  vip: string;
  by: Pool['announcedBy'];
  nodes: string[];
}

/**
 * Which nodes announce which addresses: all, or of policy Local those that have an endpoint. By ARP only one can: `order` says
 * who comes first (MetalLB, layer2_controller.go: by the SHA-256 of node, ‘#’ and address).
 */
export function announced(
  objects: readonly KubeObject[],
  pools: readonly Pool[],
  nodes: readonly string[],
  order: (node: string, vip: string) => string,
): Announcement[] {
  return objects.filter(isWanted).flatMap((service) =>
    (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip: vip }) => {
      const pool = pools.find(({ cidr }) => isIn(cidr, vip));
      const able = service.spec.externalTrafficPolicy === 'Local' ? nodes.filter((node) => hasEndpoint(objects, service, node)) : nodes;
      const sorted = able.toSorted((a, b) => (order(a, vip) < order(b, vip) ? -1 : 1));
      return pool ? [{ service: nameOf(service), vip, by: pool.announcedBy, nodes: pool.announcedBy === 'ARP' ? sorted : [...able] }] : [];
    }),
  );
}

const hasEndpoint = (objects: readonly KubeObject[], { metadata }: Service, node: string) =>
  objects.some(
    (each) =>
      each.kind === 'EndpointSlice' &&
      each.metadata.namespace === metadata.namespace &&
      each.metadata.labels[SERVICE_NAME] === metadata.name &&
      each.endpoints.some(({ nodeName, conditions }) => nodeName === node && conditions?.ready !== false),
  );
