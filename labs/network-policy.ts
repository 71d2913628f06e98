import { lab } from 'packetwalk';
import { claims } from './claims.ts';
import { serves } from './kit/kube-proxy/cluster.ts';
import { chains, whoReachesWhom } from './kit/network-policy/checks.ts';
import { felix, labelled, links, network, nodes } from './kit/network-policy/cluster.ts';
import { faults } from './kit/network-policy/faults.ts';
import { app, enforced, namespace, policy } from './kit/network-policy/objects.ts';
import { walks } from './kit/network-policy/walks.ts';
import { program } from './kit/program.ts';

const pods = [
  labelled('podA', 'master', { app: 'frontend' }),
  labelled('podB', 'node1', { app: 'db' }),
  labelled('podC', 'node1', { app: 'web' }),
  labelled('podD', 'node2', { app: 'probe' }, 'ops'),
];

const policies = enforced(
  [
    // Nobody may call a pod of the namespace default, unless another policy lets him.
    policy('default/deny-all', { podSelector: {}, policyTypes: ['Ingress'] }),
    policy('default/db', {
      podSelector: app('db'),
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: app('frontend') }], ports: [{ port: 80 }] }],
    }),
    policy('default/web', {
      podSelector: app('web'),
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ namespaceSelector: namespace('ops') }, { ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.64/26'] } }],
          ports: [{ port: 80 }],
        },
      ],
    }),
    policy('ops/probe', {
      podSelector: app('probe'),
      policyTypes: ['Egress'],
      egress: [{ to: [{ namespaceSelector: namespace('default'), podSelector: app('web') }], ports: [{ port: 80 }] }],
    }),
  ],
  pods,
);

export default lab({
  title: 'A NetworkPolicy is a chain of the filter table on the pod’s own node',
  about:
    'The cluster of calico-bgp, podD in a namespace of its own, and two callers outside. deny-all forbids all calls to pods of the namespace default; db lets app=frontend call podB at port 80; web lets the namespace ops call podC, and a block of addresses with an exception; ops/probe lets podD call app=web, and nobody else. What is undone by hand, Felix would mend: a rule within 2 s, a member of a set within 90 s.',
  claims,
  nodes,
  links: [...links],
  setup: {
    ...network,
    'Give each a program that calls all at once; a pod shares the files of its node': Object.fromEntries(
      ['master', 'node1', 'node2', 'client', 'stranger'].map((place) => [place, program('servers/who-answers', '/run/who-answers')]),
    ),
    'Start who can be called: each says its name': {
      podA: serves('podA'),
      podB: [serves('podB'), serves('podB-81', 81)].flat(),
      podC: serves('podC'),
      podD: serves('podD'),
      client: serves('client'),
    },
    ...felix(policies, pods),
  },
  walks,
  checks: {
    ...whoReachesWhom({
      podA: ['podA:80', 'podB:80', 'podD:80', 'client:80'],
      podB: ['podB:80', 'podB:81', 'podD:80', 'client:80'],
      podC: ['podC:80', 'podD:80', 'client:80'],
      podD: ['podC:80', 'podD:80'],
      client: ['podC:80', 'podD:80', 'client:80'],
      stranger: ['podD:80', 'client:80'],
      master: ['podA:80', 'podD:80', 'client:80'],
      node1: ['podB:80', 'podB:81', 'podC:80', 'podD:80', 'client:80'],
    }),
    ...chains,
  },
  faults,
});
