import { expect } from 'chai';
import { type Endpoint, service } from '../../labs/kit/kube-proxy/services.ts';
import { announcements } from '../../labs/kit/vip/cluster.ts';
import { allocated, announced, type Pool } from '../../labs/kit/vip/pools.ts';
import lab from '../../labs/lb-vip.ts';
import type { Lab } from '../../src/lab/words.ts';
import { ended } from './ended.ts';
import { noneInVain } from './in-vain.ts';

const segment: Pool = { name: 'segment', cidr: '10.0.0.240/31', announcedBy: 'ARP' };
const routed: Pool = { name: 'routed', cidr: '198.51.100.8/30', announcedBy: 'BGP' };
const surroundings = { segment: '10.0.0.0/24', taken: ['10.0.0.1', '10.0.0.4'], networks: ['10.42.0.0/16'] };

const onN1: Endpoint = { address: '10.42.1.6', node: 'n1' };
const balanced = (
  name: string,
  endpoints: Endpoint[] = [onN1],
  externalTrafficPolicy: 'Cluster' | 'Local' = 'Cluster',
) => service(name, { type: 'LoadBalancer', clusterIP: '10.43.0.9', externalTrafficPolicy }, { port: 80 }, endpoints);

describe('Addresses of LoadBalancer services', () => {
  const given = (
    objects: ReturnType<typeof balanced>,
    asked: Record<string, string>,
    pools: Pool[] = [segment, routed],
  ) =>
    allocated(objects, pools, asked, surroundings).flatMap((each) =>
      each.kind === 'Service' ? (each.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip) : [],
    );
  const refused = (...how: Parameters<typeof given>) => {
    try {
      given(...how);
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };
  const three = [...balanced('a'), ...balanced('b'), ...balanced('c')] as unknown as ReturnType<typeof balanced>;

  it('are the lowest that are free of the pool that each asks for', () => {
    const asked = { 'default/a': 'routed', 'default/b': 'segment', 'default/c': 'routed' };
    expect(given(three, asked)).to.deep.equal(['198.51.100.8', '10.0.0.240', '198.51.100.9']);
  });

  it('leave a service of another type as it is', () => {
    expect(given(service('x', { clusterIP: '10.43.0.9' }, { port: 80 }, []), {})).to.deep.equal([]);
  });

  it('are refused where a pool is used up: it is said by whom', () => {
    const asked = { 'default/a': 'segment', 'default/b': 'segment', 'default/c': 'segment' };
    expect(refused(three, asked)).to.equal(
      'default/c gets no address: the pool segment (10.0.0.240/31) is used up, by 10.0.0.240 of default/a, 10.0.0.241 of default/b; give it a wider block',
    );
  });

  it('are refused where no pool is asked for, or one that is not there, or by what is no LoadBalancer service', () => {
    expect(refused(balanced('a'), {})).to.equal(
      'default/a is a LoadBalancer service and asks no pool: there are segment, routed',
    );
    expect(refused(balanced('a'), { 'default/a': 'public' })).to.include('asks the pool public, which is not there');
    expect(refused(balanced('a'), { 'default/a': 'routed', 'default/b': 'routed' })).to.equal(
      'default/b asks a pool, and is no LoadBalancer service',
    );
  });

  it('are refused where a pool cannot be: no CIDR, in the way of others, by ARP where nobody asks', () => {
    const pool = (cidr: string, announcedBy: Pool['announcedBy'] = 'BGP') =>
      refused(balanced('a'), { 'default/a': 'routed' }, [routed, { name: 'x', cidr, announcedBy }]);
    for (const cidr of ['', '198.51.100.8', '198.51.100.8/33', '198.51.100.0/16', '198.51.300.0/24'])
      expect(pool(cidr)).to.equal(
        `the pool x has the block '${cidr}', which is no CIDR such as 198.51.100.8/30, of 24 to 32 bits`,
      );
    expect(pool('198.51.100.0/24')).to.equal('the pool x (198.51.100.0/24) overlaps the pool routed (198.51.100.8/30)');
    expect(pool('198.51.100.10/32')).to.equal(
      'the pool x (198.51.100.10/32) overlaps the pool routed (198.51.100.8/30)',
    );
    expect(pool('10.42.7.0/24')).to.equal(
      'the pool x (10.42.7.0/24) overlaps 10.42.0.0/16, where pods or services are',
    );
    expect(pool('10.0.0.0/30', 'ARP')).to.equal('the pool x (10.0.0.0/30) has 10.0.0.1, which a machine has');
    expect(pool('203.0.113.0/30', 'ARP')).to.equal(
      'the pool x (203.0.113.0/30) is not in 10.0.0.0/24: nobody there asks for its addresses by ARP, announce it by BGP',
    );
    expect(pool('203.0.113.0/30')).to.equal('nothing');
  });
});

describe('Announcements of addresses', () => {
  const order = (node: string, vip: string) => (vip.endsWith('.240') ? node : [...node].toReversed().join(''));
  const nodes = ['m', 'n1', 'n2'];
  const of = (policy: 'Cluster' | 'Local', pool: string, endpoints: Endpoint[]) =>
    announced(
      allocated(balanced('a', endpoints, policy), [segment, routed], { 'default/a': pool }, surroundings),
      [segment, routed],
      nodes,
      order,
    );

  it('are made by all nodes, or of policy Local by those with an endpoint that is ready', () => {
    const endpoints = [onN1, { address: '10.42.2.6', node: 'n2', ready: false }];
    expect(of('Cluster', 'routed', endpoints)).to.deep.equal([
      { service: 'default/a', vip: '198.51.100.8', by: 'BGP', nodes },
    ]);
    expect(of('Local', 'routed', endpoints)[0]?.nodes).to.deep.equal(['n1']);
    expect(of('Local', 'segment', [])[0]?.nodes).to.deep.equal([]);
  });

  it('have an order by ARP, which depends on the address: in the lab that of MetalLB’s hash', () => {
    expect(of('Cluster', 'segment', [onN1])[0]?.nodes).to.deep.equal(['m', 'n1', 'n2']);
    // printf 'master#192.168.205.240' | sha256sum: 0d4a…; of node1 it is e362…, of node2 f8cc….
    expect(announcements.filter(({ by }) => by === 'ARP').map(({ vip, nodes }) => [vip, ...nodes])).to.deep.equal([
      ['192.168.205.240', 'master', 'node1', 'node2'],
      ['192.168.205.241', 'node1', 'node2'],
    ]);
  });
});

const [asks, web, webLocal, shop, shopLocal, fromPod, nobodys] = [
  'client asks who has web’s address: all hear it, and one speaker answers',
  'client calls web: master speaks for it, and the endpoint is on another node',
  'client calls web-local: a node speaks that has an endpoint',
  'remote calls shop: the router gives the flow to one of three nodes, and all of it',
  'remote calls shop-local: two nodes have an endpoint, and each its own',
  'podA calls web’s address: its own node translates it, and nobody is asked',
  'remote pings an address of the pool that no service has',
] as const;
const [nowhere, agree, nextHops, three, flow, two, anew, ends, again, down, up] = [
  'No device of any node has a load balancer’s address',
  'Each speaker knows the first of those that may announce an address, and who it is, all agree',
  'The router has three next hops to shop, and to shop-local the two nodes with an endpoint',
  'Of 60 calls of shop each node takes some: the pod sees three callers',
  'From one port all 20 calls go by one node: a flow stays where it is',
  'Of 60 calls of shop-local each endpoint takes some, and sees the caller itself',
  'A node that no longer announces takes flows of others along: the router deals anew',
  'The speaker of master ends: node1 says that it has the address, and no call is lost, since master’s rules are still there',
  'It is started again: master is the first once more, and all hear that from a gratuitous ARP',
  'master’s NIC goes down: until the others have missed it, calls are lost, and then node1 takes them',
  'It is up again: master speaks, and the router has its session',
] as const;

const refuses = 'iptables -I FORWARD -i enp0s1 -p tcp --dport 80 -j REJECT --reject-with tcp-reset';

noneInVain(
  'lb-vip',
  lab as Lab,
  [
    ['node2', 'ip addr add 192.168.205.240/32 dev lo', [nowhere, asks]],
    ['master', ended('speaker'), ['speaker still runs', agree, asks, web]],
    ['node1', refuses, [webLocal, ends]],
    ['gw', 'ip route add 198.51.100.9 via 192.168.205.4', [shopLocal]],
    ['gw', 'iptables -I FORWARD -d 198.51.100.8 -j DROP', [shop]],
    ['gw', 'sysctl -w net.ipv4.fib_multipath_hash_policy=1', [flow]],
    ['gw', 'sysctl -w net.ipv4.fib_multipath_hash_fields=3', [three, anew]],
    [
      'gw',
      'birdc disable node2\nuntil ip route show 198.51.100.9 | grep -q "via 192.168.205.3"; do sleep 0.02; done',
      [nextHops, two],
    ],
    ['master', 'iptables -t nat -I PREROUTING -s 10.42.0.65 -j ACCEPT', [fromPod]],
    ['gw', 'ip route add 198.51.100.10 via 192.168.205.4', [nobodys]],
    ['node1', ended('bird'), ['bird still runs']],
    ...['podC', 'podD'].map((name): [string, string, string[]] => [name, ended(name), [`${name} still runs`]]),
  ],
  [
    [again, 'perl /run/speaker enp0s1 master', 'perl /run/speaker enp0s1 node3'],
    [down, '> 0 {', '> 900 {'],
    [up, 'ip link set enp0s1 up', 'ip link set enp0s1 down'],
  ],
);
