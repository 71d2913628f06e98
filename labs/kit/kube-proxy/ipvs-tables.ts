import { comment, type Table } from './iptables.ts';
import type { SetName } from './ipvs-sets.ts';

const MARK = '0x4000';

/** A rule for what is in a set, by the comment that kube-proxy gives to it. */
const inSet = (set: SetName, by: string, to: string, text?: string, before = '') =>
  `${before}${text ? `${comment(text)} ` : ''}-m set --match-set ${set} ${by} -j ${to}`;

const texts = {
  lb: 'Kubernetes service load balancer ip + port',
  external: 'Kubernetes service external ip + port',
};

/** The tables of kube-proxy in IPVS mode: a set that has no entries has no rule, but some that always have one. */
export function ipvsTables(clusterCidr: string, isFilled: (set: SetName) => boolean): Table[] {
  const where = (set: SetName, ...rules: string[]) => (isFilled(set) ? rules : []);
  return [
    {
      name: 'filter',
      chains: [
        ...['KUBE-FORWARD', 'KUBE-IPVS-FILTER', 'KUBE-IPVS-OUT-FILTER', 'KUBE-NODE-PORT', 'KUBE-PROXY-FIREWALL'],
        'KUBE-SOURCE-RANGES-FIREWALL',
      ],
      rules: [...filterJumps, ...filterRules, ...rangeRules(where)],
    },
    {
      name: 'nat',
      chains: ['KUBE-LOAD-BALANCER', 'KUBE-MARK-MASQ', 'KUBE-NODE-PORT', 'KUBE-POSTROUTING', 'KUBE-SERVICES'],
      rules: [...natJumps, ...postrouting(where), ...marks(where), ...services(clusterCidr, where)],
    },
  ];
}

type Where = (set: SetName, ...rules: string[]) => string[];

const filterJumps = [
  `-A INPUT ${comment('kubernetes ipvs access filter')} -j KUBE-IPVS-FILTER`,
  `-A INPUT ${comment('kube-proxy firewall rules')} -j KUBE-PROXY-FIREWALL`,
  `-A INPUT ${comment('kubernetes health check rules')} -j KUBE-NODE-PORT`,
  `-A FORWARD ${comment('kube-proxy firewall rules')} -j KUBE-PROXY-FIREWALL`,
  `-A FORWARD ${comment('kubernetes forwarding rules')} -j KUBE-FORWARD`,
  `-A OUTPUT ${comment('kubernetes ipvs access filter')} -j KUBE-IPVS-OUT-FILTER`,
];

/** A port of kube-ipvs0's addresses that is no service's is refused. */
const filterRules = [
  `-A KUBE-FORWARD ${comment('kubernetes forwarding rules')} -m mark --mark ${MARK}/${MARK} -j ACCEPT`,
  `-A KUBE-FORWARD ${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  ...(['KUBE-LOAD-BALANCER', 'KUBE-CLUSTER-IP', 'KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const).map(
    (set) => `-A KUBE-IPVS-FILTER ${inSet(set, 'dst,dst', 'RETURN')}`,
  ),
  `-A KUBE-IPVS-FILTER ${inSet('KUBE-HEALTH-CHECK-NODE-PORT', 'dst', 'RETURN')}`,
  `-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW ${inSet('KUBE-IPVS-IPS', 'dst', 'REJECT --reject-with icmp-port-unreachable')}`,
  `-A KUBE-NODE-PORT ${inSet('KUBE-HEALTH-CHECK-NODE-PORT', 'dst', 'ACCEPT', 'Kubernetes health check node port')}`,
];

const rangeRules = (where: Where) => [
  ...where(
    'KUBE-LOAD-BALANCER-FW',
    `-A KUBE-PROXY-FIREWALL ${inSet('KUBE-LOAD-BALANCER-FW', 'dst,dst', 'KUBE-SOURCE-RANGES-FIREWALL', `${texts.lb} for load balancer with sourceRange`)}`,
  ),
  ...where(
    'KUBE-LOAD-BALANCER-SOURCE-CIDR',
    `-A KUBE-SOURCE-RANGES-FIREWALL ${inSet('KUBE-LOAD-BALANCER-SOURCE-CIDR', 'dst,dst,src', 'RETURN', `${texts.lb} + source cidr for packet filter purpose`)}`,
  ),
  ...where(
    'KUBE-LOAD-BALANCER-SOURCE-IP',
    `-A KUBE-SOURCE-RANGES-FIREWALL ${inSet('KUBE-LOAD-BALANCER-SOURCE-IP', 'dst,dst,src', 'RETURN', `${texts.lb} + source IP for packet filter purpose`)}`,
  ),
  '-A KUBE-SOURCE-RANGES-FIREWALL -j DROP',
];

const natJumps = [
  `-A PREROUTING ${comment('kubernetes service portals')} -j KUBE-SERVICES`,
  `-A OUTPUT ${comment('kubernetes service portals')} -j KUBE-SERVICES`,
  `-A POSTROUTING ${comment('kubernetes postrouting rules')} -j KUBE-POSTROUTING`,
];

const postrouting = (where: Where) => [
  ...where(
    'KUBE-LOOP-BACK',
    `-A KUBE-POSTROUTING ${inSet('KUBE-LOOP-BACK', 'dst,dst,src', 'MASQUERADE', 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose')}`,
  ),
  `-A KUBE-POSTROUTING -m mark ! --mark ${MARK}/${MARK} -j RETURN`,
  `-A KUBE-POSTROUTING -j MARK --set-xmark ${MARK}/0x0`,
  `-A KUBE-POSTROUTING ${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
];

/** Who comes by a load balancer's address or a NodePort is marked, but where the policy is Local. */
const marks = (where: Where) => [
  ...where(
    'KUBE-LOAD-BALANCER-LOCAL',
    `-A KUBE-LOAD-BALANCER ${inSet('KUBE-LOAD-BALANCER-LOCAL', 'dst,dst', 'RETURN', `${texts.lb} with externalTrafficPolicy=local`)}`,
  ),
  '-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ',
  `-A KUBE-MARK-MASQ -j MARK --set-xmark ${MARK}/${MARK}`,
  ...(['TCP', 'UDP', 'SCTP'] as const).flatMap((kind) => {
    const [suffix, by] = kind === 'SCTP' ? (['SCTP-HASH', 'dst,dst'] as const) : ([kind, 'dst'] as const);
    const before = `-A KUBE-NODE-PORT -p ${kind.toLowerCase()} `;
    const text = `Kubernetes nodeport ${kind} port`;
    return [
      ...where(
        `KUBE-NODE-PORT-LOCAL-${suffix}`,
        inSet(`KUBE-NODE-PORT-LOCAL-${suffix}`, by, 'RETURN', `${text} with externalTrafficPolicy=local`, before),
      ),
      ...where(`KUBE-NODE-PORT-${suffix}`, inSet(`KUBE-NODE-PORT-${suffix}`, by, 'KUBE-MARK-MASQ', `${text} for masquerade purpose`, before)),
    ];
  }),
];

/** External addresses are IPVS's where they come from elsewhere than the node's own bridge, or are the node's. */
function external(set: SetName, text: string): string[] {
  const match = `-A KUBE-SERVICES ${comment(text)} -m set --match-set ${set} dst,dst`;
  return [`${match} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`, `${match} -m addrtype --dst-type LOCAL -j ACCEPT`];
}

const services = (clusterCidr: string, where: Where) => {
  const [masqueraded, local] = [`${texts.external} for masquerade and filter purpose`, `${texts.external} with externalTrafficPolicy=local`];
  return [
    '-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN',
    ...where(
      'KUBE-LOAD-BALANCER',
      `-A KUBE-SERVICES ${inSet('KUBE-LOAD-BALANCER', 'dst,dst', 'KUBE-LOAD-BALANCER', 'Kubernetes service lb portal')}`,
    ),
    ...where(
      'KUBE-CLUSTER-IP',
      `-A KUBE-SERVICES ! -s ${clusterCidr} ${inSet('KUBE-CLUSTER-IP', 'dst,dst', 'KUBE-MARK-MASQ', 'Kubernetes service cluster ip + port for masquerade purpose')}`,
    ),
    ...where(
      'KUBE-EXTERNAL-IP',
      `-A KUBE-SERVICES ${inSet('KUBE-EXTERNAL-IP', 'dst,dst', 'KUBE-MARK-MASQ', masqueraded)}`,
      ...external('KUBE-EXTERNAL-IP', masqueraded),
    ),
    ...where('KUBE-EXTERNAL-IP-LOCAL', ...external('KUBE-EXTERNAL-IP-LOCAL', local)),
    '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
    ...(['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER'] as const).flatMap((set) => where(set, `-A KUBE-SERVICES ${inSet(set, 'dst,dst', 'ACCEPT')}`)),
  ];
};
