import { expect } from 'chai';
import { namesOf } from '../../labs/kit/cluster-dns/zone.ts';
import { kubernetes, service } from '../../labs/kit/kube-proxy/services.ts';
import lab from '../../labs/service-headless.ts';
import type { Lab } from '../../src/lab/words.ts';
import { ended } from './ended.ts';
import { noneInVain } from './in-vain.ts';

describe('The names of a cluster’s DNS', () => {
  const at = (address: string, more: object = {}) => ({ address, node: 'node1', ...more });

  it('have a service’s ClusterIP, in its namespace', () => {
    const dns = service('kube-system/kube-dns', { clusterIP: '10.43.0.10' }, { port: 53 }, [at('10.42.1.6')]);
    expect(namesOf([...kubernetes, ...dns])).to.deep.equal([
      ['kubernetes.default.svc.cluster.local', '10.43.0.1'],
      ['kube-dns.kube-system.svc.cluster.local', '10.43.0.10'],
    ]);
  });

  it('have the endpoints of a headless service that are ready, and each that has a hostname by that', () => {
    const endpoints = [
      at('10.42.1.6', { hostname: 'web-0' }),
      at('10.42.1.7'),
      at('10.42.1.8', { hostname: 'web-1', ready: false }),
    ];
    expect(namesOf(service('web', { clusterIP: 'None' }, { port: 80 }, endpoints), 'example.net')).to.deep.equal([
      ['web.default.svc.example.net', '10.42.1.6'],
      ['web-0.web.default.svc.example.net', '10.42.1.6'],
      ['web.default.svc.example.net', '10.42.1.7'],
    ]);
    expect(namesOf(service('web', { clusterIP: 'None' }, { port: 80 }, []))).to.deep.equal([]);
  });
});

const [headless, toService, nobody] = [
  'podA calls web-0.nginx-headless: its name leads to the pod itself',
  'podA calls nginx-test: its name leads to the ClusterIP',
  'podA asks for a name that no service has',
] as const;
const [pods, others, noName, byName] = [
  'A headless service’s name has the addresses of its pods, a pod’s name its own',
  'Other services’ names have their ClusterIP, from every pod',
  'What is no name has no address: a service of another namespace, a pod that is not ready',
  'Name, ClusterIP, pod: port 8080 leads to port 80',
] as const;
const [noRule, sameRules] = [
  'kube-proxy has no rule for it',
  'With it and without it kube-proxy writes the same rules',
] as const;

/** The server’s names are other ones from now on. */
const renamed = (change: string) => `${change}\nkill -HUP $(cat /run/dnsmasq.pid)`;

noneInVain(
  'service-headless',
  lab as Lab,
  [
    ['podC', renamed("sed -i '/nginx-headless/d' /run/names"), [headless, pods]],
    ['podC', renamed("sed -i '/nginx-test/d' /run/names"), [toService, others, byName]],
    ['podC', renamed("echo '10.42.1.6 nobody.default.svc.cluster.local' >> /run/names"), [nobody, noName]],
    ['node2', 'iptables -t nat -A KUBE-SERVICES -m comment --comment default/nginx-headless', [noRule]],
    ['podC', ended('dnsmasq'), ['dnsmasq still runs', others]],
    ['podC', ended('podC'), ['podC still runs', byName]],
    ['podD', ended('podD'), ['podD still runs']],
  ],
  [[sameRules, 'without=$(', 'without=not$(']],
);
