import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { nftablesOf, ruleset } from '../../labs/kit/kube-proxy/nftables.ts';
import type { KubeObject } from '../../labs/kit/kube-proxy/objects.ts';
import { many } from '../../labs/kit/kube-proxy/services.ts';
import { dumpLines } from '../../src/record/dump.ts';
import { needsNamespaces } from '../stand.ts';
import { cases, changed, differences, objectsOf, recordOf } from './kube-proxy-cases.ts';

const options = { node: 'master', clusterCidr: '10.42.0.0/16', serviceCidr: '10.43.0.0/16', nodeIp: '192.168.205.4' };
const command = 'nft -s list ruleset';
const written = (objects: KubeObject[]) => ruleset(nftablesOf(objects, options));

const differsFrom = (name: string, lines: string[]) => differences(recordOf('nftables', name), [{ command, lines }]);

describe('The table of kube-proxy in nftables mode, block by block as v1.36.3 writes it', () => {
  for (const name of cases)
    it(name, () => {
      expect(differsFrom(name, written(objectsOf(name)))).to.deep.equal([]);
    });

  for (const [what, name, [was, is], differing] of [
    ['an endpoint', 'a-clusterip', ['10.42.2.6', '10.42.2.9'], /chain service-T2SAD64M-default\/nginx-test/],
    ['a NodePort', 'b-nodeport-cluster', ['32506', '32507'], /map service-nodeports/],
    ['a policy', 'c1-nodeport-local-with-local-endpoint', ['Local', 'Cluster'], /chain external-T2SAD64M/],
    ['a range', 'f1-loadbalancer-sourceranges', ['192.168.205.0/24', '192.168.206.0/24'], /chain firewall-T2SAD64M/],
    ['an affinity', 'e-sessionaffinity', ['ClientIP', 'None'], /set affinity-XHLE4EAB/],
    ['a node', 'j1-internal-local-with-local-endpoint', ['"master"', '"node1"'], /map no-endpoint-services/],
  ] as [string, string, [string, string], RegExp][])
    it(`differs from the record once ${what} is another: ${name}`, () => {
      expect(differsFrom(name, written(changed(name, was, is))).join('\n')).to.match(differing);
    });

  it('differs from the record once two rules have changed places', () => {
    const lines = written(objectsOf('a-clusterip'));
    const [first, second] = ['@service-ips', '@service-nodeports'].map((map) =>
      lines.findIndex((line) => line.endsWith(map)),
    ) as [number, number];
    const turned = lines.with(first, lines[second]!).with(second, lines[first]!);
    expect(differsFrom('a-clusterip', turned).join('\n')).to.match(/chain services/);
  });
});

/** What the kernel has of lines that nft(8) was given, in a network namespace of their own. */
const listed = (lines: string[]) => {
  const printed = execFileSync('unshare', ['-rn', 'sh', '-c', `nft -f - && ${command}`], {
    input: lines.join('\n'),
    encoding: 'utf8',
  });
  return dumpLines(command, printed, new Map());
};

describe('The table of kube-proxy in nftables mode, as the kernel lists it', function () {
  this.timeout(60_000);
  before(function () {
    needsNamespaces(this);
  });

  for (const name of cases)
    it(name, () => {
      expect(differsFrom(name, listed(written(objectsOf(name))))).to.deep.equal([]);
    });

  for (const [services, chains] of [
    [10, 26],
    [100, 116],
  ] as const)
    it(`has ${chains} chains for ${services} services, of which eight are base chains`, () => {
      const lines = listed(written(many(services)));
      expect(lines.filter((line) => /^\tchain /.test(line))).to.have.length(chains);
      expect(lines.filter((line) => /^\t\ttype \w+ hook /.test(line))).to.have.length(8);
    });
});
