import type { Fault } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { doesNotForward } from '../faults.ts';
import { inNat } from '../kube-proxy/clusterip-faults.ts';
import { chainOf } from '../kube-proxy/names.ts';
import { cluster, type Place, vips } from './cluster.ts';
import { untilNextHops } from './steps.ts';
import { walks } from './walks.ts';

type Faults = Record<string, Fault<Place, 'LB-05'>>;

const [asks, web, webLocal, shop, shopLocal, fromPod] = Object.keys(walks) as [string, string, string, string, string, string];

const ext = (service: string) => chainOf('EXT', `default/${service}`, 'tcp');
const onAll = (script: string) => onEvery(cluster, () => script);
const rule = `KUBE-SERVICES -d ${vips.shop}/32 -p tcp -m comment --comment "default/shop loadbalancer IP" -m tcp --dport 80 -j ${ext('shop')}`;

export const faults: Faults = {
  'master’s speaker hangs: its kernel still answers the others, and nobody answers for the address': {
    claims: ['LB-05'],
    break: { master: 'kill -STOP $(cat /run/speaker.pid)' },
    fix: { master: 'kill -CONT $(cat /run/speaker.pid)' },
    walk: web,
    lostAt: 'client:eth0',
    cold: true,
    untouched: [webLocal, shop, fromPod],
    cause: 'daemon stopped',
    hint: 'No packet leaves the client: it asks who has the address. Run `arping -c 1 -I eth0 192.168.205.240` there, then `ps` on master.',
  },
  'Somebody has given web-local’s address to gw by hand: two have it, and the last one heard is believed': {
    claims: ['LB-05'],
    break: { gw: `ip addr add ${vips.webLocal}/32 dev eth0\narping -A -c 1 -I eth0 ${vips.webLocal}` },
    fix: { gw: `ip addr del ${vips.webLocal}/32 dev eth0`, client: `ip neigh flush to ${vips.webLocal}` },
    walk: webLocal,
    lostAt: 'node1:enp0s1',
    untouched: [web, shop],
    cause: 'address twice',
    hint: 'A pool must be kept out of all other hands. Run `arping -c 3 -I eth0 192.168.205.241` at the client: with which MACs is it answered?',
  },
  'client takes master for the speaker of web-local: it has not heard the gratuitous ARP': {
    claims: ['LB-05'],
    break: {
      client: [
        `ping -c 1 ${cluster.master.address}`,
        `ip neigh replace ${vips.webLocal} lladdr $(awk '$1 == "${cluster.master.address}" { print $4 }' /proc/net/arp) dev eth0 nud permanent`,
      ],
    },
    fix: { client: `ip neigh del ${vips.webLocal} dev eth0` },
    walk: webLocal,
    lostAt: 'node1:enp0s1',
    untouched: [asks, web, shopLocal],
    cause: 'firewall rule',
    hint: 'The frame goes to a node without an endpoint, and policy Local drops it there. Run `ip neigh` at the client and `arping` for the address.',
  },
  'KUBE-EXT of web on master does not mark: the answer takes another way': {
    ...inNat('master', `-D ${ext('web')} 1`),
    walk: web,
    differsAt: 'master nat PREROUTING',
    untouched: [webLocal, shopLocal],
    cause: 'source not translated',
    hint: `The endpoint’s node knows the client itself, and answers past master. Run \`iptables -t nat -S ${ext('web')}\` on master.`,
  },
  'No node’s kube-proxy knows shop’s address: nodes and router send it to each other': {
    break: onAll(`iptables -t nat -D ${rule}`),
    fix: onAll(`iptables -t nat -A ${rule}`),
    walk: shop,
    differsAt: ['master nat PREROUTING', 'node1 nat PREROUTING', 'node2 nat PREROUTING'],
    untouched: [web, shopLocal],
    cause: 'routing loop',
    hint: 'To a node without the rule it is an address as any other, and leaves by the default route. Run `iptables -t nat -S KUBE-SERVICES` on a node.',
  },
  'No node announces shop any more': {
    claims: ['LB-05'],
    break: { ...onAll('birdc disable vips'), gw: untilNextHops('0 0') },
    fix: { ...onAll('birdc enable vips'), gw: untilNextHops() },
    walk: shop,
    lostAt: 'gw:eth0',
    untouched: [web, webLocal],
    cause: 'no route',
    hint: 'By ARP all is well, and all sessions are up. Run `birdc show route` on gw, and `ip route get 198.51.100.8`.',
  },
  'The router has a route to shop-local by hand, to a node that has no endpoint': {
    claims: ['LB-05'],
    break: { gw: `ip route add ${vips.shopLocal} via ${cluster.master.address}` },
    fix: { gw: `ip route del ${vips.shopLocal} via ${cluster.master.address}` },
    walk: shopLocal,
    lostAt: ['node1:enp0s1', 'node2:enp0s1'],
    untouched: [web, webLocal, shop],
    cause: 'firewall rule',
    hint: 'Of policy Local a node without an endpoint drops the call: only who has one announces it. Run `ip route show 198.51.100.9` on gw.',
  },
  'node1 forwards only what a rule accepts: its policy is DROP': {
    break: { node1: 'iptables -P FORWARD DROP' },
    fix: { node1: 'iptables -P FORWARD ACCEPT' },
    walk: webLocal,
    lostAt: 'node1 filter FORWARD',
    untouched: [asks],
    cause: 'firewall policy',
    hint: 'What is marked KUBE-FORWARD accepts, and under policy Local nothing is. Run `iptables -S FORWARD` on node1.',
  },
  'gw does not forward': doesNotForward<Place>('gw', { walk: shop, lostAt: 'gw:eth0', untouched: [web, webLocal] }),
};
