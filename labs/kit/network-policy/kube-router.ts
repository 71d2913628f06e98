import { createHash } from 'node:crypto';
import { isPeer, type LabelledPod, type NetworkPolicy, type Peer, type Ports, selects } from './objects.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first 16 characters of a text’s SHA-256 in base32 (RFC 4648), by which kube-router names what it makes. */
function hash(text: string): string {
  const bits = [...createHash('sha256').update(text).digest().subarray(0, 10)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('');
}

/** The chain of a policy; kube-router’s hash has the time of its last sync in it besides, so that chains are named anew each time. */
export const policyChain = (fullName: string) => `KUBE-NWPLCY-${hash(`${fullName.replace('/', '')}IPv4`)}`;

/** The chain of a pod. */
export const podChain = ({ namespace, name }: Pick<LabelledPod, 'namespace' | 'name'>) => `KUBE-POD-FW-${hash(namespace + name)}`;

type Kind = 'SRC' | 'DST';

/** The set of a policy’s own pods, or of the peers of one of its rules: `ingressrule0IPv4pod`. */
export const setOf = (kind: Kind, { metadata }: NetworkPolicy, part = 'IPv4') => `KUBE-${kind}-${hash(metadata.namespace + metadata.name + part)}`;

const comment = (text: string) => `-m comment --comment "${text}"`;

/** A set as `ipset restore` reads it. */
const created = (name: string, type: 'ip' | 'net', members: string[]) => [
  `create ${name} hash:${type} family inet timeout 0`,
  ...members.map((member) => `add ${name} ${member} timeout 0`.replace(' nomatch timeout 0', ' timeout 0 nomatch')),
];

/** Lines for `ipset restore` and rules for `iptables-restore`. */
export interface Written {
  sets: string[];
  rules: string[];
}

const allOf = (parts: Written[]): Written => ({ sets: parts.flatMap(({ sets }) => sets), rules: parts.flatMap(({ rules }) => rules) });

/** Per direction: whose set is the policy’s own, how it names a rule’s peers, and what its comments say of them. */
const ways = {
  ingress: {
    own: 'DST',
    peers: 'SRC',
    pods: 'from source pods to dest pods selected by policy name',
    all: 'from all sources to dest pods',
    blocks: 'from specified ipBlocks to dest pods',
  },
  egress: {
    own: 'SRC',
    peers: 'DST',
    pods: 'from source pods to dest pods selected by policy name',
    all: 'from source pods to all destinations',
    blocks: 'from source pods to specified ipBlocks',
  },
} as const;
type Direction = keyof typeof ways;

/** A rule of a policy is a pair: what it allows is marked, and what is marked returns. */
function marking(policy: NetworkPolicy, direction: Direction, said: string, peers: string | undefined, ports: readonly Ports[]): string[] {
  const chain = policyChain(`${policy.metadata.namespace}/${policy.metadata.name}`);
  const own = setOf(ways[direction].own, policy);
  const [src, dst] = direction === 'ingress' ? [peers, own] : [own, peers];
  const sets = [...(src ? [`-m set --match-set ${src} src`] : []), ...(dst ? [`-m set --match-set ${dst} dst`] : [])].join(' ');
  const matches = ports.length
    ? ports.map(({ protocol = 'TCP', port }) => ({ first: ` -p ${protocol.toLowerCase()}`, last: ` -m ${protocol.toLowerCase()} --dport ${port}` }))
    : [{ first: '', last: '' }];
  return matches.flatMap(({ first, last }) => {
    const rule = `-A ${chain}${first} ${comment(`rule to ACCEPT traffic ${said}`)} ${sets}${last}`;
    return [`${rule} -j MARK --set-xmark 0x10000/0x10000`, `${rule} -m mark --mark 0x10000/0x10000 -j RETURN`];
  });
}

/** One rule of a policy: a set and a pair of rules for its pods, and for its blocks of addresses. */
function allowed(policy: NetworkPolicy, direction: Direction, index: number, peers: Peer[], ports: Ports[], pods: readonly LabelledPod[]): Written {
  const { peers: kind, pods: ofPods, all, blocks: ofBlocks } = ways[direction];
  const { namespace, name } = policy.metadata;
  const selected = (what: string) => `${what} selected by policy name: ${name} namespace ${namespace}`;
  const blocks = peers.flatMap((peer) => ('ipBlock' in peer ? [peer.ipBlock] : []));
  const members = pods.filter((pod) => peers.some((peer) => isPeer(policy, peer, pod))).map(({ address }) => address);
  const named = (part: 'pod' | 'ipblock') => setOf(kind, policy, `${direction}rule${index}IPv4${part}`);
  if (!peers.length) return { sets: [], rules: marking(policy, direction, selected(all), undefined, ports) };
  return allOf([
    ...(peers.length > blocks.length
      ? [
          {
            sets: created(named('pod'), 'ip', members),
            rules: marking(policy, direction, `${ofPods} ${name} namespace ${namespace}`, named('pod'), ports),
          },
        ]
      : []),
    ...(blocks.length
      ? [
          {
            sets: created(
              named('ipblock'),
              'net',
              blocks.flatMap(({ cidr, except = [] }) => [cidr, ...except.map((each) => `${each} nomatch`)]),
            ),
            rules: marking(policy, direction, selected(ofBlocks), named('ipblock'), ports),
          },
        ]
      : []),
  ]);
}

/** A policy: the sets of its own pods, and what each of its rules makes. */
function ofPolicy(policy: NetworkPolicy, pods: readonly LabelledPod[]): Written {
  const { policyTypes, ingress = [], egress = [] } = policy.spec;
  const own = pods.filter((pod) => selects(policy, pod)).map(({ address }) => address);
  const [isIngress, isEgress] = [policyTypes.includes('Ingress'), policyTypes.includes('Egress')];
  return allOf([
    {
      sets: [...(isIngress ? created(setOf('DST', policy), 'ip', own) : []), ...(isEgress ? created(setOf('SRC', policy), 'ip', own) : [])],
      rules: [],
    },
    ...(isIngress ? ingress.map(({ from, ports }, i) => allowed(policy, 'ingress', i, from, ports, pods)) : []),
    ...(isEgress ? egress.map(({ to, ports }, i) => allowed(policy, 'egress', i, to, ports, pods)) : []),
  ]);
}

/** A pod’s chain: known connections, its own node, each of its policies, or all where it has none; and the end of what nobody marked. */
function ofPod(pod: LabelledPod, policies: readonly NetworkPolicy[]): string[] {
  const { name, namespace, address } = pod;
  const own = policies.filter((policy) => selects(policy, pod));
  const has = (type: 'Ingress' | 'Egress') => own.some(({ spec }) => spec.policyTypes.includes(type));
  const chain = podChain(pod);
  const asked = ({ metadata, spec }: NetworkPolicy) => {
    const [only] = spec.policyTypes;
    const to = spec.policyTypes.length > 1 ? '' : `${only === 'Ingress' ? '-d' : '-s'} ${address}/32 `;
    return `${to}${comment(`run through nw policy ${metadata.name}`)} -j ${policyChain(`${metadata.namespace}/${metadata.name}`)}`;
  };
  const unmarked = '-m mark ! --mark 0x10000/0x10000';
  return [
    `${comment('rule for stateful firewall for pod')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `${comment('rule to drop invalid state for pod')} -m conntrack --ctstate INVALID -j DROP`,
    `-d ${address}/32 ${comment("rule to permit the traffic traffic to pods when source is the pod's local node")} -m addrtype --src-type LOCAL -j ACCEPT`,
    ...(has('Egress') ? [] : [`-s ${address}/32 ${comment('run through default egress network policy chain')} -j KUBE-NWPLCY-DEFAULT`]),
    ...(has('Ingress') ? [] : [`-d ${address}/32 ${comment('run through default ingress network policy chain')} -j KUBE-NWPLCY-DEFAULT`]),
    ...own.map(asked),
    `${comment(`rule to log dropped traffic POD name:${name} namespace: ${namespace}`)} ${unmarked} -m limit --limit 10/min --limit-burst 10 -j NFLOG --nflog-group 100`,
    `${comment(`rule to REJECT traffic destined for POD name:${name} namespace: ${namespace}`)} ${unmarked} -j REJECT --reject-with icmp-port-unreachable`,
    '-j MARK --set-xmark 0x0/0x10000',
    `${comment('set mark to ACCEPT traffic that comply to network policies')} -j MARK --set-xmark 0x20000/0x20000`,
  ].map((rule) => `-A ${chain} ${rule}`);
}

const bridged = '-m physdev --physdev-is-bridged ';

/** How KUBE-ROUTER-FORWARD, -INPUT and -OUTPUT ask a pod’s chain. */
function jumps(pod: LabelledPod): Record<'INPUT' | 'FORWARD' | 'OUTPUT', string[]> {
  const chain = podChain(pod);
  const jump = (from: 'traffic destined to' | 'traffic from', way: string) =>
    `${from === 'traffic from' ? '-s' : '-d'} ${pod.address}/32 ${way}${comment(`rule to jump ${from} POD name:${pod.name} namespace: ${pod.namespace} to chain ${chain}`)} -j ${chain}`;
  const [to, from] = [jump('traffic destined to', ''), jump('traffic from', '')];
  return { INPUT: [from], FORWARD: [to, jump('traffic destined to', bridged), from, jump('traffic from', bridged)], OUTPUT: [to, from] };
}

/** What comes in front of the pods’ chains in KUBE-ROUTER-INPUT: services and NodePorts are left to who proxies them. */
const leftAlone = (serviceCidr: string) => [
  `-A KUBE-ROUTER-INPUT -d ${serviceCidr} ${comment('allow traffic to primary/secondary cluster IP range - TRQJE2A3D6AEPYGW')} -j RETURN`,
  ...[
    ['tcp', 'LR7XO7NXDBGQJD2M'],
    ['udp', '76UCBPIZNGJNWNUZ'],
  ].map(
    ([protocol = '', id]) =>
      `-A KUBE-ROUTER-INPUT -p ${protocol} ${comment(`allow LOCAL ${protocol.toUpperCase()} traffic to node ports - ${id}`)} -m addrtype --dst-type LOCAL -m multiport --dports 30000:32767 -j RETURN`,
  ),
];

/** The rules of its routing controller: what no policy ended may pass to pods, from pods, and out. */
const routing = [
  `-A FORWARD -o eth0 ${comment('allow outbound node port traffic on node interface with which node ip is associated')} -j ACCEPT`,
  `-A FORWARD -o kube-bridge ${comment('allow inbound traffic to pods')} -j ACCEPT`,
  `-A FORWARD -i kube-bridge ${comment('allow outbound traffic from pods')} -j ACCEPT`,
];

const sync = { INPUT: '4IA2OSFRMVNDXBVV', FORWARD: 'TEMCG2JMHZYE7H7T', OUTPUT: 'VEAAIY32XVBHCSCY' } as const;

/**
 * What kube-router v2.1.0 writes on a node for policies (`--run-firewall`): all sets, a chain for each policy and for each pod of the
 * node. What its service proxy has in the same table is left out. Policies are asked in the order of their names; kube-router asks
 * them as its cache lists them, and each is asked, whatever another one marked.
 */
export function kubeRouterPolicies(policies: readonly NetworkPolicy[], pods: readonly LabelledPod[], node: string, serviceCidr: string): Written {
  const local = pods.filter((pod) => pod.node === node);
  const { sets, rules } = allOf(policies.map((policy) => ofPolicy(policy, pods)));
  const names = policies.map(({ metadata }) => policyChain(`${metadata.namespace}/${metadata.name}`));
  const chains = ['KUBE-NWPLCY-DEFAULT', ...names, ...local.map(podChain), ...Object.keys(sync).map((chain) => `KUBE-ROUTER-${chain}`)];
  const accepted = `${comment('rule to explicitly ACCEPT traffic that comply to network policies')} -m mark --mark 0x20000/0x20000 -j ACCEPT`;
  return {
    sets,
    rules: [
      '*filter',
      ...chains.map((chain) => `:${chain} - [0:0]`),
      ...Object.entries(sync).map(([chain, id]) => `-A ${chain} ${comment(`kube-router netpol - ${id}`)} -j KUBE-ROUTER-${chain}`),
      ...routing,
      ...rules,
      `-A KUBE-NWPLCY-DEFAULT ${comment('rule to mark traffic matching a network policy')} -j MARK --set-xmark 0x10000/0x10000`,
      ...local.flatMap((pod) => ofPod(pod, policies)),
      ...leftAlone(serviceCidr),
      ...(['INPUT', 'FORWARD', 'OUTPUT'] as const).flatMap((chain) =>
        [...local.flatMap((pod) => jumps(pod)[chain]), accepted].map((rule) => `-A KUBE-ROUTER-${chain} ${rule}`),
      ),
      'COMMIT',
    ],
  };
}
