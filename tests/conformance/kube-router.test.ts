import lab from '../../labs/kube-router.ts';
import labV2 from '../../labs/kube-router-v2.ts';
import type { MayDiffer } from '../../src/compare/dumps.ts';
import { holds } from './holds.ts';

const tunnels =
  'the document’s tunnels are named after an address, v2’s after a hash of it, and v2 gives routes into them a source';
const rules =
  'in the document the rules are 32764 and 32765, in v2 both are 32765: which is which is a matter of who starts first';

const ofBoth: MayDiffer[] = [
  {
    command: 'ipvsadm -Sn',
    what: /^-a -t 100\.64\.0\.1:443 -r 172\.20\.49\.17:/,
    because: 'the recorded API server listened at 6444, the document’s at 443',
  },
  {
    command: 'iptables-save',
    what: /^filter /,
    because: 'the lab leaves out kube-router’s firewall, which lets all of it pass',
  },
];

holds('kube-router', {
  lab,
  folder: 'kube-router',
  allowed: [
    ...ofBoth,
    {
      command: 'ip route show table local',
      what: /./,
      because: 'the document’s kube-router leaves the kernel’s routes as they are, v2’s gives them the node’s address',
    },
    { command: 'ip rule', what: /^3276[45]:/, because: rules },
    { command: 'ip route', what: / dev tun-/, because: tunnels },
    {
      command: 'ip route',
      what: / dev docker0 /,
      because: 'the document’s nodes have Docker, the recorded ones have not',
    },
  ],
  mutations: {
    'a route leads elsewhere': {
      at: 'ip-172-20-42-25',
      line: 'ip route replace 100.96.4.0/24 via 172.20.49.17 dev eth0 proto 17',
      differs: /^ip-172-20-42-25: 100\.96\.4\.0\/24 via 172\.20\.32\.100 .*: recorded .*, now nothing$/m,
    },
    'a setting is another': {
      at: 'ip-172-20-32-100',
      line: 'sysctl -qw net.ipv4.conf.all.arp_ignore=0',
      differs: /^ip-172-20-32-100: net\.ipv4\.conf\.all\.arp_ignore: recorded .* = 1, now .* = 0$/m,
    },
    'a service has an endpoint less': {
      at: 'ip-172-20-67-180',
      line: 'ipvsadm -d -t 100.65.21.151:6379 -r 100.96.1.2:6379',
      differs: /^ip-172-20-67-180: -a -t 100\.65\.21\.151:6379 -r 100\.96\.1\.2:6379 .*: recorded .*, now nothing$/m,
    },
    'a rule asks another table': {
      at: 'ip-172-20-75-91',
      line: 'ip rule add pref 100 from 100.96.1.0/24 lookup 79',
      differs: /^ip-172-20-75-91: 100:.*: recorded nothing, now .*lookup 79$/m,
    },
    'a rule of nat is there twice': {
      at: 'ip-172-20-49-17',
      line: 'iptables -t nat -I POSTROUTING 2 $(iptables -t nat -S POSTROUTING | sed -n "s/^-A POSTROUTING \\(.*vmethod.*\\)/\\1/p")',
      differs: /^ip-172-20-49-17: nat POSTROUTING: recorded nothing, now .*vmethod MASQ/m,
    },
  },
});

holds('kube-router-v2', {
  lab: labV2,
  folder: 'kube-router',
  allowed: ofBoth,
  mutations: {
    'a ClusterIP’s route is the kernel’s own': {
      at: 'ip-172-20-42-25',
      line: 'ip route replace local 100.66.80.152 dev kube-dummy-if table local proto kernel scope host src 100.66.80.152',
      differs: /^ip-172-20-42-25: local 100\.66\.80\.152 .*: recorded .*, now nothing$/m,
    },
    'a ClusterIP has no route': {
      at: 'ip-172-20-67-180',
      line: 'ip route del local 100.64.0.10 dev kube-dummy-if table local',
      differs: /^ip-172-20-67-180: local 100\.64\.0\.10 .*: recorded .*, now nothing$/m,
    },
    'a route into a tunnel has no source': {
      at: 'ip-172-20-75-91',
      line: 'ip route replace 100.96.2.0/24 dev tun-7f016c1dac7 proto 17 scope global',
      differs: /^ip-172-20-75-91: 100\.96\.2\.0\/24 .*: recorded .*, now nothing$/m,
    },
  },
});
