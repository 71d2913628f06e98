import { daemon, lab } from 'packetwalk';
import { claims } from './claims.ts';
import { kubeProxy, links, network, nodes, serves } from './kit/kube-proxy/cluster.ts';
import { balanced, counted, endpointGoes, nowhere, printed, tracked } from './kit/kube-proxy/clusterip-checks.ts';
import { faults } from './kit/kube-proxy/clusterip-faults.ts';
import { dnsWalks, nginxWalks } from './kit/kube-proxy/clusterip-walks.ts';
import { kubernetes, served, service } from './kit/kube-proxy/services.ts';
import { program } from './kit/program.ts';

const podB = { address: '10.42.1.9', node: 'node1' };
const podC = { address: '10.42.1.6', node: 'node1' };
const podD = { address: '10.42.2.6', node: 'node2' };

/** The document’s service, with its second endpoint or without. */
const nginxTest = (ready: boolean) => service('nginx-test', { clusterIP: '10.43.6.58' }, { name: '80-80', port: 80 }, [podC, { ...podD, ready }]);

const objects = served([
  ...kubernetes,
  ...nginxTest(false),
  ...service('idle', { clusterIP: '10.43.6.60' }, { port: 80 }, []),
  ...service('nginx-both', { clusterIP: '10.43.6.61' }, { port: 8080, targetPort: 80 }, [podC, podD]),
  ...service('nginx-three', { clusterIP: '10.43.6.62' }, { port: 80 }, [podB, podC, podD]),
  ...service('kube-dns', { clusterIP: '10.43.0.10' }, { name: 'dns', port: 53, protocol: 'UDP' }, [podC]),
]);

const answersUdp = (name: string) => [
  program('servers/udp-witness', `/run/${name}-udp.program`),
  daemon(`${name}-udp`, `perl /run/${name}-udp.program 53 ${name}`, { 'it has its port': 'ss -Hlun sport = :53 | grep -q .' }),
];

export default lab({
  title: 'A ClusterIP is nobody’s address: kube-proxy’s rules make it an endpoint’s',
  about:
    'Three nodes with flannel’s VXLAN network, without flanneld and its own rules, and what kube-proxy v1.36 in iptables mode writes on each for six services. nginx-test is the document’s; its second endpoint is not ready, so that each walk ends at the first.',
  claims,
  nodes,
  links: [...links],
  setup: {
    ...network,
    'Start what the services stand for: each endpoint says its name, and who called': {
      podB: serves('podB'),
      podC: [...serves('podC'), ...answersUdp('podC')],
      podD: [...serves('podD'), ...answersUdp('podD')],
      podA: program('servers/count-calls', '/run/count-calls'),
    },
    ...kubeProxy(objects),
  },
  walks: { ...nginxWalks, ...dnsWalks },
  checks: {
    ...printed([...kubernetes, ...nginxTest(true)]),
    ...balanced,
    ...nowhere,
    ...tracked,
    ...endpointGoes,
    ...counted,
  },
  faults,
});
