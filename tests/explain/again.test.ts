import { expect } from 'chai';
import { isSameWay, lookAgain, type Repeated } from '../../src/explain/again.ts';
import { endOf } from '../../src/explain/site.ts';
import type { Passage } from '../../src/judge/observation.ts';
import { sendAll } from '../../src/observe/send.ts';
import type { Live } from '../../src/observe/sent.ts';
import { errandOf } from '../../src/prove/errand.ts';
import type { RunOptions, Runtime } from '../../src/runtime/runtime.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../stand.ts';
import { ping, sighting } from './causes/loss.ts';

/** A lab whose runtime writes down what is typed, and how long it may take. */
function noting(stood: Stood): { live: Live; typed: { command: string; options: RunOptions }[] } {
  const typed: { command: string; options: RunOptions }[] = [];
  const script: Runtime['script'] = (place, command, options = {}) => {
    typed.push({ command, options });
    return stood.runtime.script(place, command, options);
  };
  return { live: { ...stood, runtime: { ...stood.runtime, script } }, typed };
}

/** Pings that b drops, each by a walk of its own. */
async function lostPings(stood: Stood, count: number): Promise<Repeated[]> {
  await stood.runtime.script('b', 'iptables -A INPUT -p icmp -j DROP');
  const errand = errandOf(stood.plan.walks[0]!);
  const all = await sendAll(
    stood,
    Array.from({ length: count }, () => errand),
    { waitS: 0.2 },
  );
  return all.map((sent) => {
    const way = sent.observations.flatMap((each) => (each.kind === 'sighting' ? [each] : []));
    const site = { ...endOf(way.at(-1)!, way, () => undefined), part: 'request' as const };
    return { errand, sent, site, places: ['a', 'b'] };
  });
}

describe('a lost packet that is sent once more', function () {
  this.timeout(30_000);
  beforeEach(function () {
    needsNamespaces(this);
  });

  it('has no command that may take longer than there is time to find out why', async () => {
    await using stood = await stand(twoHosts());
    const lost = await lostPings(stood, 1);
    const { live, typed } = noting(stood);
    const LIMIT_MS = 10_000;
    const [again] = await lookAgain(live, lost, performance.now() + LIMIT_MS);
    expect(again?.sent.observations.some(({ kind }) => kind === 'passage')).to.equal(true);
    expect(typed.map(({ command }) => command).join('\n'))
      .to.include('ping')
      .and.to.include('nftrace');
    expect(
      typed.filter(({ options }) => !(options.timeoutMs! <= LIMIT_MS)).map(({ command }) => command),
    ).to.deep.equal([]);
  });

  it('is sent by whoever sent it where it followed from another, and is that one again', async () => {
    await using stood = await stand(twoHosts());
    const [lost] = await lostPings(stood, 1);
    const { live, typed } = noting(stood);
    const part = 'later 1' as const;
    const way = lost!.site.way.map((each) => ({ ...each, part }));
    // Captures are read place by place, whichever was first.
    const observations = way.toReversed();
    const later = { ...lost!, site: { ...lost!.site, part, way }, sent: { ...lost!.sent, observations } };
    const [again] = await lookAgain(live, [later], performance.now() + 10_000);
    expect(typed.map(({ command }) => command).join('\n'))
      .to.include('perl -e')
      .and.not.to.include('ping');
    expect(again!.sent.send.from).to.equal('a');
    const dropped = again!.sent.observations.filter(
      (each) => each.kind === 'passage' && each.ending?.verdict === 'drop',
    );
    expect(dropped.map(({ part }) => part)).to.deep.equal(['later 1']);
  });

  it('is not sent where no time is left', async () => {
    await using stood = await stand(twoHosts());
    const lost = await lostPings(stood, 2);
    const { live, typed } = noting(stood);
    expect(await lookAgain(live, lost, performance.now() - 1)).to.deep.equal([undefined, undefined]);
    expect(typed).to.deep.equal([]);
  });

  it('is sent untraced where netfilter cannot be traced, as without nft', async () => {
    await using stood = await stand(twoHosts());
    const lost = await lostPings(stood, 1);
    const script: Runtime['script'] = (place, command, options) =>
      stood.runtime.script(place, command.includes('nft') ? 'exit 127' : command, options);
    const live = { ...stood, runtime: { ...stood.runtime, script } };
    const [again] = await lookAgain(live, lost, performance.now() + 10_000);
    expect([...new Set(again?.sent.observations.map(({ kind }) => kind))]).to.deep.equal(['sighting']);
  });

  it('switches tracing off even where the time is up', async () => {
    await using stood = await stand(twoHosts());
    const lost = await lostPings(stood, 1);
    const { live, typed } = noting(stood);
    await lookAgain(live, lost, performance.now() + 1);
    const traced = typed.filter(({ command }) => command.includes('nftrace')).length;
    const ended = typed.filter(({ command }) => command.includes('delete table inet packetwalk')).length;
    expect(ended).to.equal(traced);
    const { stdout } = await stood.runtime.script('b', 'nft list tables');
    expect(stdout).not.to.include('packetwalk');
  });
});

describe('a packet that is sent once more', () => {
  const seenAt = (...points: string[]) => ({ observations: points.map((at) => sighting(at, 'in', ping())) });

  it('goes the same way where it is lost at the same point, sooner or later', () => {
    for (const other of [['n:e0'], ['n:e0', 'n:vA'], ['n:e0', 'n:vA', 'podA:eth0'], []])
      expect(isSameWay(seenAt('n:e0', 'n:vA'), seenAt(...other)), other.join(' ')).to.equal(true);
  });

  it('goes another way where each was at a point where the other was not', () => {
    expect(isSameWay(seenAt('n:e0', 'n:vA'), seenAt('n:e0', 'n:vB'))).to.equal(false);
  });

  it('goes another way where it was sent on to another address', () => {
    const to = (address: string) => {
      const ending = { verdict: 'dnat', to: `${address}:80` };
      const passage = {
        kind: 'passage',
        part: 'request',
        place: 'n',
        family: 'ip',
        table: 'nat',
        chain: 'pre',
        ending,
      };
      return { observations: [...seenAt('n:e0').observations, passage as Passage] };
    };
    expect(isSameWay(to('10.2.1.2'), to('10.2.2.2'))).to.equal(false);
    expect(isSameWay(to('10.2.1.2'), to('10.2.1.2'))).to.equal(true);
    expect(isSameWay(seenAt('n:e0'), to('10.2.2.2')), 'nobody traced the first one').to.equal(true);
  });
});
