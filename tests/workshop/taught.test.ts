import { expect } from 'chai';
import { type Lab, lines, send } from '../../src/index.ts';
import { plan } from '../../src/plan/plan.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { type Proven, proveWorkshop } from '../../src/workshop/prove.ts';
import { needsNamespaces, twoHosts } from '../stand.ts';
import { attend } from './attendee.ts';

const reaches = 'ip route get 10.9.0.1';

/** A lab whose first step can be taken in two ways, and of which its author tells and asks something. */
const lab = (): Lab => {
  const { walks, ...hosts } = twoHosts();
  return {
    ...hosts,
    notes: 'It takes ten minutes.',
    setup: {
      'a reaches a network behind b': {
        do: { a: 'ip route add 10.9.0.0/16 via 10.0.0.2' },
        see: { run: reaches, see: { a: lines('10.9.0.1 via 10.0.0.2') } },
        notes: 'A default route would do as well.',
        ask: { question: 'By which address?', answer: ['10.0.0.2', 'that of b'], shownBy: send('a', reaches) },
      },
      'b has a second address': { b: 'ip addr add 10.0.0.3/24 dev eth0' },
    },
    walks: { 'a pings b': { ...walks['a pings b']!, notes: 'Nobody routes here.' } },
    faults: {
      'b is deaf': {
        break: { b: 'ip link set eth0 down' },
        lostAt: 'b:eth0',
        hint: 'Look at b',
        fix: { b: 'ip link set eth0 up' },
        notes: 'A link that is down has no carrier.',
      },
    },
  };
};

describe('what an author says in a workshop', () => {
  before(function () {
    needsNamespaces(this);
  });

  it('lets two states serve equally, in that step and in those that follow', async () => {
    await using at = await attend(lab());
    expect((await at.line('ip route add 10.9.0.0/24 via 10.0.0.1')).passed).to.equal(false);
    expect((await at.line('ip route del 10.9.0.0/24')).passed).to.equal(false);
    expect((await at.line('hint')).lines[0]).to.equal(`Look on a: \`${reaches}\``);
    expect((await at.line('hint')).lines[0]).to.match(/^a: it ended with exit code 2; .*unreachable/);
    expect((await at.line('hint')).lines[0]).to.equal('a# ip route add 10.9.0.0/16 via 10.0.0.2');
    expect((await at.line('ip route add default via 10.0.0.2')).passed).to.equal(true);
    await at.line('next');
    expect(at.game.item().title).to.equal('b has a second address');
    await at.line('on b');
    expect((await at.line('ip addr add 10.0.0.3/24 dev eth0')).passed).to.equal(true);
  });

  it('asks once it is done, scores the first answer, and takes the right one at any time', async () => {
    await using at = await attend(lab());
    expect((await at.line('answer 10.0.0.2')).lines).to.deep.equal(['The question comes once this is done.']);
    expect((await at.line('ip route add 10.9.0.0/16 via 10.0.0.2')).lines).to.include('By which address?');
    const { passed, lines: said } = await at.line('answer 10.0.0.1');
    expect(passed).to.equal(false);
    expect(said).to.include(`a# ${reaches}`);
    expect((await at.line('answer That of B')).passed).to.equal(true);
    expect(at.game.entry().answer).to.equal('wrong');
    await at.line('next');
    expect((await at.line('answer 7')).lines).to.deep.equal(['Nothing is asked here.']);
  });

  it('tells its notes when it is asked to, and of a walk or fault once that is done', async () => {
    await using at = await attend(lab());
    expect((await at.line('notes')).lines).to.deep.equal([
      'It takes ten minutes.',
      'A default route would do as well.',
    ]);
    await at.line('break');
    expect((await at.line('notes')).lines).to.deep.equal(['It takes ten minutes.']);
    await at.line('on b');
    expect((await at.line('ip link set eth0 up')).lines).to.include('A link that is down has no carrier.');
    expect((await at.line('notes')).lines).to.include('A link that is down has no carrier.');
  });

  const problemsOf = (proven: Proven[]) => proven.flatMap(({ problems }) => problems);
  const prove = (change: (own: Lab) => void, leavesOut = false) => {
    const { faults: _, ...own } = lab();
    change(own);
    return proveWorkshop(plan(own, 'taught'), startNetns, { leavesOut });
  };
  const step = (own: Lab) => own.setup['a reaches a network behind b'] as Record<string, object>;

  it('is proven: what is to be seen, and the answer', async () => {
    const proven = await prove(() => {}, true);
    expect(problemsOf(proven)).to.deep.equal([]);
    expect(proven[0]!.leftOut).to.deep.equal([
      { place: 'a', line: 'ip route add 10.9.0.0/16 via 10.0.0.2', isFound: true, isNamed: true },
    ]);
  });

  it('is refuted where it can be seen before, or never, and where the answer is another one', async () => {
    const before = await prove((own) => Object.assign(step(own), { see: { run: 'hostname', see: { a: lines('a') } } }));
    expect(problemsOf(before)).to.include('it is done before anything was typed');
    const never = await prove((own) => Object.assign(step(own).see!, { see: { a: lines('via 10.0.0.9') } }));
    expect(problemsOf(never).join()).to.match(/^it is not done once its lines were typed/);
    const wrong = await prove((own) => Object.assign(step(own).ask!, { answer: '10.0.0.7' }));
    expect(problemsOf(wrong)).to.have.length(1);
    expect(problemsOf(wrong)[0]).to.match(/^the answer to “By which address\?” is not shown by a# ip route get/);
  });
});
