import type { MayDiffer } from '../../src/compare/dumps.ts';
import type { Conformance } from './holds.ts';

/** What a lab of Calico's may have otherwise than was recorded of Felix, BIRD and the CNI plugin. */
export const allowed: MayDiffer[] = [
  {
    command: 'iptables-save',
    what: /^(nat|filter|mangle) KUBE-/,
    because: 'kube-proxy’s rules are held against a record of its own; beside Felix some earlier ones were recorded',
  },
  {
    command: 'iptables-save',
    what: /^(nat|filter) (INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)$/,
    because:
      'so do the jumps to them: Felix comes first, and last in POSTROUTING of nat, which the earlier ones joined late',
  },
];

/** Changes of routes and settings, each of which must be found. */
export const mutations: Conformance['mutations'] = {
  'a pod’s route is gone': {
    at: 'node1',
    line: 'ip route del 10.42.1.9',
    differs: /^node1: 10\.42\.1\.9 \S+: recorded .*, now nothing$/m,
  },
  'a pod’s gateway answers for nobody': {
    at: 'master',
    line: 'sysctl -qw net.ipv4.conf.cali7f94ce7c295.proxy_arp=0',
    differs: /^master: net\.ipv4\.conf\.cali7f94ce7c295\.proxy_arp: recorded .* = 1, now .* = 0$/m,
  },
};

/** Changes of Felix's rules and sets, each of which must be found. */
export const rules: Conformance['mutations'] = {
  'a rule of Felix is gone': {
    at: 'node1',
    line: 'iptables -D cali-INPUT -m mark --mark 0x10000/0x10000 -j ACCEPT',
    differs: /^node1: filter cali-INPUT: recorded -A cali-INPUT -m mark .*, now nothing$/m,
  },
  'two rules change places': {
    at: 'node1',
    line: 'iptables -D cali-FORWARD -j cali-cidr-block && iptables -I cali-FORWARD -j cali-cidr-block',
    differs: /^node1: filter cali-FORWARD: recorded (nothing|-A .*), now (nothing|-A .*)/m,
  },
  'a set has a member more': {
    at: 'node2',
    line: 'ipset add cali40network-ip-pools 10.99.0.0/16',
    differs: /^node2: add cali40network-ip-pools 10\.99\.0\.0\/16: recorded nothing/m,
  },
};
