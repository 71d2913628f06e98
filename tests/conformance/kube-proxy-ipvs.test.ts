import { expect } from 'chai';
import { type IpvsOptions, ipvsOf } from '../../labs/kit/kube-proxy/ipvs.ts';
import type { KubeObject } from '../../labs/kit/kube-proxy/objects.ts';
import { many } from '../../labs/kit/kube-proxy/services.ts';
import type { DumpSection } from '../../src/record/dump.ts';
import { cases, changed, differences, objectsOf, recordOf } from './kube-proxy-cases.ts';

const options: IpvsOptions = {
  node: 'master',
  clusterCidr: '10.42.0.0/16',
  nodeIp: '192.168.205.4',
  nodeAddresses: ['192.168.205.4', '10.42.0.0', '10.42.0.1'],
};

const baseChains = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: [],
};

function sections(objects: KubeObject[], scheduler?: IpvsOptions['scheduler']): DumpSection[] {
  const { tables, sets, servers, addresses } = ipvsOf(objects, { ...options, ...(scheduler && { scheduler }) });
  const rules = tables.flatMap(({ name, chains, rules: own }) => [
    `*${name}`,
    ...baseChains[name].map((chain) => `:${chain} ACCEPT [0:0]`),
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...own,
  ]);
  const device = ['kube-ipvs0 DOWN', ...addresses.map((address) => `${address}/32`)].join(' ');
  return [
    { command: 'iptables-save', lines: rules },
    { command: 'ipset save', lines: sets },
    { command: 'ipvsadm -Sn', lines: servers },
    { command: 'ip -br -4 addr show dev kube-ipvs0', lines: [device] },
  ];
}

const differsFrom = (name: string, objects: KubeObject[], scheduler?: IpvsOptions['scheduler']) =>
  differences(recordOf('ipvs', name), sections(objects, scheduler));

describe('What kube-proxy programs in IPVS mode, rule by rule, set by set and server by server as v1.36.3 does', () => {
  for (const name of cases)
    it(name, () => {
      expect(differsFrom(name, objectsOf(name))).to.deep.equal([]);
    });

  for (const scheduler of ['lc', 'sh'] as const)
    it(`b-nodeport-cluster with the scheduler ${scheduler}`, () => {
      const record = `b-nodeport-cluster-${scheduler}`;
      expect(differsFrom(record, objectsOf('b-nodeport-cluster'), scheduler)).to.deep.equal([]);
      expect(differsFrom(record, objectsOf('b-nodeport-cluster'))).to.not.deep.equal([]);
    });

  for (const [what, name, [was, is], differing] of [
    ['an endpoint', 'a-clusterip', ['10.42.2.6', '10.42.2.9'], /-a -t 10\.43\.6\.58:80 -r 10\.42\.2\.6/],
    ['an address', 'a-clusterip', ['10.43.6.58', '10.43.6.59'], /kube-ipvs0 DOWN 10\.43\.0\.1\/32 10\.43\.6\.58/],
    ['a NodePort', 'b-nodeport-cluster', ['32506', '32507'], /add KUBE-NODE-PORT-TCP 32506/],
    ['a policy', 'c1-nodeport-local-with-local-endpoint', ['"Local"', '"Cluster"'], /nat KUBE-NODE-PORT: .*local/],
    ['an affinity', 'e-sessionaffinity', ['ClientIP', 'None'], /-s rr -p 10800/],
    ['a range', 'f1-loadbalancer-sourceranges', ['192.168.205.0/24', '192.168.206.0/24'], /SOURCE-IP dst,dst,src/],
    ['a node', 'j1-internal-local-with-local-endpoint', ['"master"', '"node1"'], /KUBE-LOOP-BACK/],
  ] as [string, string, [string, string], RegExp][])
    it(`differs from the record once ${what} is another: ${name}`, () => {
      expect(differsFrom(name, changed(name, was, is)).join('\n')).to.match(differing);
    });

  for (const [services, servers, realServers, entries] of [
    [10, 11, 61, 22],
    [100, 101, 601, 202],
  ] as const)
    it(`has 28 rules for ${services} services of six endpoints, ${servers} virtual servers and ${entries} entries`, () => {
      const ipvs = ipvsOf(many(services), options);
      const count = (lines: string[], begins: string) => lines.filter((line) => line.startsWith(begins)).length;
      expect(ipvs.tables.flatMap(({ rules }) => rules)).to.have.length(28);
      expect(ipvs.addresses).to.have.length(servers);
      expect([count(ipvs.servers, '-A'), count(ipvs.servers, '-a')]).to.deep.equal([servers, realServers]);
      expect([count(ipvs.sets, 'create'), count(ipvs.sets, 'add')]).to.deep.equal([17, entries]);
    });
});
