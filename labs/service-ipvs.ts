import { lab } from 'packetwalk';
import { claims } from './claims.ts';
import { links, network, nodes, serves } from './kit/kube-proxy/cluster.ts';
import { counts, device, schedulers } from './kit/kube-proxy/ipvs-checks.ts';
import { faults } from './kit/kube-proxy/ipvs-faults.ts';
import { ipvs } from './kit/kube-proxy/ipvs-steps.ts';
import { clusterIpWalks, nodePortWalks, nodeWalks, unservedWalks } from './kit/kube-proxy/ipvs-walks.ts';
import { kubernetes, served, service } from './kit/kube-proxy/services.ts';
import { program } from './kit/program.ts';

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
  ...service('nginx-local', { type: 'NodePort', clusterIP: '10.43.6.63', externalTrafficPolicy: 'Local' }, { port: 80, nodePort: 32507 }, [podC]),
]);

export default lab({
  title: 'In IPVS mode each node has every ClusterIP itself, and IPVS hands the call on',
  about:
    'The cluster of service-clusterip-iptables, and what kube-proxy v1.36 in IPVS mode, which Kubernetes is about to give up, writes on each node: a device that is down and has all addresses, virtual servers, sets, and rules that are the same for any number of services. nginx-test is the document’s service with its NodePort 32506, its second endpoint not ready.',
  claims,
  nodes,
  links: [...links],
  setup: {
    ...network,
    'Start what the services stand for: each endpoint says its name, and who called': {
      podC: serves('podC'),
      podD: serves('podD'),
      podA: program('servers/count-calls', '/run/count-calls'),
    },
    ...ipvs(objects),
  },
  walks: { ...clusterIpWalks, ...nodeWalks, ...unservedWalks, ...nodePortWalks },
  checks: { ...device(objects), ...counts, ...schedulers },
  faults,
});
