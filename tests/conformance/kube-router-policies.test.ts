import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { kubeRouterPolicies, podChain, policyChain } from '../../labs/kit/network-policy/kube-router.ts';
import { type NetworkPolicy, policy } from '../../labs/kit/network-policy/objects.ts';
import { needsNamespaces } from '../stand.ts';

const folder = new URL('recorded/kube-router-policies/', import.meta.url);
const cases = readdirSync(folder).map((file) => file.replace(/\.txt$/, ''));

const pods = [
  { name: 'redis-master', namespace: 'default', labels: { app: 'redis', role: 'master' }, address: '100.96.4.2' },
  { name: 'redis-slave1', namespace: 'default', labels: { app: 'redis', role: 'slave' }, address: '100.96.4.3' },
  { name: 'redis-slave2', namespace: 'default', labels: { app: 'redis', role: 'slave' }, address: '100.96.1.2' },
  { name: 'frontend', namespace: 'default', labels: { tier: 'frontend' }, address: '100.96.2.2' },
  { name: 'dashboard', namespace: 'kube-system', labels: {}, address: '100.96.0.2' },
  { name: 'kube-dns', namespace: 'kube-system', labels: {}, address: '100.96.3.2' },
].map((pod) => ({ ...pod, node: pod.address.startsWith('100.96.4.') ? 'ip-172-20-32-100' : 'another' }));

/** A recorded case: its policy, and the rules and sets that kube-router had made, but those of its service proxy. */
function recorded(name: string) {
  const lines = readFileSync(new URL(`${name}.txt`, folder), 'utf8').split('\n');
  const spec = lines.find((line) => line.startsWith('## {'))?.slice('## '.length);
  const rules = lines.filter((line) => /^(:KUBE|-A)/.test(line) && !/KUBE-ROUTER-SERVICES/.test(line));
  const sets = lines.slice(lines.indexOf('## ipset list (KUBE-*)') + 1, lines.indexOf('## who can call'));
  return {
    spec,
    rules,
    sets: sets.filter((line) => line).map((line) => line.trim().split('  ').slice(0, 2).join('  ')),
  };
}

/** The policy of a case as the kit has it: what it leaves out of a rule is an empty list. */
function policyOf(name: string, spec: string): NetworkPolicy {
  const own = JSON.parse(spec) as NetworkPolicy['spec'];
  const chain = readFileSync(new URL(`${name}.txt`, folder), 'utf8').match(/:KUBE-NWPLCY-\(([a-z-]+)\)/)![1]!;
  const full = <Rule extends object>(rules: Rule[] | undefined, key: 'from' | 'to') =>
    rules?.map((rule) => ({ [key]: [], ports: [], ...rule }));
  return policy(chain, {
    ...own,
    ingress: full(own.ingress, 'from'),
    egress: full(own.egress, 'to'),
  } as NetworkPolicy['spec']);
}

/** What a kernel has once all that a lab types for a policy was typed. */
function written(policies: NetworkPolicy[]) {
  const { sets, rules } = kubeRouterPolicies(policies, pods, 'ip-172-20-32-100', '100.64.0.0/13');
  const script = `set -e
    ipset restore <<'END'\n${sets.join('\n')}\nEND
    iptables-restore --noflush <<'END'\n${rules.join('\n')}\nEND
    iptables-save -t filter
    ipset save`;
  const { status, stdout, stderr } = spawnSync('unshare', ['-rn', 'sh', '-c', script], { encoding: 'utf8' });
  expect(status, stderr).to.equal(0);
  const names = [
    ...policies.map(
      ({ metadata }) => [policyChain(`default/${metadata.name}`), `KUBE-NWPLCY-(${metadata.name})`] as const,
    ),
    ...pods.map((pod) => [podChain(pod), `KUBE-POD-FW-(${pod.name})`] as const),
  ];
  const lines = names.reduce((text, [chain, name]) => text.replaceAll(chain, name), stdout).split('\n');
  return {
    rules: lines.filter((line) => /^(:KUBE|-A)/.test(line)),
    sets: lines.flatMap((line) => {
      const [what, name, type, ...rest] = line.split(' ');
      if (what === 'create') return [`${name}  type ${type}`];
      return what === 'add' ? [[type, ...rest].join(' ')] : [];
    }),
  };
}

describe('Policies on kube-router, beside what the real one programs', function () {
  this.timeout(30_000);
  before(function () {
    needsNamespaces(this);
  });

  it('are seven cases', () => {
    expect(cases).to.have.length(7);
  });

  for (const name of cases)
    it(`${name}: every rule in its order, every set with its members`, () => {
      const { spec, rules, sets } = recorded(name);
      const own = written(spec ? [policyOf(name, spec)] : []);
      const inChain = (lines: string[], chain: string) => lines.filter((line) => line.startsWith(`-A ${chain} `));
      expect(own.rules).to.have.members(rules);
      for (const chain of new Set(rules.map((line) => line.split(' ')[1]!)))
        expect(inChain(own.rules, chain), chain).to.deep.equal(inChain(rules, chain));
      expect(own.sets).to.have.members(sets);
    });
});
