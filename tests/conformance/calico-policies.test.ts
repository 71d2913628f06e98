import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { cali } from '../../labs/kit/calico/cluster.ts';
import { type FelixPolicy, felixPolicies, setOf } from '../../labs/kit/network-policy/felix.ts';
import { needsNamespaces } from '../stand.ts';

const file = (path: string) => new URL(path, import.meta.url);
const kit = '../../labs/kit/calico/';

/** What was recorded of node1: chains and rules of its two pods, and the sets that they ask, without Felix’s hashes and empty counters. */
const recorded = (name: string) =>
  readFileSync(file(`recorded/calico-policies/${name}.txt`), 'utf8')
    .split('\n')
    .filter((line) => /^(:|-A|create|add)/.test(line))
    .map((line) => line.replace(/ -m comment --comment "cali:[\w-]+"/, '').replace(' [0:0]', ''));

const pods = [
  { name: 'podA', namespace: 'default', labels: {}, address: '10.42.0.65', node: 'master' },
  { name: 'podB', namespace: 'default', labels: {}, address: '10.42.1.9', node: 'node1' },
  { name: 'podC', namespace: 'default', labels: {}, address: '10.42.1.6', node: 'node1' },
];

const denyIngress: FelixPolicy = { name: 'default/default.deny-ingress', isFor: () => true, ingress: [] };
const fromPodA = setOf('(projectcalico.org/namespace == "default" && app == "podA")', ['10.42.0.65']);
const allowWeb: FelixPolicy = {
  name: 'default/default.allow-web',
  isFor: ({ name }) => name === 'podB',
  ingress: [{ set: fromPodA, port: { port: 80 } }],
};

/** What a kernel has once all that a lab types for these policies was typed: the part of it that was recorded. */
function written(policies: FelixPolicy[]): string[] {
  const { sets, rules } = felixPolicies(policies, pods, 'node1');
  const own = ['podB', 'podC'].map((pod) => cali(pod)).sort();
  const felix = (name: string, args: string[]) => `sh ${file(`${kit}${name}`).pathname} ${args.join(' ')}`;
  const script = `set -e
    ${felix('felix-sets', ['vxlan.calico', '10.42.0.0/16', '192.168.205.3,10.42.1.0', '192.168.205.4'])} | ipset restore
    ${felix('felix-rules', ['vxlan.calico', ...own])} | iptables-restore
    ipset restore <<'END'\n${sets.join('\n')}\nEND
    iptables-restore --noflush <<'END'\n${rules.join('\n')}\nEND
    iptables-save -t filter
    ipset save`;
  const { status, stdout, stderr } = spawnSync('unshare', ['-rn', 'sh', '-c', script], { encoding: 'utf8' });
  expect(status, stderr).to.equal(0);
  const kept = /^:cali-(pi|pri|to-wl|tw)|^-A cali-FORWARD -o cali\+|^-A cali-(pi|pri|to-wl|tw)|cali40s:/;
  const lines = stdout.split('\n').map((line) => line.replace(' [0:0]', '').replace(/(family inet) .*/, '$1'));
  return lines.filter((line) => kept.test(line));
}

describe('Policies on Calico, beside what the real Felix programs', function () {
  this.timeout(30_000);
  before(function () {
    needsNamespaces(this);
  });

  it('deny-ingress: an empty chain, asked by every pod, and the end of all that it does not allow', () => {
    expect(written([denyIngress])).to.have.members(recorded('deny-ingress'));
  });

  it('allow-web beside it: a set by a hash of its selector, a port, and the order of the names', () => {
    const both = written([denyIngress, allowWeb]);
    const chain = `-A cali-tw-${cali('podB')} `;
    const want = recorded('deny-ingress-allow-web');
    expect(both).to.have.members(want);
    const inOrder = (lines: string[]) => lines.filter((line) => line.startsWith(chain));
    expect(inOrder(both)).to.deep.equal(inOrder(want));
  });

  it('would notice a port, a name and a place in the chain', () => {
    const want = recorded('deny-ingress-allow-web');
    const otherPort = { ...allowWeb, ingress: [{ set: fromPodA, port: { port: 81 } }] };
    expect(written([denyIngress, otherPort])).to.not.have.members(want);
    expect(written([denyIngress, { ...allowWeb, name: 'default/default.allow-webs' }])).to.not.have.members(want);
    expect(written([denyIngress])).to.not.have.members(want);
  });
});
