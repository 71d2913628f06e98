import { type Check, corrects, exactly, json, lacks, lines, none } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { call, PATIENT } from '../processes.ts';
import { cluster, type Place, written } from './cluster.ts';
import { askFrom, dns } from './clusterip-walks.ts';
import { chainOf, endpointChain } from './names.ts';
import type { KubeObject } from './objects.ts';
import { many } from './services.ts';

type Checks = Record<string, Check<Place, 'SC-01' | 'SC-02' | 'SC-04' | 'SC-05' | 'SC-07' | 'SC-08'>>;

/** Rules of kube-proxy in a network namespace of their own, and what is then asked there. */
export const apart = (objects: readonly KubeObject[], ...asked: string[]) =>
  `unshare -n sh -e <<'APART'\n${[written('master', objects), ...asked].join('\n')}\nAPART`;

/** What the document prints of its service with both endpoints. */
export const printed = (objects: readonly KubeObject[]): Checks => ({
  'iptables -nvL reads as in the document: the service’s chain, and one for each endpoint': {
    claim: 'SC-01',
    run: apart(
      objects,
      ...['KUBE-SERVICES', 'KUBE-SVC-7CWUT4JBGBRVUN2L', 'KUBE-SEP-U2YYZT2C3O6VM4EV', 'KUBE-SEP-GWUIQWA2TNZI4ESX'].map(
        (chain) => `iptables -t nat -nvL ${chain}`,
      ),
    ),
    see: {
      master: lines(
        '10.43.6.58 /* default/nginx-test:80-80 cluster IP */ tcp dpt:80',
        'Chain KUBE-SVC-7CWUT4JBGBRVUN2L (1 references)',
        '/* default/nginx-test:80-80 -> 10.42.1.6:80 */ statistic mode random probability 0.50000000000',
        '/* default/nginx-test:80-80 -> 10.42.2.6:80 */',
        'Chain KUBE-SEP-U2YYZT2C3O6VM4EV (1 references)',
        '10.42.1.6 0.0.0.0/0 /* default/nginx-test:80-80 */',
        '/* default/nginx-test:80-80 */ tcp to:10.42.1.6:80',
        'Chain KUBE-SEP-GWUIQWA2TNZI4ESX (1 references)',
        '10.42.2.6 0.0.0.0/0 /* default/nginx-test:80-80 */',
        '/* default/nginx-test:80-80 */ tcp to:10.42.2.6:80',
      ),
    },
  },
});

/** So many calls, of which each endpoint has its share, within five standard deviations of the binomial distribution. */
export const shared = (address: string, port: number, names: string[], calls = 1000) => {
  const share = 1 / names.length;
  const bound = Math.floor(5 * Math.sqrt(calls * share * (1 - share)));
  const [least, most] = [Math.ceil(calls * share) - bound, Math.floor(calls * share) + bound];
  return {
    run: `perl /run/count-calls ${address} ${port} ${calls} | awk '
      { print; if ($2 < ${least} || $2 > ${most}) far = 1 }
      END { if (NR == ${names.length} && !far) print "each has from ${least} to ${most}" }'`,
    see: { podA: lines(...names, `each has from ${least} to ${most}`) },
  };
};

export const balanced: Checks = {
  'Of 1,000 calls each of two endpoints has a half: port 8080 leads to their port 80': {
    claim: 'SC-02',
    ...shared('10.43.6.61', 8080, ['podC', 'podD']),
  },
  'Of 1,000 calls each of three endpoints has a third': {
    claim: 'SC-02',
    ...shared('10.43.6.62', 80, ['podB', 'podC', 'podD']),
  },
  'Its rules are in the order of the addresses: 1/3, then a half of the rest, then the rest': {
    claim: 'SC-02',
    run: `iptables -t nat -S ${chainOf('SVC', 'default/nginx-three', 'tcp')}`,
    see: {
      master: lines(
        '-> 10.42.1.6:80" -m statistic --mode random --probability 0.33333333349',
        '-> 10.42.1.9:80" -m statistic --mode random --probability 0.50000000000',
        '-> 10.42.2.6:80" -j KUBE-SEP-',
      ),
    },
  },
};

export const nowhere: Checks = {
  'No device of any node has a ClusterIP': {
    claim: 'SC-05',
    run: 'ip -j addr',
    see: onEvery(cluster, () => ['10.43.0.1', '10.43.6.58', dns].map((local) => none({ addr_info: [{ local }] }))),
  },
  'Each node has the devices of its network, and no other': {
    claim: 'SC-05',
    run: 'ip -j link',
    see: onEvery(cluster, ({ pods }) =>
      exactly(...['lo', 'enp0s1', 'cni0', 'flannel.1', ...pods.map(({ veth }) => veth)].map((ifname) => ({ ifname }))),
    ),
  },
  'No process listens where a service is: there is no such socket': {
    claim: 'SC-05',
    run: 'ss -Htunl',
    see: onEvery(cluster, () => lacks(':53', ':80', ':8080')),
  },
};

export const tracked: Checks = {
  'Conntrack has both sides of a call: what was asked, and whose answers are turned back': {
    claim: 'SC-04',
    run: `ip netns exec podA ${call('10.43.6.58', 80, PATIENT)}
      conntrack -L -p tcp -s 10.42.0.65 -d 10.43.6.58 2>&1 | sed -E 's/[sd]port=[0-9]+ //g'`,
    see: { master: lines('src=10.42.0.65 dst=10.43.6.58 src=10.42.1.6 dst=10.42.0.65') },
  },
  'Hairpin is on at each port of cni0': {
    claim: 'SC-07',
    run: 'ip -j -d link show type veth',
    see: onEvery(cluster, ({ pods }) => json(pods.map(({ veth }) => ({ ifname: veth, linkinfo: { info_slave_data: { hairpin: true } } })))),
  },
};

const svc = chainOf('SVC', 'default/kube-dns:dns', 'udp');
const [former, next] = ['10.42.1.6:53', '10.42.2.6:53'].map((at) => endpointChain('default/kube-dns:dns', 'udp', at));

/** kube-dns’s endpoint is another one from now on; kube-proxy writes that, and deletes what conntrack has of the former by UDP. */
export const endpointGoes: Checks = {
  'An endpoint goes: kube-proxy deletes its UDP entries, which would lead there for ever, and no TCP entry': {
    run: `ask() { echo "$1: $(${askFrom(5353, dns, 53)})"; }
      conntrack -D -p udp -d ${dns} > /dev/null 2>&1
      ${call('10.43.6.58', 80, PATIENT)} > /dev/null
      ask 'at first'
      iptables -t nat -N ${next}
      iptables -t nat -A ${next} -p udp -j DNAT --to-destination 10.42.2.6:53
      iptables -t nat -R ${svc} 2 -j ${next}
      ask 'by other rules'
      conntrack -D -p udp --orig-dst ${dns} --reply-src 10.42.1.6 > /dev/null 2>&1
      ask 'without the entry'
      conntrack -L -p tcp --orig-dst 10.43.6.58 --reply-src 10.42.1.6 2> /dev/null | grep -q . && echo 'TCP: still there'
      iptables -t nat -R ${svc} 2 -m comment --comment "default/kube-dns:dns -> 10.42.1.6:53" -j ${former}
      iptables -t nat -F ${next}
      iptables -t nat -X ${next}
      conntrack -D -p udp -d ${dns} > /dev/null 2>&1`,
    see: {
      node2: lines('at first: podC heard hello', 'by other rules: podC heard hello', 'without the entry: podD heard hello', 'TCP: still there'),
    },
  },
};

export const counted: Checks = {
  'One service of six endpoints makes 48 rules, ten make 228: 28, and 20 for each': {
    claim: corrects(
      'SC-08',
      'They make 228: 28 that are always there, `kubernetes` among them, and 20 a service. 120 are those of KUBE-SEP alone; a jump to each endpoint and two rules a service come to that. A hundred make 2028.',
    ),
    run: [1, 10].map((count) => `echo "${count}: $(${apart(many(count), "iptables-save | grep -c '^-A'")}\n)"`).join('\n'),
    see: { master: lines('1: 48', '10: 228') },
  },
  'Of those 228 rules 120 are in the chains KUBE-SEP, for endpoints of the ten services': {
    claim: 'SC-08',
    run: apart(many(10), "iptables-save -t nat | grep '^-A KUBE-SEP' | grep -vc default/kubernetes"),
    see: { master: lines('120') },
  },
};
