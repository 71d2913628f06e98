import { expect } from 'chai';
import lab from '../../labs/flannel-vxlan.ts';
import type { Observation } from '../../src/judge/observation.ts';
import { mismatch } from '../../src/judge/output.ts';
import { judge } from '../../src/judge/walk.ts';
import type { Expectation, Shape } from '../../src/lab/words.ts';
import { sendAll } from '../../src/observe/send.ts';
import { type PlannedHop, whereText } from '../../src/plan/hops.ts';
import { plan } from '../../src/plan/plan.ts';
import { check } from '../../src/prove/check.ts';
import { prove } from '../../src/prove/run.ts';
import { claimResults } from '../../src/record/claims.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const planned = plan(lab, 'flannel-vxlan');

const confirmed = [
  ...['FV-01', 'FV-02', 'FV-03', 'FV-04', 'FV-05', 'FV-06', 'FV-08', 'FV-09', 'FV-10', 'FV-11', 'FV-13', 'FV-14'],
  ...['FV-16', 'FV-17', 'FV-18', 'FV-20', 'FV-21', 'FV-22', 'KM-01', 'PP-01'],
];
const corrected = ['FV-07', 'FV-12', 'FV-19', 'KM-02', 'KM-03'];

/** Every variant of something in which one value, wherever it stands, is another one. */
function* altered(value: unknown): Generator<unknown> {
  if (typeof value === 'number') yield value + 1;
  if (typeof value === 'boolean') yield !value;
  if (typeof value === 'string') yield `${value}x`;
  if (Array.isArray(value))
    for (const [i, each] of value.entries()) for (const other of altered(each)) yield value.with(i, other);
  else if (typeof value === 'object' && value)
    for (const [key, each] of Object.entries(value))
      for (const other of altered(each)) yield { ...value, [key]: other };
}

describe('flannel-vxlan', function () {
  this.timeout(60_000);
  let stood: Stood;
  const observations = new Map<string, Observation[]>();

  before(async function () {
    needsNamespaces(this);
    stood = await stand(planned);
    await prove(stood, stood.found, () => {});
    for (const { name, send } of planned.walks)
      observations.set(name, (await sendAll(stood, [{ send }]))[0]!.observations);
  });
  after(() => stood?.[Symbol.asyncDispose]());

  it('confirms and corrects its documents’ claims, each of those it has', () => {
    const ends = claimResults(planned, stood.found);
    const ended = (verdict: string) => ends.filter((each) => each.verdict === verdict).map(({ id }) => id);
    expect(ended('confirmed')).to.have.members(confirmed);
    expect(ended('corrected')).to.have.members(corrected);
    expect(ends).to.have.length(confirmed.length + corrected.length);
    const own = Object.keys(planned.claims).filter((id) => /^(FV|KM|PP)-/.test(id) && id !== 'FV-15');
    expect(ends.map(({ id }) => id)).to.have.members(own);
  });

  it('has no walk that any other route, header or order would satisfy as well', () => {
    const surroundings = { wires: stood.watch.wires(), macOf: stood.watch.macOf };
    for (const { name, hops, listsReply } of planned.walks) {
      const seen = observations.get(name)!;
      const verdict = (listed: PlannedHop[], observed = seen) =>
        judge(listed, observed, surroundings, listsReply ? ['reply'] : []).verdict;
      expect(verdict(hops), name).to.equal('passed');
      for (const [i, hop] of hops.entries()) {
        if (hop.kind !== 'point') throw new Error('no walk of this lab lists hooks');
        const where = `${name}: ${hop.part} ${whereText(hop)}`;
        const before = hops[i - 1];
        expect(verdict(hops.toSpliced(i, 1)), `${where} left out`).to.equal('failed');
        expect(verdict(hops.toSpliced(i, 0, hop)), `${where} twice`).to.equal('failed');
        if (before?.part === hop.part)
          expect(verdict(hops.toSpliced(i - 1, 2, hop, before)), `${where} before`).to.equal('failed');
        for (const headers of altered(hop.headers))
          expect(
            verdict(hops.with(i, { ...hop, headers } as PlannedHop)),
            `${where} ${JSON.stringify(headers)}`,
          ).to.equal('failed');
      }
      for (const [i, sighting] of seen.entries()) {
        if (sighting.kind !== 'sighting') throw new Error('no walk of this lab lists hooks');
        if (sighting.part === 'reply' && !listsReply) continue;
        if (sighting.otherHost && !surroundings.wires.isPort(sighting.at)) continue;
        const where = `${name}: ${sighting.at}`;
        const again = { ...sighting, order: Math.max(...seen.map(({ order }) => order)) + 1 };
        expect(verdict(hops, [...seen, again]), `${where} seen twice`).to.equal('failed');
        const elsewhere = { ...sighting, at: 'node2:enp0s1', place: 'node2', device: 'enp0s1', otherHost: false };
        expect(verdict(hops, [...seen, elsewhere]), `${where} seen elsewhere`).to.equal('failed');
        expect(verdict(hops, seen.toSpliced(i, 1)), `${where} not seen`).to.equal('failed');
      }
    }
  });

  it('has no check that any other output would satisfy as well', () => {
    let tried = 0;
    for (const { title, node, output } of stood.found.checks) {
      const check = planned.checks.find((each) => each.title === title);
      for (const expectation of [check?.see[node] ?? []].flat() as Expectation[]) {
        const code = 'fails' in expectation ? 1 : 0;
        expect(mismatch(expectation, output, code), title).to.equal(undefined);
        for (const other of wrong(expectation, output)) {
          tried++;
          expect(mismatch(other, output, code), `${title}: ${JSON.stringify(other)}`).to.be.a('string');
        }
      }
    }
    expect(tried).to.be.above(200);
  });

  it('would notice a process that holds the socket of VXLAN’s port in the kernel’s stead', async () => {
    const bind = 'use Socket; socket(S, 2, 2, 17); bind(S, pack_sockaddr_in(8472, INADDR_ANY)) or die; sleep';
    const ran = await stood.runtime.run('node2', ['ip link del flannel.1', `perl -e '${bind}' &`]);
    expect(ran.code, ran.stderr).to.equal(0);
    await stood.runtime.script('node2', 'until ss -lunH | grep -q :8472; do :; done', { timeoutMs: 10_000 });
    for (const title of [
      'A UDP socket on 8472 belongs to no process',
      'No process holds a UDP or raw socket on any node: the kernel does it all',
    ]) {
      const results = await check(stood, planned.checks.find((each) => each.title === title)!);
      expect(results.map(({ node, verdict }) => `${node} ${verdict}`)).to.deep.equal([
        'master passed',
        'node1 passed',
        'node2 failed',
      ]);
      expect(results[2]!.reason).to.equal("it should not say 'users:'");
    }
  });

  /** What is expected, made wrong for this output, in every way that there is. */
  function* wrong(expectation: Expectation, output: string): Generator<Expectation> {
    const first = output.split('\n').find((line) => line.trim())!;
    if ('lacks' in expectation) yield { lacks: [...expectation.lacks, first] };
    else if ('none' in expectation)
      yield { none: (JSON.parse(output) as Shape[]).find((each) => Object.keys(each!).length)! };
    else
      for (const other of altered('json' in expectation ? expectation.json : Object.values(expectation)[0]))
        yield 'json' in expectation
          ? { ...expectation, json: other as Shape }
          : ({ [Object.keys(expectation)[0]!]: other } as unknown as Expectation);
    if ('exactly' in expectation && Array.isArray(expectation.json)) {
      yield { json: [...expectation.json, {}], exactly: true };
      if (expectation.json.length) yield { json: expectation.json.slice(1), exactly: true };
    }
  }
});
