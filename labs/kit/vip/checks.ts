import { type Check, exactly, lines, none } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { cluster, type Node, type Place, remote, vips } from './cluster.ts';
import { nextHops } from './steps.ts';

type Checks = Record<string, Check<Place, 'LB-05'>>;

const speakerCommand = (node: Node) => `perl /run/speaker enp0s1 ${node} ${cluster[node].address}`;

/** Which MAC a place takes for an address’s. */
const macOf = "mac() { awk -v address=$1 '$1 == address { print $4 }' /proc/net/arp; }";
const hasMac = (vip: string, node: Node) => `mac ${vip} | grep -v ^00:00:00:00:00:00 | grep -qxF "$(mac ${cluster[node].address})"`;
const says = (vip: string, node: Node) => `${hasMac(vip, node)} && echo '${vip} has the MAC of ${node}'`;
const ping = (node: Node) => `ping -c 2 -i 0.2 -W 0.2 ${cluster[node].address} > /dev/null`;

/** Whether an address has the MAC of a node; and goes on once it has, or after some 15 s. */
const has = (vip: string, node: Node) => `${macOf}\n${ping(node)}\n${says(vip, node)}`;
const untilHas = (vip: string, node: Node) =>
  `${macOf}\nuntil ${hasMac(vip, node)} || [ $((tries += 1)) -gt 40 ]; do ${ping(node)}; done\n${says(vip, node)}`;

/** What each of two places does, at the same time. */
const at = (given: Record<string, string>) =>
  `case $(hostname) in\n${Object.entries(given)
    .map(([place, script]) => `${place})\n${script} ;;`)
    .join('\n')}\nesac`;

const nexthops = (...nodes: Node[]) => ({ nexthops: nodes.map((node) => ({ gateway: cluster[node].address })) });

export const assigned: Checks = {
  'No device of any node has a load balancer’s address': {
    claim: 'LB-05',
    run: 'ip -j addr',
    see: onEvery(cluster, () => Object.values(vips).map((local) => none({ addr_info: [{ local }] }))),
  },
  'Each speaker knows the first of those that may announce an address, and who it is, all agree': {
    claim: 'LB-05',
    run: 'tail -n 2 /run/speaker.log',
    see: onEvery(cluster, () => lines(`${vips.web}: master`, `${vips.webLocal}: node1`)),
  },
  'The router has three next hops to shop, and to shop-local the two nodes with an endpoint': {
    claim: 'LB-05',
    run: 'ip -j route show proto bird',
    see: {
      gw: exactly({ dst: vips.shop, ...nexthops('node1', 'master', 'node2') }, { dst: vips.shopLocal, ...nexthops('node1', 'node2') }),
    },
  },
  'Of 60 calls of shop each node takes some: the pod sees three callers': {
    claim: 'LB-05',
    run: `perl /run/seen-as ${vips.shop} 80 60`,
    see: { remote: lines('podC sees 10.42.0.0:', 'podC sees 10.42.1.1:', 'podC sees 10.42.2.0:') },
  },
  'From one port all 20 calls go by one node: a flow stays where it is': {
    claim: 'LB-05',
    run: `perl /run/seen-as ${vips.shop} 80 20 40000 | sed 's/.*: //'`,
    see: { remote: lines('20') },
  },
  'Of 60 calls of shop-local each endpoint takes some, and sees the caller itself': {
    claim: 'LB-05',
    run: `perl /run/seen-as ${vips.shopLocal} 80 60`,
    see: { remote: lines(`podC sees ${remote}:`, `podD sees ${remote}:`) },
  },
};

/** By which node the router sends each of 300 flows to shop. */
const dealt = `seq 1 300 | sed 's|.*|route get ${vips.shop} from ${remote} iif eth1 ipproto tcp sport 40&|' > /run/flows
  deal() { ip -batch /run/flows | grep -o 'via [0-9.]*'; }`;
const untilNextHops = (counts: string) => `until [ "$(${nextHops})" = "${counts}" ] || [ $((tries += 1)) -gt 700 ]; do sleep 0.02; done`;

/** Goes on once the client has called 20 times more. */
const afterCalls = `calls() { conntrack -L -p tcp --orig-dst ${vips.web} 2> /dev/null | wc -l; }
        before=$(calls)
        until [ $(calls) -gt $((before + 20)) ] || [ $((tries += 1)) -gt 500 ]; do sleep 0.02; done`;

/** What becomes of calls while nodes come and go. */
export const failOver: Checks = {
  // The router pings node2 once it has looked, and node2 announces again.
  'A node that no longer announces takes flows of others along: the router deals anew': {
    changes: true,
    run: at({
      node2: `pings() { awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp; }
        before=$(pings)
        birdc disable vips > /dev/null
        until [ $(pings) -gt $before ] || [ $((tries += 1)) -gt 700 ]; do sleep 0.02; done
        birdc enable vips > /dev/null
        echo announced again`,
      gw: `${dealt}
        ${untilNextHops('2 1')}
        deal > /run/after
        until [ "$(${nextHops})" = "3 2" ] || [ $((tries += 1)) -gt 1400 ]; do ping -c 1 -W 0.1 ${cluster.node2.address} > /dev/null; done
        deal | paste - /run/after | awk '
          $2 != "${cluster.node2.address}" { others++; moved += $2 != $4 }
          END { print moved " of " others " flows of other nodes were moved"; if (moved > 0 && moved < others) print "some, and not all" }'`,
    }),
    see: { gw: lines('flows of other nodes were moved', 'some, and not all'), node2: lines('announced again') },
  },
  'The speaker of master ends: node1 says that it has the address, and no call is lost, since master’s rules are still there': {
    claim: 'LB-05',
    changes: true,
    run: at({
      client: `perl /run/until-moved ${vips.web} 80 5\n${has(vips.web, 'node1')}`,
      master: `${afterCalls}
        pid=$(cat /run/speaker.pid)
        kill $pid
        tail --pid=$pid -f /dev/null
        echo ended`,
    }),
    see: { client: lines('0 of', `${vips.web} has the MAC of node1`), master: lines('ended') },
  },
  'It is started again: master is the first once more, and all hear that from a gratuitous ARP': {
    claim: 'LB-05',
    changes: true,
    run: at({
      client: untilHas(vips.web, 'master'),
      master: `${speakerCommand('master')} < /dev/null > /run/speaker.log 2>&1 & echo $! > /run/speaker.pid\necho started`,
    }),
    see: { client: lines(`${vips.web} has the MAC of master`), master: lines('started') },
  },
  'master’s NIC goes down: until the others have missed it, calls are lost, and then node1 takes them': {
    claim: 'LB-05',
    changes: true,
    run: at({
      client: `perl /run/until-moved ${vips.web} 80 0.5 | awk '{ print } $1 > 0 { print "some were lost" }'
        ${has(vips.web, 'node1')}`,
      master: `${afterCalls}
        ip link set enp0s1 down
        echo down`,
    }),
    see: { client: lines('calls were lost', 'some were lost', `${vips.web} has the MAC of node1`), master: lines('down') },
  },
  'It is up again: master speaks, and the router has its session': {
    changes: true,
    run: at({
      client: untilHas(vips.web, 'master'),
      gw: `${untilNextHops('3 2')}\n[ "$(${nextHops})" = "3 2" ] && echo 'three next hops'`,
      master: 'ip link set enp0s1 up\nip route add default via 192.168.205.1\necho up',
    }),
    see: { client: lines(`${vips.web} has the MAC of master`), gw: lines('three next hops'), master: lines('up') },
  },
};
