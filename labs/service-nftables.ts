import { lab } from 'packetwalk';
import { claims } from './claims.ts';
import { onEvery } from './kit/cluster.ts';
import { apiServer, byHand, client, cluster, links, network, nodes, played, serves, stranger, timeouts } from './kit/kube-proxy/cluster.ts';
import { growth, maps, nodePorts, tableWritten, unused } from './kit/kube-proxy/nft-checks.ts';
import { faults } from './kit/kube-proxy/nft-faults.ts';
import { balancedWalks, nodePortWalks } from './kit/kube-proxy/nft-outside-walks.ts';
import { clusterIpWalks, unservedWalks } from './kit/kube-proxy/nft-walks.ts';
import { kubernetes, served, service } from './kit/kube-proxy/services.ts';
import { program } from './kit/program.ts';

const podB = { address: '10.42.1.9', node: 'node1' };
const podC = { address: '10.42.1.6', node: 'node1' };
const podD = { address: '10.42.2.6', node: 'node2' };

const objects = served([
  ...kubernetes,
  ...service('nginx-test', { type: 'NodePort', clusterIP: '10.43.6.58' }, { name: '80-80', port: 80, nodePort: 32506 }, [
    podC,
    { ...podD, ready: false },
  ]),
  ...service('idle', { clusterIP: '10.43.6.60' }, { port: 80 }, []),
  ...service('nginx-both', { clusterIP: '10.43.6.61' }, { port: 8080, targetPort: 80 }, [podC, podD]),
  ...service('nginx-three', { clusterIP: '10.43.6.62' }, { port: 80 }, [podB, podC, podD]),
  ...service('nginx-local', { type: 'NodePort', clusterIP: '10.43.6.63', externalTrafficPolicy: 'Local' }, { port: 80, nodePort: 32507 }, [podC]),
  ...service('nginx-sticky', { clusterIP: '10.43.6.64', sessionAffinity: 'ClientIP' }, { port: 80 }, [podC, podD]),
  ...service(
    'nginx-balanced',
    { type: 'LoadBalancer', clusterIP: '10.43.6.65', loadBalancerSourceRanges: [`${client}/32`] },
    { port: 80, nodePort: 32508 },
    [podC],
    { loadBalancer: { ingress: [{ ip: '198.51.100.10' }] } },
  ),
]);

export default lab({
  title: 'In nftables mode a service is an element of a map, and one rule asks for all of them',
  about:
    'The cluster of service-clusterip-iptables, and what kube-proxy v1.36 in nftables mode, which Kubernetes recommends today, writes on each node: one table of its own, and nothing into those of iptables. nginx-test is the document’s service with its NodePort 32506, its second endpoint not ready.',
  claims,
  nodes: { ...nodes, stranger: 'host' },
  links: [...links, `stranger:eth0 ${stranger}/24 -- lan`],
  setup: {
    ...network,
    'Lead from outside to a load balancer’s address by master, as a load balancer would': {
      client: 'ip route add 198.51.100.0/24 via 192.168.205.4',
      stranger: 'ip route add 198.51.100.0/24 via 192.168.205.4',
    },
    'Start what the services stand for: each endpoint says its name, and who called': {
      podB: serves('podB'),
      podC: serves('podC'),
      podD: serves('podD'),
      podA: program('servers/count-calls', '/run/count-calls'),
    },
    ...apiServer(objects),
    'Set what kube-proxy sets: connections are forgotten sooner': onEvery(cluster, () => byHand(timeouts)),
    'Write kube-proxy’s table: each node has all of it, for every service': onEvery(cluster, (n) =>
      played(n.name, objects, 'nftables', tableWritten(n, objects)),
    ),
  },
  walks: { ...clusterIpWalks, ...unservedWalks, ...nodePortWalks, ...balancedWalks },
  checks: { ...maps, ...nodePorts, ...unused, ...growth },
  faults,
});
