import { cases } from './case.ts';
import { firewall } from './labs/firewall.ts';
import { nodeport } from './labs/nodeport.ts';
import { serviceOnABridge } from './labs/service-on-a-bridge.ts';
import { twoCards } from './labs/two-cards.ts';
import { twoUplinks } from './labs/two-uplinks.ts';
import { byItsRule, endpoint, udpService } from './labs/udp-service.ts';

const masquerade = 'iptables -t nat -A POSTROUTING -s 172.30.9.2 -d 172.30.9.2 -p tcp --dport 8080 -j MASQUERADE';

cases('containers on a bridge, and a service', serviceOnABridge, {
  'frames of a bridge fall to FORWARD’s policy': {
    breaks: { h: 'iptables -P FORWARD DROP' },
    mends: { h: 'iptables -P FORWARD ACCEPT' },
    ends: 'failed: lost at h:v2',
    cause: 'firewall policy',
    says: ['h', 'FORWARD', 'policy drop', 'bridge-nf-call-iptables = 1'],
  },
  'two ports of a bridge have one MAC': {
    breaks: {
      c1: 'ip link set eth0 address 02:aa:aa:aa:aa:aa',
      c2: 'ip link set eth0 address 02:aa:aa:aa:aa:aa',
    },
    mends: {
      c1: 'ip link set eth0 address 02:aa:aa:aa:aa:01',
      c2: 'ip link set eth0 address 02:aa:aa:aa:aa:02',
    },
    cold: true,
    ends: 'failed: lost at c1:eth0',
    cause: 'equal MACs',
    says: ['02:aa:aa:aa:aa:aa', 'c1', 'c2'],
  },
  'a port is off the bridge, and nobody knows a neighbour': {
    breaks: { h: 'ip link set v2 nomaster' },
    mends: { h: 'ip link set v2 master mybr\nbridge link set dev v2 hairpin on' },
    cold: true,
    ends: 'failed: lost at c1:eth0',
    cause: 'port off the bridge',
    says: ['h', 'v2', 'mybr'],
  },
  'a port is off the bridge': {
    breaks: { h: 'ip link set v2 nomaster' },
    mends: { h: 'ip link set v2 master mybr\nbridge link set dev v2 hairpin on' },
    ends: 'failed: lost at h:v2',
    cause: 'port off the bridge',
    says: ['h', 'v2', 'mybr'],
  },
  'a port’s hairpin mode is off': {
    breaks: { h: 'bridge link set dev v1 hairpin off' },
    mends: { h: 'bridge link set dev v1 hairpin on' },
    walk: 'c1 calls its own service',
    ends: 'failed: lost at h:v1',
    cause: 'hairpin off',
    says: ['hairpin off', 'v1'],
  },
  'what is translated on a bridge comes from an address that is one’s own by a route': {
    breaks: { h: 'ip route add local default dev lo table 88\nip rule add pref 9 to 172.30.9.3 lookup 88' },
    mends: { h: 'ip rule del pref 9 || true\nip route flush table 88' },
    walk: 'c2 calls it',
    ends: 'failed: lost at h:mybr',
    cause: 'martian source',
    says: ['h takes 172.30.9.3, which it comes from, for one of its own addresses', 'to 172.30.9.3 lookup 88'],
    isMendedAsTold: true,
  },
  'what was a port has the bridge’s MAC, and its node routes what comes by it': {
    breaks: {
      h: `ip link set dev v2 nomaster address $(ip -o link show mybr | sed 's/.*ether //;s/ .*//')`,
    },
    mends: { h: 'ip link set v2 master mybr\nbridge link set dev v2 hairpin on' },
    walk: 'c2 calls it',
    ends: 'failed: differs at h:mybr out',
    cause: 'port off the bridge',
    says: ['h routes what comes by v2, where mybr would bridge it', 'v2 is no port of mybr'],
  },
  'what is translated on a bridge goes from an isolated port to another': {
    breaks: { h: 'bridge link set dev v1 isolated on\nbridge link set dev v2 isolated on' },
    mends: { h: 'bridge link set dev v1 isolated off\nbridge link set dev v2 isolated off' },
    walk: 'c2 calls it',
    cold: true,
    ends: 'failed: lost at h:v1',
    cause: 'isolated ports',
    isMendedAsTold: true,
    says: ['v2 and v1 are both isolated', 'mybr'],
  },
  'an isolated port sends nothing back, be its hairpin mode on': {
    breaks: { h: 'bridge link set dev v1 isolated on' },
    mends: { h: 'bridge link set dev v1 isolated off' },
    walk: 'c1 calls its own service',
    cold: true,
    ends: 'failed: lost at h:v1',
    cause: 'isolated ports',
    isMendedAsTold: true,
    says: ['v1 is isolated', 'mybr'],
  },
  'what is translated on a bridge goes to a port that gets nothing unknown': {
    breaks: { h: 'bridge link set dev v1 flood off learning off\nbridge fdb flush dev mybr dynamic' },
    mends: { h: 'bridge link set dev v1 flood on learning on' },
    walk: 'c1 calls its own service',
    ends: 'failed: lost at h:v1',
    cause: 'no forwarding entry',
    says: ['has no entry for', 'flood off', 'v1'],
  },
  'hairpin without masquerading: a pod gets a packet from itself': {
    breaks: { h: 'iptables -t nat -F POSTROUTING' },
    mends: { h: masquerade },
    walk: 'c1 calls its own service',
    ends: 'failed: differs at h:v1 out',
    cause: ['source not translated', 'martian source'],
    says: [/172\.30\.9\.2/, /masquerad|POSTROUTING/i],
  },
  'bridged frames do not cross iptables': {
    breaks: { h: 'sysctl -qw net.bridge.bridge-nf-call-iptables=0' },
    mends: { h: 'sysctl -qw net.bridge.bridge-nf-call-iptables=1' },
    walk: 'c2 calls it',
    ends: 'failed: differs at h:mybr in',
    cause: 'bridged past iptables',
    says: ['bridge-nf-call-iptables = 0'],
  },
});

const forget = 'conntrack -D -p udp --orig-port-src 40111 2>/dev/null; true';

/** The service has its old endpoint, app sends to it, and only then the new one is made. */
const stale = {
  breaks: [
    { h: `${endpoint('10.40.1.2')}\n${forget}` },
    { app: 'echo hits:1 | socat -t 0.2 - UDP4:10.96.7.7:8125,sourceport=40111 2>/dev/null; true' },
    { h: endpoint('10.40.2.2') },
  ],
  mends: { h: forget },
  cause: 'stale connection',
  says: ['src=10.40.1.2', /conntrack|connection tracking/i],
};

cases('a service of UDP whose endpoint moves', udpService, {
  'a conntrack entry still leads to the old endpoint': { ...stale, ends: 'failed: lost at h:vn' },
});

cases('a service of UDP whose endpoint moves, by its rule', byItsRule, {
  'a conntrack entry still leads to the old endpoint': {
    ...stale,
    cold: true,
    ends: 'failed: lost at h nat PREROUTING',
  },
});

const onePort = 'POSTROUTING -d 10.40.2.2 -p udp -j SNAT --to-source 10.40.2.1:4000';

cases('a service of UDP whose callers share one port', udpService, {
  'another connection has the port that it is translated to': {
    breaks: [
      { h: `iptables -t nat -A ${onePort}\n${forget}` },
      { app: 'echo hits:1 | socat -t 0.2 - UDP4:10.96.7.7:8125,sourceport=40112 2>/dev/null; true' },
    ],
    mends: { h: `iptables -t nat -D ${onePort}\nconntrack -F 2>/dev/null` },
    ends: 'failed: lost at h:vn',
    cause: 'conntrack clash',
    says: ['h', 'insert_failed', 'port 40112'],
  },
});

cases('a NodePort on the other node', nodeport, {
  'without masquerading the answer bypasses the node that was called': {
    breaks: { a: 'iptables -t nat -F POSTROUTING' },
    mends: { a: 'iptables -t nat -A POSTROUTING -d 10.61.2.4 -j MASQUERADE' },
    ends: 'failed: differs at a:eth0 out',
    cause: ['source not translated', 'answer bypasses translation'],
    says: [/172\.22\.0\.50/, /masquerad|POSTROUTING/i, 'a'],
  },
});

cases('two cards on one segment', twoCards, {
  'the second card answers for the first': {
    breaks: {
      srv: 'sysctl -qw net.ipv4.conf.all.arp_ignore=0\nip neigh flush all',
      c: 'ip neigh flush dev eth0',
    },
    mends: { srv: 'sysctl -qw net.ipv4.conf.all.arp_ignore=1' },
    ends: 'failed: differs at c:eth0 out',
    cause: 'ARP flux',
    says: ['arp_ignore = 0', 'srv', 'eth1'],
  },
});

cases('policy routing by a mark', twoUplinks, {
  'nothing marks any more': {
    breaks: { r: 'iptables -t mangle -F' },
    mends: { r: 'iptables -t mangle -A PREROUTING -p tcp --dport 443 -j MARK --set-mark 0x1' },
    ends: 'failed: lost at r:up2',
    cause: 'mark missing',
    says: ['mark 0x1', 'table 100', 'r'],
  },
  'the rule for the mark is gone': {
    breaks: { r: 'ip rule del fwmark 0x1 lookup 100' },
    mends: { r: 'ip rule add fwmark 0x1 lookup 100' },
    ends: 'failed: lost at r:up2',
    cause: 'policy rule missing',
    says: ['fwmark 0x1', 'lookup 100', 'r'],
  },
});

cases('a firewall written for nft', firewall, {
  'a rule of an inet table is gone': {
    breaks: { r: 'nft flush chain inet wall wanted' },
    mends: {
      r: 'nft add rule inet wall wanted ip protocol icmp counter accept\nnft add rule inet wall wanted tcp dport 80 counter accept',
    },
    walk: 'c pings s',
    ends: 'failed: lost at r inet wall pass',
    cause: 'firewall policy',
    says: ['r', 'inet wall pass', 'policy drop'],
  },
  'a SYN is dropped, and sent again': {
    breaks: { r: 'nft insert rule inet wall pass ip protocol tcp drop' },
    mends: {
      r: 'nft delete rule inet wall pass handle $(nft -a list chain inet wall pass | sed -n "s/.*tcp drop # handle //p")',
    },
    walk: 'c fetches a page',
    ends: 'failed: lost at r:e1',
    cause: 'firewall rule',
    says: ['r', 'inet wall pass', 'tcp drop'],
  },
});
