import lab from '../../labs/cni-bridge.ts';
import { holds } from './holds.ts';

const drawn = 'a bridge’s MAC is drawn by lot';

holds('cni-bridge', {
  lab,
  folder: 'cni-bridge',
  allowed: [
    { nodes: ['minikube'], command: 'ip -j', what: /^(mybridge|docker0) address$/, because: drawn },
    { nodes: ['minikube'], command: 'bridge -j fdb', what: /^(mybridge|docker0) [0-9a-f:]{17}$/, because: drawn },
    {
      nodes: ['podA', 'podB', 'nginx'],
      command: 'ip -j',
      what: /^eth0 txqlen$/,
      because: 'the plugin of Debian 12, 1.1.1, leaves a pod’s eth0 without a queue’s length',
      byChance: true,
    },
  ],
  mutations: {
    'a setting is another': {
      at: 'minikube',
      line: 'sysctl -qw net.ipv4.conf.mybridge.proxy_arp=1',
      differs: /^minikube: net\.ipv4\.conf\.mybridge\.proxy_arp: recorded .* = 0, now .* = 1$/m,
    },
    'a pod has another MTU': {
      at: 'podA',
      line: 'ip link set eth0 mtu 1400',
      differs: /^podA: eth0 mtu: recorded 1460, now 1400$/m,
    },
    'a pod’s default route is gone': {
      at: 'podB',
      line: 'ip route del default',
      differs: /^podB: default .*: recorded .*10\.1\.0\.1.*, now nothing$/m,
    },
    'a port lets frames out by which they came in': {
      at: 'minikube',
      line: 'bridge link set dev vethe0ce3592 hairpin on',
      differs: /^minikube: vethe0ce3592 .*hairpin: recorded false, now true$/m,
    },
    'a pod’s masquerading spares one network more': {
      at: 'minikube',
      line: 'iptables -t nat -I $(iptables -t nat -S POSTROUTING | grep -o "CNI-.*" | head -1) -d 10.2.0.0/16 -j ACCEPT',
      differs: /^minikube: nat CNI-\w+: recorded nothing, now -A CNI-\w+ -d 10\.2\.0\.0\/16 -j ACCEPT$/m,
    },
  },
});
