import { type Check, lacks, lines } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { cluster, type Place, written } from '../kube-proxy/cluster.ts';
import type { KubeObject } from '../kube-proxy/objects.ts';
import { callByName } from './walks.ts';

type Checks = Record<string, Check<Place, 'SC-09' | 'SH-01'>>;

/** What a name is told to have, in order of the addresses. */
const addresses = (...names: string[]) =>
  `perl -MSocket -e 'alarm 5; for (@ARGV) { my (undef, undef, undef, undef, @at) = gethostbyname $_;
    print "$_: ", join(" ", sort(map { inet_ntoa $_ } @at)) || "none", "\\n" }' ${names.join(' ')}`;

export const answers: Checks = {
  'A headless service’s name has the addresses of its pods, a pod’s name its own': {
    claim: 'SH-01',
    run: addresses('nginx-headless.default.svc.cluster.local', 'nginx-headless', 'web-0.nginx-headless', 'web-1.nginx-headless'),
    see: {
      podA: lines(
        'nginx-headless.default.svc.cluster.local: 10.42.1.6 10.42.1.9 10.42.2.6',
        'nginx-headless: 10.42.1.6 10.42.1.9 10.42.2.6',
        'web-0.nginx-headless: 10.42.1.6',
        'web-1.nginx-headless: 10.42.2.6',
      ),
    },
  },
  'Other services’ names have their ClusterIP, from every pod': {
    claim: 'SC-09',
    run: addresses('nginx-test', 'kubernetes.default', 'kube-dns.kube-system.svc.cluster.local'),
    see: Object.fromEntries(
      (['podA', 'podB', 'podC', 'podD'] as const).map((pod) => [
        pod,
        lines('nginx-test: 10.43.6.58', 'kubernetes.default: 10.43.0.1', 'kube-dns.kube-system.svc.cluster.local: 10.43.0.10'),
      ]),
    ),
  },
  'What is no name has no address: a service of another namespace, a pod that is not ready': {
    run: addresses('kube-dns', 'nobody', 'web-2.nginx-headless'),
    see: { podA: lines('kube-dns: none', 'nobody: none', 'web-2.nginx-headless: none') },
  },
  'Name, ClusterIP, pod: port 8080 leads to port 80': {
    claim: 'SC-09',
    run: callByName('nginx-test.default.svc.cluster.local', 8080),
    see: { podA: lines('podC sees 10.42.0.65') },
  },
};

/** Which rules kube-proxy writes with the headless service, and without. */
export const rules = (objects: readonly KubeObject[]): Checks => {
  const others = objects.filter(({ metadata }) => metadata.name !== 'nginx-headless');
  const saved = (all: readonly KubeObject[]) =>
    `unshare -n sh -e <<'APART' | grep -v '^#' | md5sum\n${written('master', all)}\niptables-save -t nat\niptables-save -t filter\nAPART`;
  return {
    'kube-proxy has no rule for it': {
      claim: 'SH-01',
      run: 'iptables-save',
      see: onEvery(cluster, () => [lines('default/nginx-test'), lacks('nginx-headless')]),
    },
    'With it and without it kube-proxy writes the same rules': {
      claim: 'SH-01',
      run: `with=$(${saved(objects)}\n)\nwithout=$(${saved(others)}\n)\n[ "$with" = "$without" ] && echo the same`,
      see: { master: lines('the same') },
    },
  };
};
