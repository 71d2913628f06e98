import { expect } from 'chai';
import type { Lab } from '../../src/index.ts';
import { type Plan, plan } from '../../src/plan/plan.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { itemsOf } from '../../src/workshop/items.ts';
import { type Proven, type ProveOptions, proveWorkshop } from '../../src/workshop/prove.ts';
import { isNightly, load, names, orSkip } from '../labs/every-lab.ts';
import { needsNamespaces, twoHosts } from '../stand.ts';

/** At night every lab is played that this kernel can have; these two take half a minute together. */
const played = isNightly ? names : ['netns-veth', 'netns-bridge-no-address'];

/** Lines that leave nothing that a place's state would show: what they do is seen in a later step. At night they are none to fail for. */
const traceless = (line: string) => /^(echo|printf|mount|rm -f) /.test(line);

const prove = (planned: Plan, options: ProveOptions = {}) => proveWorkshop(planned, startNetns, options);

/** What is not as a workshop promises, by the titles of its items. */
const problemsOf = (proven: Proven[]): string[] =>
  proven.flatMap(({ item, problems, leftOut }) => [
    ...problems.map((each) => `${item.title}: ${each}`),
    ...leftOut.flatMap(({ place, line, isFound, isNamed }) =>
      isNamed || (!isFound && (isNightly || traceless(line)))
        ? []
        : [`${item.title}: left out, and not named: ${place}# ${line}`],
    ),
  ]);

describe('a lab’s workshop, played through its terminals', function () {
  this.timeout(isNightly ? 1_200_000 : 240_000);

  before(function () {
    needsNamespaces(this);
  });

  for (const name of played)
    it(`${name} can be done, is not done before, and misses each line that is left out`, async function () {
      const planned = await load(name);
      const proven = await orSkip(this, prove(planned, { leavesOut: true }));
      expect(problemsOf(proven)).to.deep.equal([]);
      expect(proven.map(({ item }) => item.title)).to.deep.equal(itemsOf(planned).map(({ title }) => title));
      expect(proven.flatMap(({ leftOut }) => leftOut)).to.not.be.empty;
    });

  const spoilt = (change: Partial<Lab>) => plan({ ...twoHosts(), ...change }, 'spoilt');

  it('finds a step that is done before anything is typed', async () => {
    const proven = await prove(spoilt({ setup: { 'Nothing becomes true': { a: 'true' } } }));
    expect(problemsOf(proven)).to.deep.equal(['Nothing becomes true: it is done before anything was typed']);
  });

  it('finds a step that comes out as something else each time', async () => {
    const setup = {
      'Draw a metric by lot': { a: 'ip route add 10.9.0.0/16 dev eth0 metric $(od -An -N2 -tu2 /dev/urandom)' },
    };
    const [first] = problemsOf(await prove(spoilt({ setup })));
    expect(first).to.match(/^Draw a metric by lot: it is not done once its lines were typed/);
  });

  it('finds a fault that is not mended by its fix, and one that breaks nothing', async () => {
    const fault = { lostAt: 'b:eth0' as const, hint: 'Look', walk: 'a pings b' };
    const proven = await prove(
      spoilt({
        faults: {
          'b is deaf for good': { ...fault, break: { b: 'ip link set eth0 down' }, fix: { b: 'true' } },
          'Nothing is wrong': { ...fault, break: { b: 'true' }, fix: { b: 'true' } },
        },
      }),
    );
    expect(problemsOf(proven).join('\n')).to.match(/^b is deaf for good: it is not mended by its fix/);
    expect(problemsOf(proven)).to.include('Nothing is wrong: nothing is broken');
  });
});
