import { lab } from 'packetwalk';
import { claims } from './claims.ts';
import { checks } from './kit/ingress/checks.ts';
import { faults } from './kit/ingress/faults.ts';
import { ingress } from './kit/ingress/nginx.ts';
import { answers, controller } from './kit/ingress/steps.ts';
import { walks } from './kit/ingress/walks.ts';
import { kubeProxy, links, network, nodes } from './kit/kube-proxy/cluster.ts';
import { kubernetes, served, service } from './kit/kube-proxy/services.ts';
import { program } from './kit/program.ts';

const podA = { address: '10.42.0.65', node: 'master' };
const podB = { address: '10.42.1.9', node: 'node1' };
const podC = { address: '10.42.1.6', node: 'node1' };
const podD = { address: '10.42.2.6', node: 'node2' };

const objects = served([
  ...kubernetes,
  ...service('shop', { clusterIP: '10.43.6.70' }, { port: 80 }, [podB]),
  ...service('cart', { clusterIP: '10.43.6.71' }, { port: 80 }, [podC]),
  ...service('blog', { clusterIP: '10.43.6.72' }, { port: 80 }, [podD]),
  ...service(
    'ingress-nginx/ingress-nginx-controller',
    { type: 'NodePort', clusterIP: '10.43.6.80', externalTrafficPolicy: 'Local' },
    { name: 'http', port: 80, nodePort: 30080 },
    [podA],
  ),
]);

const ingresses = [
  ingress('shop', { 'shop.example': { '/': 'shop:80', '/cart': 'cart:80' } }),
  ingress('blog', { 'blog.example': { '/': 'blog:80' } }),
];

export default lab({
  title: 'An Ingress is a proxy: one connection ends at nginx, another one leads to the pod',
  about:
    'The cluster of service-clusterip-iptables. podA is the ingress controller: a real nginx with ModSecurity and the OWASP core rule set, behind port 30080 of its node. By host and path it asks podB (shop), podC (cart) or podD (blog), which answer with what they were asked, for whom, and by whom.',
  claims,
  needs: { programs: ['nginx'] },
  nodes,
  links: [...links],
  setup: {
    ...network,
    'Start what the services stand for: each says what it was asked': {
      podB: answers('podB'),
      podC: answers('podC'),
      podD: answers('podD'),
    },
    ...kubeProxy(objects),
    'Write nginx’s configuration from the Ingresses, and start it': { podA: controller(ingresses, objects) },
    'Give client and controller a program that asks for pages': {
      client: program('servers/http-get', '/run/http-get'),
      master: program('servers/http-get', '/run/http-get'),
    },
  },
  walks,
  checks,
  faults,
});
