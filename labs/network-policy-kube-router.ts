import { lab } from 'packetwalk';
import { claims } from './claims.ts';
import { serves } from './kit/kube-proxy/cluster.ts';
import { chains, whoReachesWhom } from './kit/network-policy/kube-router-checks.ts';
import { firewall, labelled, links, network, nodes } from './kit/network-policy/kube-router-cluster.ts';
import { faults } from './kit/network-policy/kube-router-faults.ts';
import { walks } from './kit/network-policy/kube-router-walks.ts';
import { app, enforced, namespace, policy } from './kit/network-policy/objects.ts';
import { program } from './kit/program.ts';

const tier = (name: string) => ({ matchLabels: { tier: name } });
const master = { matchLabels: { app: 'redis', role: 'master' } };

const pods = [
  labelled('frontend', { app: 'guestbook', tier: 'frontend' }),
  labelled('redis-master', { app: 'redis', role: 'master' }),
  labelled('redis-slave1', { app: 'redis', role: 'slave' }),
  labelled('dashboard', { app: 'dashboard' }, 'kube-system'),
];

const policies = enforced(
  [
    policy('kube-system/dashboard', {
      podSelector: app('dashboard'),
      policyTypes: ['Egress'],
      egress: [{ to: [{ namespaceSelector: namespace('default'), podSelector: tier('frontend') }], ports: [{ port: 80 }] }],
    }),
    // Nobody may call a pod of the namespace default, unless another policy lets him.
    policy('default/deny-all', { podSelector: {}, policyTypes: ['Ingress'] }),
    policy('default/frontend', {
      podSelector: tier('frontend'),
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ namespaceSelector: namespace('kube-system') }, { ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.64/26'] } }],
          ports: [{ port: 80 }],
        },
      ],
    }),
    policy('default/redis-master', {
      podSelector: master,
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: tier('frontend') }], ports: [{ port: 6379 }] }],
    }),
  ],
  pods,
);

export default lab({
  title: 'kube-router asks all of a pod’s policies, and refuses what none of them has marked',
  about:
    'The three nodes of kube-router’s cluster that are in one subnet, and two callers outside. deny-all forbids all calls to pods of the namespace default; redis-master lets tier=frontend call it at port 6379; frontend lets the namespace kube-system call it, and a block of addresses with an exception; dashboard lets that pod of kube-system call tier=frontend, and nobody else.',
  claims,
  nodes,
  links: [...links],
  setup: {
    ...network,
    'Give each a program that calls all at once; a pod shares the files of its node': Object.fromEntries(
      ['ip-172-20-42-25', 'ip-172-20-32-100', 'ip-172-20-49-17', 'client', 'stranger'].map((place) => [
        place,
        program('servers/who-answers', '/run/who-answers'),
      ]),
    ),
    'Start who can be called: each says its name': {
      frontend: serves('frontend'),
      'redis-master': [serves('redis-master', 6379), serves('redis-master-80', 80)].flat(),
      'redis-slave1': serves('redis-slave1', 6379),
      dashboard: serves('dashboard', 9090),
      client: serves('client'),
    },
    ...firewall(policies, pods),
  },
  walks,
  checks: {
    ...whoReachesWhom({
      frontend: ['frontend:80', 'redis-master:6379', 'dashboard:9090', 'client:80'],
      'redis-master': ['redis-master:6379', 'redis-master:80', 'dashboard:9090', 'client:80'],
      'redis-slave1': ['redis-slave1:6379', 'dashboard:9090', 'client:80'],
      dashboard: ['frontend:80', 'dashboard:9090'],
      client: ['frontend:80', 'dashboard:9090', 'client:80'],
      stranger: ['dashboard:9090', 'client:80'],
      'ip-172-20-42-25': ['frontend:80', 'dashboard:9090', 'client:80'],
      'ip-172-20-32-100': ['redis-master:6379', 'redis-master:80', 'redis-slave1:6379', 'dashboard:9090', 'client:80'],
    }),
    ...chains,
  },
  faults,
});
