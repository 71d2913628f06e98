import { daemon, lab, send } from 'packetwalk';
import { claims } from './claims.ts';
import { answers } from './kit/ingress/steps.ts';
import { keepalivedOn, takesGroups } from './kit/keepalived.ts';
import { kubeProxy, network } from './kit/kube-proxy/cluster.ts';
import { checks, witnesses } from './kit/load-balancers/checks.ts';
import { links, nodes, objects, router } from './kit/load-balancers/cluster.ts';
import { faults, nodeFaults } from './kit/load-balancers/faults.ts';
import { failoverWalks, toAnyNode, toBalancer } from './kit/load-balancers/walks.ts';
import { feed, program } from './kit/program.ts';

const nginx = daemon('nginx', "nginx -c /run/nginx.conf -g 'daemon off;'", { 'it listens': 'ss -Hltn sport = :80 | grep -q .' });

const proxy = [
  feed('cat > /run/nginx.conf', [
    'user root;',
    'worker_processes 1;',
    'pid /run/nginx.master;',
    'error_log stderr notice;',
    'events {}',
    'http {',
    '  access_log off;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `  ${each}_temp_path /run/nginx-${each};`),
    '  upstream nginx-test {',
    '    server 192.168.205.3:32506 max_fails=1 fail_timeout=1s;',
    '    server 192.168.205.5:32506 max_fails=1 fail_timeout=1s;',
    '  }',
    '  server {',
    '    listen 80;',
    '    location / {',
    '      proxy_pass http://nginx-test;',
    '      proxy_connect_timeout 1s;',
    '      proxy_read_timeout 5s;',
    '      proxy_set_header Host $host;',
    '      proxy_set_header X-Forwarded-For $remote_addr;',
    '    }',
    '  }',
    '}',
  ]),
  'nginx -t -c /run/nginx.conf',
  nginx,
];

/** Succeeds while nginx waits for no node. */
const isIdle = '! ss -Htn dport = :32506 | grep -q .';

const walk = 'client asks the VIP, and nginx on lb1 asks a node';

export default lab({
  title: 'nginx in front of the nodes’ ports, on two machines with one address by keepalived',
  about:
    'The cluster of service-clusterip-iptables, whose nginx-test has a NodePort of policy Local. Two load balancers stand before it, each a real nginx that leads to the port of either node; real keepalived has one of them hold the address 192.168.205.100, and the other take over.',
  claims,
  needs: { programs: ['nginx'], kernel: [takesGroups] },
  nodes,
  links: [...links],
  setup: {
    ...network,
    'Start what the service stands for: each endpoint says what it was asked, for whom, and by whom': {
      podC: answers('podC'),
      podD: answers('podD'),
    },
    ...kubeProxy(objects),
    'Start nginx on both load balancers: its upstream are the nodes that have an endpoint, in turn': { lb1: proxy, lb2: proxy },
    ...keepalivedOn(router),
    'Give the client a program that asks for pages': { client: program('servers/http-get', '/run/http-get') },
    ...witnesses,
  },
  walks: {
    [walk]: {
      claims: ['LB-01'],
      send: send('client', 'perl /run/http-get 192.168.205.100:80 shop.example /'),
      ...toBalancer('nginx'),
      later: { 'nginx calls the port of a node, and that calls its pod': toAnyNode('nginx') },
    },
    ...failoverWalks,
  },
  checks: checks('LB-01', isIdle),
  faults: { ...faults(walk, nginx), ...nodeFaults(walk, isIdle) },
});
