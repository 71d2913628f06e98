import { type Check, corrects, json, lacks, lines } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { cluster, type Place } from './cluster.ts';
import { ipvsOf } from './ipvs.ts';
import { optionsOf, rulesWritten } from './ipvs-steps.ts';
import type { KubeObject } from './objects.ts';
import { many } from './services.ts';

type Checks = Record<string, Check<Place, 'SI-01' | 'SI-03' | 'SI-04' | 'SI-05'>>;

const master = optionsOf({ name: 'master', address: '192.168.205.4', subnet: '10.42.0' });

export const device = (objects: readonly KubeObject[]): Checks => {
  const { addresses } = ipvsOf(objects, master);
  return {
    'kube-ipvs0 has every ClusterIP, and is down: nothing is ever sent by it': {
      claim: 'SI-01',
      run: 'ip -j addr show dev kube-ipvs0',
      see: onEvery(cluster, () => json([{ operstate: 'DOWN', addr_info: addresses.map((local) => ({ local, prefixlen: 32, scope: 'global' })) }])),
    },
    'So they are addresses of each node itself, and what is for them takes INPUT': {
      claim: 'SI-01',
      run: 'ip route show table local dev kube-ipvs0',
      see: onEvery(cluster, () => addresses.map((address) => lines(`local ${address}`))),
    },
  };
};

/** The sets and rules of so many services in a network namespace of their own, counted. */
const counted = (count: number) => `echo "${count}: $(unshare -n sh -e <<'APART'
${rulesWritten(many(count), master).join('\n')}
echo "rules $(iptables-save | grep -c '^-A'), sets $(ipset save | grep -c '^create'), entries $(ipset save | grep -c '^add')"
APART
)"`;

export const counts: Checks = {
  'One service of six endpoints makes 28 rules, and ten make 28: a service more is two entries of sets more': {
    claim: 'SI-03',
    run: [1, 10].map(counted).join('\n'),
    see: { master: lines('1: rules 28, sets 17, entries 4', '10: rules 28, sets 17, entries 22') },
  },
  'A NodePort is a virtual server at each address of the node, and not at localhost': {
    claim: 'SI-05',
    run: 'ipvsadm -Sn',
    see: onEvery(cluster, (n) => [
      ...[n.address, `${n.subnet}.0`, `${n.subnet}.1`].map((address) => lines(`-A -t ${address}:32506 -s rr`)),
      lacks('127.0.0.1'),
    ]),
  },
  'No rule of nat translates a destination': { claim: 'SI-05', run: 'iptables-save -t nat', see: onEvery(cluster, () => lacks('DNAT')) },
  'No process listens at a node’s port': { run: 'ss -Htln', see: onEvery(cluster, () => lacks(':32506', ':32507')) },
};

/**
 * Calls by another scheduler, of a virtual server whose endpoint podD was at first going (its weight was 0) for so many calls. It is
 * made anew: a scheduler that is changed goes on from where the former one was.
 */
const scheduled = (scheduler: 'rr' | 'lc' | 'sh', before: number) => `
  ipvsadm -D -t 10.43.6.61:8080
  ipvsadm -A -t 10.43.6.61:8080 -s ${scheduler}
  ipvsadm -a -t 10.43.6.61:8080 -r 10.42.1.6:80 -m -w 1
  ${before ? `ip netns exec podA perl /run/count-calls 10.43.6.61 8080 ${before} > /dev/null` : ''}
  ipvsadm -a -t 10.43.6.61:8080 -r 10.42.2.6:80 -m -w 1
  echo ${scheduler} $(ip netns exec podA perl /run/count-calls 10.43.6.61 8080 20)`;

export const schedulers: Checks = {
  'rr calls both endpoints in turn, lc the one that had fewer calls, sh one and the same for a caller': {
    claim: corrects('SI-04', 'The scheduler is said to kube-proxy (`kube-proxy --ipvs-scheduler`), not to kubelet.'),
    changes: true,
    run: [scheduled('rr', 20), scheduled('lc', 20), scheduled('sh', 0), scheduled('rr', 0)].join('\n'),
    see: { master: [lines('rr podC 10 podD 10', 'lc podD 20', 'sh pod', 'rr podC 10 podD 10'), lacks('sh podC 1 ', 'lc podC')] },
  },
};
