import { daemon, lab, lines, send, until } from 'packetwalk';
import { claims } from './claims.ts';
import { answers } from './kit/ingress/steps.ts';
import { keepalivedOn, takesGroups } from './kit/keepalived.ts';
import { kubeProxy, network } from './kit/kube-proxy/cluster.ts';
import { checks, witnesses } from './kit/load-balancers/checks.ts';
import { links, nodes, objects, router } from './kit/load-balancers/cluster.ts';
import { checkedFaults, faults } from './kit/load-balancers/faults.ts';
import { askingAnyNode, failoverWalks, toBalancer } from './kit/load-balancers/walks.ts';
import { feed, program } from './kit/program.ts';

/** What haproxy thinks of each server, by its own socket: `node1 UP`. */
const states = 'echo \'show stat\' | socat - /run/haproxy.sock | awk -F , \'$1 == "nginx-test" && $2 != "BACKEND" { print $2, $18 }\'';

const are = (state: 'UP' | 'DOWN') => `${states} | tr '\\n' ' ' | grep -qx 'master DOWN node1 ${state} node2 ${state} '`;
const isBoth = (state: 'UP' | 'DOWN') => until(`haproxy takes both nodes for ${state}`, are(state), '30 s');

/** Succeeds while haproxy waits for no node: a request that is not answered it asks again, whether its client is still there or not. */
const isIdle = "echo 'show stat' | socat - /run/haproxy.sock | grep -q '^nginx-test,BACKEND,0,[0-9]*,0,'";

const haproxy = daemon('haproxy', 'haproxy -W -db -f /run/haproxy.cfg', {
  'it listens': 'ss -Hltn sport = :80 | grep -q .',
  'it has found out that nobody answers at master': are('UP'),
});

const proxy = [
  feed('cat > /run/haproxy.cfg', [
    'global',
    '  log stderr local0',
    '  nbthread 1',
    '  stats socket /run/haproxy.sock level admin',
    'defaults',
    '  mode http',
    '  timeout connect 1s',
    '  timeout client 10s',
    '  timeout server 5s',
    '  timeout check 500ms',
    '  retry-on all-retryable-errors',
    '  option redispatch 1',
    'frontend vip',
    '  bind :80',
    '  default_backend nginx-test',
    'backend nginx-test',
    '  balance roundrobin',
    '  option nolinger',
    '  option forwardfor',
    '  http-reuse never',
    '  default-server check inter 500ms fall 2 rise 1',
    '  server master 192.168.205.4:32506',
    '  server node1 192.168.205.3:32506',
    '  server node2 192.168.205.5:32506',
  ]),
  'haproxy -c -f /run/haproxy.cfg',
  haproxy,
];

const walk = 'client asks the VIP, and haproxy on lb1 asks a node';

export default lab({
  title: 'haproxy in front of the nodes’ ports: it calls each again and again, and leads to those that answer',
  about:
    'The cluster and the two load balancers of lb-nginx-keepalived, with a real haproxy on each. It is told of all three nodes, and of no pod: by its health checks it finds out that master, which has no endpoint of the service, does not answer.',
  claims,
  needs: { kernel: [takesGroups] },
  nodes,
  links: [...links],
  setup: {
    ...network,
    'Start what the service stands for: each endpoint says what it was asked, for whom, and by whom': {
      podC: answers('podC'),
      podD: answers('podD'),
    },
    ...kubeProxy(objects),
    'Start haproxy on both load balancers: its servers are all nodes, each of which it checks twice a second': { lb1: proxy, lb2: proxy },
    ...keepalivedOn(router),
    'Give the client a program that asks for pages': { client: program('servers/http-get', '/run/http-get') },
    ...witnesses,
  },
  walks: {
    [walk]: {
      claims: ['LB-02'],
      send: send('client', 'perl /run/http-get 192.168.205.100:80 shop.example /'),
      ...toBalancer('haproxy'),
      later: { 'haproxy asks the port of a node, and that is its pod’s': askingAnyNode('haproxy') },
    },
    ...failoverWalks,
  },
  checks: {
    'haproxy leads to the nodes that answer, and to master no more': {
      claim: 'LB-02',
      run: states,
      see: { lb1: lines('master DOWN', 'node1 UP', 'node2 UP') },
    },
    ...checks('LB-02', isIdle),
  },
  faults: { ...faults(walk, haproxy), ...checkedFaults(walk, isBoth, isIdle) },
});
