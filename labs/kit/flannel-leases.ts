import { type Check, fails, lacks, lines } from 'packetwalk';
import { document } from './flannel.ts';
import * as flanneld from './flanneld.ts';

const { master, node1, node2 } = document;
const etcdctl = flanneld.etcdctl(master);

/** What etcd has of flannel, and how little of it a packet needs. */
export const control: Record<string, Check<'master' | 'node2', 'FV-16' | 'FV-20'>> = {
  'etcd has flannel’s configuration and a lease for each node': {
    claim: 'FV-20',
    run: 'etcdctl get --prefix /coreos.com/network',
    see: {
      master: lines(
        '/coreos.com/network/config',
        '{"Network":"10.42.0.0/16","Backend":{"Type":"vxlan"}}',
        ...[master, node1, node2].flatMap(({ address, subnet, mac }) => [flanneld.leaseOf(subnet), flanneld.lease(address, mac)]),
      ),
    },
  },
  'A lease is for 24 hours': {
    claim: 'FV-20',
    run: "for id in $(etcdctl lease list | grep -v found); do etcdctl lease timetolive --keys $id; done | sed 's/.*granted with //; s/ remaining([^)]*),//' | sort",
    see: { master: lines(...[master, node1, node2].map(({ subnet }) => `TTL(86400s), attached keys([${flanneld.leaseOf(subnet)}])`)) },
  },
  'Who wants a subnet that is leased is told who has it': {
    claim: 'FV-20',
    run: `ETCD=${master.address} timeout 5 perl /run/flanneld ${node2.address} 10.42.1.0/24`,
    see: { node2: fails('192.168.205.5 cannot lease 10.42.1.0/24: 192.168.205.3 has leased it') },
  },
  'With etcd and flanneld halted pods reach each other: no packet passes there': {
    claim: 'FV-16',
    run: `
      kill -STOP $(cat /run/flanneld.pid) $(cat /run/etcd.pid)
      ip netns exec podA ping -c 1 -W 2 10.42.1.9
      answered=$?
      kill -CONT $(cat /run/flanneld.pid) $(cat /run/etcd.pid)
      exit $answered`,
    see: { master: [lines('1 received'), lacks('unreachable')] },
  },
};

const newcomer = { subnet: '10.42.255', address: '192.168.205.254', mac: '0a:58:0a:2a:ff:00' };
const tables = `ip route show ${newcomer.subnet}.0/24; ip neigh show ${newcomer.subnet}.0 dev flannel.1; bridge fdb show dev flannel.1 | grep ${newcomer.mac}`;

/**
 * A lease comes and goes. It changes all nodes' tables for a moment: it is to stand far behind the checks that know each entry,
 * since checks are made a few at a time.
 */
export const joinAndLeave: Record<string, Check<'node2', 'FV-20'>> = {
  'One more node leases a subnet and gives it back: node2’s tables follow': {
    claim: 'FV-20',
    run: `
      ${etcdctl} put ${flanneld.leaseOf(newcomer.subnet)} '${flanneld.lease(newcomer.address, newcomer.mac)}'
      (${flanneld.until(`test $({ ${tables}; } | wc -l) = 3`, 5)}) || echo node2 does not learn of it
      ${tables}
      ${etcdctl} del ${flanneld.leaseOf(newcomer.subnet)}
      (${flanneld.until(`test $({ ${tables}; } | wc -l) = 0`, 5)}) && echo node2 has forgotten it`,
    see: {
      node2: lines(
        `via ${newcomer.subnet}.0 dev flannel.1 onlink`,
        `lladdr ${newcomer.mac} PERMANENT`,
        `${newcomer.mac} dst ${newcomer.address} self permanent`,
        'node2 has forgotten it',
      ),
    },
  },
};
