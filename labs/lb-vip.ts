import { lab } from 'packetwalk';
import { claims } from './claims.ts';
import { kubeProxy, network, serves } from './kit/kube-proxy/cluster.ts';
import { program } from './kit/program.ts';
import { assigned, failOver } from './kit/vip/checks.ts';
import { links, nodes, objects } from './kit/vip/cluster.ts';
import { faults } from './kit/vip/faults.ts';
import { speakers } from './kit/vip/steps.ts';
import { walks } from './kit/vip/walks.ts';

export default lab({
  title: 'A load balancer’s address is on no device: by ARP one node says that it has it, by BGP several do',
  about:
    'The cluster of service-clusterip-iptables, and four LoadBalancer services that get their addresses from two pools, as MetalLB gives them. Those in the nodes’ own segment are announced by ARP: a small speaker on each node elects one of them as MetalLB’s does, and that one answers. The others are announced by BGP, by a real BIRD on each node, to a router that shares flows among its next hops. web and shop are of policy Cluster, web-local and shop-local of policy Local.',
  claims,
  nodes,
  links: [...links],
  setup: {
    ...network,
    'Give the caller behind the router its way out': { remote: 'ip route add default via 203.0.113.1' },
    'Start what the services stand for: each endpoint says its name, and who called': {
      podC: serves('podC'),
      podD: serves('podD'),
      client: program('servers/until-moved', '/run/until-moved'),
      remote: program('servers/seen-as', '/run/seen-as'),
    },
    ...kubeProxy(objects),
    ...speakers,
  },
  walks,
  checks: { ...assigned, ...failOver },
  faults,
});
