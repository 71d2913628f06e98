import type { Fault, StandIn } from 'packetwalk';
import { soon } from '../until.ts';
import { document, type Named, veth } from './cluster.ts';
import { lease, leaseOf } from './leases.ts';

const { master, node1 } = document;
const stayedWithin = ['podB pings podC on the same node', 'master pings its own pod'];

type Faults<Node extends string, Claim extends string = never> = Record<string, Fault<Node, Claim>>;

/** node1's flanneld is started again, whether it still runs or not; it writes all that it wrote before. */
const again = (typed: Typed) => ['kill $(cat /run/flanneld.pid) 2>/dev/null; rm /run/flannel/subnet.env', typed.flanneld(node1)];

/** flanneld would make flannel.1 again within a tenth of a second, empty and with another MAC (since v0.27.4). */
const halted = `kill $(cat /run/flanneld.pid)\n${soon('! kill -0 $(cat /run/flanneld.pid)')}`;

/** What a node's tables have of somebody's subnet: nothing. The route goes first: while it is there, nothing else is asked. */
const forgets = (subnet: string, mac: string) =>
  soon(
    `test -z "$(ip route show ${subnet} dev flannel.1)" && test -z "$(ip neigh show ${subnet.replace(/\/.*/, '')} dev flannel.1; bridge fdb show dev flannel.1 | grep ${mac})"`,
  );

/** What the lab types on a node: its end of the tunnel, its flanneld, and what it waits for until it knows its peers. */
export interface Typed {
  tunnelEnd(node: Named, its?: { vni?: number; port?: number }): string;
  flanneld(node: Named): StandIn;
  knowsPeers: string;
}

/** Who leases what decides where packets go. */
export const leases = (typed: Typed): Faults<'master' | 'node1' | 'node2', 'FV-20'> => {
  const stranger = { subnet: '10.42.1.8/29', address: '192.168.205.254', mac: '0a:58:0a:2a:01:08' };
  const at = '/coreos.com/network/subnets/10.42.1.8-29';
  const believes = soon(`ip route show ${stranger.subnet} | grep -q flannel.1 && bridge fdb show dev flannel.1 | grep -q ${stranger.mac}`);
  const forgetsStranger = forgets(stranger.subnet, stranger.mac);
  return {
    'node1’s lease is deleted: its flanneld ends, and the others forget its pods': {
      claims: ['FV-20'],
      break: {
        master: `etcdctl del ${leaseOf(node1.subnet)}\n${forgets('10.42.1.0/24', node1.mac)}`,
        node1: soon('grep "Lease has been revoked" /run/flanneld.log && ! kill -0 $(cat /run/flanneld.pid)'),
        node2: forgets('10.42.1.0/24', node1.mac),
      },
      lostAt: 'master:flannel.1',
      untouched: [...stayedWithin, 'podA pings node1'],
      cause: 'daemon ended',
      hint: 'Run `etcdctl get --prefix --keys-only /coreos.com/network` on master. Which subnet has no lease?',
      fix: { node1: again(typed), master: typed.knowsPeers, node2: typed.knowsPeers },
    },
    'One more node leases a part of node1’s subnet, and all others believe it': {
      claims: ['FV-20'],
      break: {
        master: `etcdctl put ${at} '${lease(stranger.address, stranger.mac)}'\n${believes}`,
        node1: believes,
        node2: believes,
      },
      lostAt: 'master:enp0s1',
      untouched: [...stayedWithin, 'podA pings node1'],
      cause: 'address that nobody has',
      hint: 'Run `ip route get 10.42.1.9` on master. Whose lease is the more specific one?',
      fix: { master: `etcdctl del ${at}\n${forgetsStranger}`, node1: forgetsStranger, node2: forgetsStranger },
    },
  };
};

/** The tunnel's end at node1 is another one than the others take it to be. */
export const vteps = (typed: Typed): Faults<'node1', 'FV-13'> => {
  const fix = { node1: ['ip link del flannel.1', typed.tunnelEnd(node1), ...again(typed), typed.knowsPeers] };
  return {
    'node1’s tunnel end has VXLAN id 2': {
      claims: ['FV-13'],
      break: { node1: `${halted}\nip link del flannel.1\n${typed.tunnelEnd(node1, { vni: 2 })}` },
      lostAt: 'node1:flannel.1',
      untouched: stayedWithin,
      cause: 'tunnel id differs',
      hint: 'The datagram arrives and no device takes it. Compare `ip -d link show flannel.1` on both nodes.',
      fix,
    },
    'node1’s tunnel end listens on IANA’s port 4789': {
      break: { node1: `${halted}\nip link del flannel.1\n${typed.tunnelEnd(node1, { port: 4789 })}` },
      lostAt: 'node1:flannel.1',
      untouched: stayedWithin,
      cause: 'tunnel port differs',
      hint: 'Run `ss -lun` on node1. Who is at port 8472?',
      fix,
    },
  };
};

/** What one node believes of another is wrong. */
export const beliefs: Faults<'master' | 'node1'> = {
  'master tunnels podB’s packets to an address nobody owns': {
    break: { master: `bridge fdb replace ${node1.mac} dev flannel.1 dst 192.168.205.99 self permanent` },
    lostAt: 'master:enp0s1',
    untouched: stayedWithin,
    cause: 'wrong VTEP',
    hint: 'Run `bridge fdb show dev flannel.1` on master. Whose address is that?',
    fix: { master: `bridge fdb replace ${node1.mac} dev flannel.1 dst ${node1.address} self permanent` },
  },
  'master has another MAC for node1’s flannel.1, as the document prints for node2': {
    break: { master: 'ip neigh replace 10.42.1.0 lladdr ca:cb:1f:99:10:97 dev flannel.1 nud permanent' },
    lostAt: 'master:enp0s1',
    untouched: [...stayedWithin, 'podA pings node1'],
    cause: 'wrong neighbour entry',
    hint: 'Compare `ip neigh show dev flannel.1` with `bridge fdb show dev flannel.1` on master. Which MAC has no entry?',
    fix: { master: `ip neigh replace 10.42.1.0 lladdr ${node1.mac} dev flannel.1 nud permanent` },
  },
  'master has no route to node1’s pods': {
    break: { master: 'ip route del 10.42.1.0/24' },
    lostAt: 'master:flannel.1',
    untouched: ['podB pings podC on the same node', 'master pings its own pod', 'podA pings node1'],
    cause: 'wrong route',
    hint: 'Run `ip route get 10.42.1.9` on master. Where would it go?',
    fix: { master: 'ip route add 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink' },
  },
  'node1 sends its answers to a node that is not there': {
    break: { node1: `bridge fdb replace ${master.mac} dev flannel.1 dst 192.168.205.99 self permanent` },
    lostAt: 'reply node1:enp0s1',
    untouched: ['podB pings podC on the same node'],
    cause: 'wrong VTEP',
    hint: 'The request arrives; the answer does not leave. Look at node1’s fdb.',
    fix: { node1: `bridge fdb replace ${master.mac} dev flannel.1 dst ${master.address} self permanent` },
  },
};

/** The underlay takes less than it says. */
export const filter: Faults<'node1'> = {
  'A filter before node1 drops packets of more than 1400 bytes': {
    break: { node1: 'iptables -t raw -I PREROUTING -i enp0s1 -m length --length 1401:65535 -j DROP' },
    walk: 'A packet of the pods’ full MTU crosses',
    lostAt: 'node1:flannel.1',
    untouched: 'all',
    cause: 'firewall rule',
    hint: 'Small packets arrive, full ones vanish. Ping with `-M do -s 1322` and `-s 1422`: which size gets through?',
    fix: { node1: 'iptables -t raw -D PREROUTING -i enp0s1 -m length --length 1401:65535 -j DROP' },
  },
};

/** podB is cut off from its own bridge. */
export const portless: Faults<'node1'> = {
  'podB’s veth is no port of cni0': {
    break: { node1: `ip link set ${veth('podB')} nomaster\nip neigh flush dev cni0` },
    lostAt: 'node1:cni0',
    untouched: ['master pings its own pod', 'podA pings node1'],
    cause: 'port off the bridge',
    hint: 'node1 asks for podB on cni0 and hears nothing. Run `bridge link` on node1.',
    fix: { node1: `ip link set ${veth('podB')} master cni0\nip link set ${veth('podB')} type bridge_slave hairpin on` },
  },
};
