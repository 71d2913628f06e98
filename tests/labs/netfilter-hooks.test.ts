import { expect } from 'chai';
import { toAnother } from '../../labs/kit/netfilter/ruleset.ts';
import hooks from '../../labs/netfilter-hooks.ts';
import type { Lab } from '../../src/lab/words.ts';
import { plannedHops } from '../../src/plan/hops.ts';
import { plan } from '../../src/plan/plan.ts';
import { check } from '../../src/prove/check.ts';
import { walk } from '../../src/prove/walk.ts';
import { hopText } from '../../src/report/notation.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const planned = plan(hooks as Lab, 'netfilter-hooks');

const through = 'client pings server: to another';
const into = 'client pings router: to the node itself';
const outOf = 'router pings server: from the node itself';
const called = 'client calls port 8080 of router, which is port 80 of server';
const stray = 'client answers a call that nobody made';
const refused = 'client asks server at a port where nobody listens';
const priorities = 'At each hook the tables’ chains stand in the order of their priorities';
const error = 'An ICMP error about a tracked packet comes back to who sent the packet';
const related = 'It is RELATED: the rule for that state lets it in, and no other';

const chain = (table: string, name: string, type: string, hook: string, priority: number) =>
  `nft 'add chain ip ${table} ${name} { type ${type} hook ${hook} priority ${priority}; }; add rule ip ${table} ${name} accept'`;

/** What is changed by hand at router, and the checks and walks that must notice. */
const mutations: [command: string, noticing: string[]][] = [
  ['iptables -t raw -F PREROUTING', [through, into, outOf, called, stray]],
  ['iptables -t mangle -P FORWARD DROP && iptables -t mangle -F FORWARD', [through, called, stray]],
  ['iptables -t nat -F POSTROUTING && iptables -t nat -A POSTROUTING -j MASQUERADE', [through, outOf, called]],
  ['iptables -t nat -F INPUT', [into]],
  ['iptables -t nat -I PREROUTING -p tcp --dport 8080 -j ACCEPT', [called]],
  ['iptables -I FORWARD -j ACCEPT', [through, called, stray]],
  ['iptables -I OUTPUT -j ACCEPT', [into, outOf]],
  ['iptables -P FORWARD ACCEPT && iptables -F INVALID', [stray]],
  ['nft delete table ip security', [through, into, outOf, called, priorities]],
  [
    `nft delete table ip security && nft add table ip security && ${chain('security', 'INPUT', 'filter', 'input', 50)}`,
    [into, priorities],
  ],
  [chain('nat', 'ALWAYS', 'filter', 'prerouting', -99), [through, outOf, called, stray]],
  ['iptables -t mangle -N LAST && iptables -t mangle -I FORWARD -p tcp --tcp-flags FIN FIN -j LAST', [called]],
  ['iptables -t raw -I PREROUTING -p tcp --tcp-flags ALL SYN,ACK -j CT --notrack', [called, stray]],
  ['sysctl -w net.ipv4.ip_forward=0', [through, called, stray, error]],
  ['iptables -D FORWARD -m conntrack --ctstate RELATED -j RELATED', [error, refused]],
  ['iptables -D INPUT -m conntrack --ctstate RELATED -j RELATED', [related]],
  ['iptables -I INPUT -p icmp -j ACCEPT', [into, outOf, related]],
];

describe('No check and no walk of netfilter-hooks passes in vain', function () {
  this.timeout(30_000);
  before(function () {
    needsNamespaces(this);
  });

  const verdict = async (eyes: Stood, title: string) => {
    const one = planned.checks.find((each) => each.title === title);
    const sent = planned.walks.find((each) => each.name === title);
    if (!one && !sent) throw new Error(`there is no check or walk '${title}'`);
    const results = one ? await check(eyes, one) : await walk(eyes, [sent!], { waitS: 0.2 });
    return results.some((result) => result.verdict === 'failed') ? 'failed' : results[0]!.verdict;
  };

  it('is all tried here', () => {
    const tried = new Set(mutations.flatMap(([, titles]) => titles));
    expect([...tried, 'web still runs']).to.have.members([
      ...planned.checks.map(({ title }) => title),
      ...planned.walks.map(({ name }) => name),
    ]);
  });

  for (const [command, noticing] of mutations)
    it(`router# ${command}`, async () => {
      await using stood = await stand(planned);
      const { code, stderr } = await stood.runtime.script('router', command);
      expect(code, stderr).to.equal(0);
      const verdicts: Record<string, string> = {};
      for (const title of noticing) verdicts[title] = await verdict(stood, title);
      expect(verdicts).to.deep.equal(Object.fromEntries(noticing.map((title) => [title, 'failed'])));
    });

  it('a walk that lists nat for a later packet of a connection fails there', async () => {
    await using stood = await stand(planned);
    const own = planned.walks.find(({ name }) => name === called)!;
    for (const part of ['reply', 'end'] as const) {
      const [point, arrives, ...rest] = own.hops.filter((hop) => hop.part === part);
      const asNew = plannedHops({ [part]: toAnother('router', 'NEW').slice(0, 3) });
      const listed = [point!, arrives!, ...asNew, ...rest.slice(2)];
      const hops = own.hops.flatMap((hop) => (hop.part !== part ? [hop] : hop === point ? listed : []));
      const [result] = await walk(stood, [{ ...own, hops }]);
      expect(result!.verdict, part).to.equal('failed');
      const wrong = result!.hops.filter(({ fate }) => fate !== 'passed');
      expect(wrong.map((hop) => `${part} ${hopText(hop, result!)} ${hop.fate}`)).to.deep.equal([
        `${part} router mangle PREROUTING differs`,
        `${part} router nat PREROUTING missing`,
      ]);
      expect(wrong.map(({ seen }) => seen)).to.deep.equal([
        { chains: [], ending: { verdict: 'accept', policy: true } },
        null,
      ]);
    }
  });
});
