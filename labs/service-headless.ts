import { lab } from 'packetwalk';
import { claims } from './claims.ts';
import { answers, rules } from './kit/cluster-dns/checks.ts';
import { faults } from './kit/cluster-dns/faults.ts';
import { kubeDns, resolvers, server } from './kit/cluster-dns/steps.ts';
import { byName } from './kit/cluster-dns/walks.ts';
import { kubeProxy, links, network, nodes, serves } from './kit/kube-proxy/cluster.ts';
import { kubernetes, served, service } from './kit/kube-proxy/services.ts';

const podB = { address: '10.42.1.9', node: 'node1' };
const podC = { address: '10.42.1.6', node: 'node1', hostname: 'web-0' };
const podD = { address: '10.42.2.6', node: 'node2', hostname: 'web-1' };

const objects = served([
  ...kubernetes,
  ...service('nginx-test', { clusterIP: '10.43.6.58' }, { port: 8080, targetPort: 80 }, [podC]),
  ...service('nginx-headless', { clusterIP: 'None' }, { port: 80 }, [
    podC,
    podD,
    podB,
    { address: '10.42.2.7', node: 'node2', hostname: 'web-2', ready: false },
  ]),
  ...service('kube-system/kube-dns', { clusterIP: kubeDns }, { name: 'dns', port: 53, protocol: 'UDP' }, [podC]),
]);

export default lab({
  title: 'A headless service has no address and no rule: DNS names its pods',
  about:
    'The cluster of service-clusterip-iptables, and dnsmasq in podC behind kube-dns. It has the names that a cluster’s DNS server makes of Services and EndpointSlices; pods ask it by the resolver of the C library, as kubelet would have them. nginx-headless has two pods with a hostname, one without, and one that is not ready.',
  claims,
  nodes,
  links: [...links],
  setup: {
    ...network,
    'Start what the services stand for: each endpoint says its name, and who called': {
      podC: serves('podC'),
      podD: serves('podD'),
    },
    ...kubeProxy(objects),
    'Give kube-dns a server: dnsmasq, with a name for each service, and for each pod of a headless one': { podC: server(objects) },
    ...resolvers,
  },
  walks: byName,
  checks: { ...answers, ...rules(objects) },
  faults,
});
