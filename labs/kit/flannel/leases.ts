import { type Check, lacks, lines } from 'packetwalk';
import { etcdctlAt } from '../etcd/etcd.ts';
import { soon } from '../until.ts';
import { document } from './cluster.ts';

const network = '/coreos.com/network';

/** Where a node’s lease is in etcd. */
export const leaseOf = (subnet: string) => `${network}/subnets/${subnet}.0-24`;

/** A lease as flannel writes it. */
export const lease = (address: string, mac: string) =>
  `{"PublicIP":"${address}","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"${mac}"}}`;

const { master, node1, node2 } = document;
const etcdctl = etcdctlAt(master.address);

/** What etcd has of flannel, and how little of it a packet needs. */
export const control: Record<string, Check<'master' | 'node2', 'FV-16' | 'FV-20'>> = {
  'etcd has flannel’s configuration and a lease for each node': {
    claim: 'FV-20',
    run: 'etcdctl get --prefix /coreos.com/network',
    see: {
      master: lines(
        '/coreos.com/network/config',
        '{"Network":"10.42.0.0/16","SubnetMin":"10.42.0.0","Backend":{"Type":"vxlan"}}',
        ...[master, node1, node2].flatMap(({ address, subnet, mac }) => [leaseOf(subnet), lease(address, mac)]),
      ),
    },
  },
  'A lease is for 24 hours': {
    claim: 'FV-20',
    run: "{ for id in $(etcdctl lease list | grep -v found); do etcdctl lease timetolive --keys $id & done; wait; } | sed 's/.*granted with //; s/ remaining([^)]*),//' | sort",
    see: { master: lines(...[master, node1, node2].map(({ subnet }) => `TTL(86400s), attached keys([${leaseOf(subnet)}])`)) },
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
const entry = `bridge fdb show dev flannel.1 | grep ${newcomer.mac}`;
const tables = `ip route show ${newcomer.subnet}.0/24; ip neigh show ${newcomer.subnet}.0 dev flannel.1; ${entry}`;

/**
 * A lease comes and goes. It changes all nodes' tables for a moment: it is to stand far behind the checks that know each entry,
 * since checks are made a few at a time.
 */
export const joinAndLeave: Record<string, Check<'node2', 'FV-20'>> = {
  'One more node leases a subnet and gives it back: node2’s tables follow': {
    claim: 'FV-20',
    run: `
      ${etcdctl} put ${leaseOf(newcomer.subnet)} '${lease(newcomer.address, newcomer.mac)}'
      (${soon(`${entry} >/dev/null && test $({ ${tables}; } | wc -l) = 3`, 5)}) || echo node2 does not learn of it
      ${tables}
      ${etcdctl} del ${leaseOf(newcomer.subnet)}
      (${soon(`! ${entry} >/dev/null && test $({ ${tables}; } | wc -l) = 0`, 5)}) && echo node2 has forgotten it`,
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
