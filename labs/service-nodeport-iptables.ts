import { lab } from 'packetwalk';
import { claims } from './claims.ts';
import { client, kubeProxy, links, network, nodes, serves, stranger } from './kit/kube-proxy/cluster.ts';
import { printed, seen } from './kit/kube-proxy/nodeport-checks.ts';
import { faults } from './kit/kube-proxy/nodeport-faults.ts';
import { addressWalks, localhostWalks, nodePortWalks } from './kit/kube-proxy/nodeport-walks.ts';
import { type Endpoint, kubernetes, served, service } from './kit/kube-proxy/services.ts';
import { program } from './kit/program.ts';

const podC = { address: '10.42.1.6', node: 'node1' };
const podD = { address: '10.42.2.6', node: 'node2' };
const [LoadBalancer, External] = ['198.51.100.10', '198.51.100.20'];

/** The document’s service, with its second endpoint or without. */
const nginxTest = (ready: boolean) =>
  service('nginx-test', { type: 'NodePort', clusterIP: '10.43.6.58' }, { name: '80-80', port: 80, nodePort: 32506 }, [podC, { ...podD, ready }]);

const nodePort = (name: string, clusterIP: string, port: number, spec: object, endpoints: Endpoint[] = [podC]) =>
  service(name, { type: 'NodePort', clusterIP, ...spec }, { port: 80, nodePort: port }, endpoints);

const objects = served([
  ...kubernetes,
  ...nginxTest(false),
  ...nodePort('nginx-local', '10.43.6.61', 32507, { externalTrafficPolicy: 'Local' }),
  ...service(
    'nginx-balanced',
    { type: 'LoadBalancer', clusterIP: '10.43.6.62', loadBalancerSourceRanges: [`${client}/32`] },
    { port: 80, nodePort: 32508 },
    [podC],
    { loadBalancer: { ingress: [{ ip: LoadBalancer }] } },
  ),
  ...service('nginx-external', { clusterIP: '10.43.6.63', externalIPs: [External] }, { port: 80 }, [podC]),
  ...nodePort('nginx-sticky', '10.43.6.64', 32509, { sessionAffinity: 'ClientIP' }, [podC, podD]),
  ...nodePort('nginx-loose', '10.43.6.65', 32510, {}, [podC, podD]),
]);

export default lab({
  title: 'A NodePort is no socket: each node’s rules lead from its port to an endpoint',
  about:
    'The cluster of service-clusterip-iptables and two callers outside. nginx-test is the document’s service with its NodePort 32506, its second endpoint not ready; beside it one of policy Local, one with a load balancer’s address and source ranges, one with an external address, and one with session affinity.',
  claims,
  nodes: { ...nodes, stranger: 'host' },
  links: [...links, `stranger:eth0 ${stranger}/24 -- lan`],
  setup: {
    ...network,
    'Lead from outside to services’ addresses by master, as a load balancer would': {
      client: ['198.51.100.0/24', '10.43.0.0/16'].map((to) => `ip route add ${to} via 192.168.205.4`),
      stranger: 'ip route add 198.51.100.0/24 via 192.168.205.4',
    },
    'Start what the services stand for: each endpoint says its name, and who called': {
      podC: serves('podC'),
      podD: serves('podD'),
      client: program('servers/count-calls', '/run/count-calls'),
    },
    ...kubeProxy(objects),
  },
  walks: { ...nodePortWalks, ...addressWalks, ...localhostWalks },
  checks: { ...printed([...kubernetes, ...nginxTest(true)]), ...seen },
  faults,
});
