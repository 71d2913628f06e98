import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { iptablesOf, restored } from '../../labs/kit/kube-proxy/iptables.ts';
import type { KubeObject } from '../../labs/kit/kube-proxy/objects.ts';
import type { DumpSection } from '../../src/record/dump.ts';
import { cases, changed, differences, objectsOf, ownObjects, recordOf } from './kube-proxy-cases.ts';

const options = { node: 'master', clusterCidr: '10.42.0.0/16', nfacct: true };

function rules(objects: KubeObject[]): DumpSection[] {
  const lines = iptablesOf(objects, options).flatMap(({ name, chains, rules: own }) => [
    `*${name}`,
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].map((chain) => `:${chain} ACCEPT [0:0]`),
    ...own,
  ]);
  return [{ command: 'iptables-save', lines }];
}

const differsFrom = (name: string, objects: KubeObject[]) => differences(recordOf('iptables', name), rules(objects));

describe('The rules of kube-proxy, rule by rule as v1.36.3 writes them', () => {
  for (const name of cases)
    it(name, () => {
      expect(differsFrom(name, objectsOf(name))).to.deep.equal([]);
    });

  it('are those of the pods’ labs, but for the API server’s own service and the counters of nfacct', () => {
    const file = readFileSync(new URL('../../labs/kit/kube-proxy/nginx-test', import.meta.url), 'utf8');
    const written = restored(iptablesOf(ownObjects('a-clusterip'), { ...options, nfacct: false })).trimEnd();
    expect(file.replace(/^#.*\n/gm, '').trimEnd()).to.equal(written);
  });

  it('differ from the record once an object is another', () => {
    expect(differsFrom('a-clusterip', changed('a-clusterip', '10.42.2.6', '10.42.2.9'))).to.not.deep.equal([]);
  });
});
