import { expect } from 'chai';
import { BadLab } from '../../src/plan/bad-lab.ts';
import { plan } from '../../src/plan/plan.ts';
import { smallLab, spoilt, type Unchecked } from '../small-lab.ts';

const problemsOf = (value: unknown): string[] => {
  try {
    plan(value, 'small');
    return [];
  } catch (error) {
    if (error instanceof BadLab) return error.problems.map(({ where, what, hint }) => [where, what, hint].join(' | '));
    throw error;
  }
};
const changed = (change: (lab: Unchecked) => void): string[] => problemsOf(spoilt(change));

describe('shapeProblems', () => {
  it('are what keeps a value from being a lab: never a stack trace', () => {
    for (const value of [null, undefined, 5, 'lab', true, [], () => {}, Symbol('x'), new Date(), Promise.resolve()])
      expect(problemsOf(value), String(value)).to.have.length.above(0);
    expect(problemsOf(null)).to.deep.equal(['the lab | is null, not an object | ']);
    expect(problemsOf(undefined)).to.deep.equal(['the lab | is missing | ']);
  });

  it('name every field that is missing', () => {
    expect(problemsOf({})).to.deep.equal([
      'title | is missing | ',
      'nodes | is missing | ',
      'links | is missing | ',
      'setup | is missing | ',
      'walks | is missing | ',
    ]);
    expect(changed((lab) => delete lab.faults['b is deaf'].hint)).to.deep.equal([
      'faults.b is deaf.hint | is missing | ',
    ]);
  });

  it('name every field that is misspelt, and what is missing for it', () => {
    const lab = { ...smallLab(), titel: 'x', link: [] } as Record<string, unknown>;
    delete lab.title;
    expect(problemsOf(lab)).to.deep.equal([
      'title | is missing | ',
      'titel | is no field here. | Did you mean title?',
      'link | is no field here. | Did you mean links?',
    ]);
  });

  it('name a field that is misspelt, and the one that was meant', () => {
    expect(changed((lab) => Object.assign(lab, { chekcs: {} }))).to.deep.equal([
      'chekcs | is no field here. | Did you mean checks?',
    ]);
    expect(changed((lab) => (lab.walks['a pings b'].repli = []))).to.deep.equal([
      'walks.a pings b.repli | is no field here. | Did you mean reply?',
    ]);
    expect(changed((lab) => (lab.faults['b is deaf'].lostat = 'b:eth0'))).to.deep.equal([
      'faults.b is deaf.lostat | is no field here. | Did you mean lostAt?',
    ]);
    expect(changed((lab) => (lab.checks['a has an address'].claims = ['C-1']))).to.deep.equal([
      'checks.a has an address.claims | is no field here. | Did you mean claim?',
    ]);
    expect(changed((lab) => (lab.walks['a pings b'].send.form = 'b'))).to.deep.equal([
      'walks.a pings b.send.form | is no field here. | Did you mean from?',
    ]);
    expect(changed((lab) => (lab.walks['a pings b'].request[0].header = []))).to.deep.equal([
      'walks.a pings b.request.0.header | is no field here. | Did you mean headers?',
    ]);
  });

  it('name what a daemon lacks', () => {
    expect(changed((lab) => (lab.setup.More = { a: [{ daemon: 'a b', run: 'x' }] }))).to.deep.equal([
      'setup.More.a.0.daemon | has letters, digits, - _ . only | ',
      'setup.More.a.0.ready | is missing | ',
    ]);
  });

  it('name what has the wrong type', () => {
    expect(changed((lab) => (lab.title = 5))).to.deep.equal(['title | is 5, not a text | ']);
    expect(changed((lab) => (lab.title = ' '))).to.deep.equal(['title | must not be empty | ']);
    expect(changed((lab) => (lab.links = 'a:eth0 -- b:eth0'))).to.deep.equal([
      `links | is "a:eth0 -- b:eth0", not a list | `,
    ]);
    expect(changed((lab) => (lab.setup.More = { a: 5 }))).to.deep.equal(['setup.More.a | is 5, not a text | ']);
    expect(changed((lab) => (lab.walks = []))).to.include('walks | a lab has at least one walk | ');
    expect(changed((lab) => (lab.nodes = ['host']))[0]).to.match(/^nodes\.0 \|/);
    expect(changed((lab) => (lab.walks['a pings b'].request = []))).to.deep.equal([
      'walks.a pings b.request | must list at least one hop | ',
    ]);
    expect(changed((lab) => (lab.checks['a reaches b'].seenAs = 'itself'))).to.have.length(1);
  });

  it('name an expectation that is none', () => {
    const kinds = 'must be one of json(…), exactly(…), none(…), lines(…), lacks(…), fails(…)';
    for (const see of ['text', { line: ['x'] }, { lines: 'x' }, {}, null])
      expect(
        changed((lab) => (lab.checks['a has an address'].see.a = see)),
        JSON.stringify(see),
      ).to.deep.equal([`checks.a has an address.see.a | ${kinds} | `]);
  });

  it('name what is left open by a slip: a field or a shape that is undefined, or no JSON', () => {
    for (const shape of [undefined, [{ mtu: undefined }], { a: () => 1 }, [1n], Number.NaN])
      expect(changed((lab) => (lab.checks['a has an address'].see.a = { json: shape }))).to.have.length(1);
    for (const value of [undefined, null, {}, [], { macOf: 5 }])
      expect(
        changed((lab) => (lab.walks['a pings b'].request[0].headers[0].fields.ttl = value)),
        String(value),
      ).to.deep.equal([
        'walks.a pings b.request.0.headers.0.fields.ttl | must be a text, a number, true, false or mac(…) | ',
      ]);
    for (const see of [undefined, [undefined]])
      expect(changed((lab) => (lab.checks['a has an address'].see.a = see))).to.have.length(1);
  });

  it('name what is wrong with what a workshop says of a step', () => {
    const taught = (change: object) =>
      changed((lab) => {
        const ask = { question: 'How?', answer: 'so', shownBy: { from: 'a', command: 'true' } };
        lab.setup.More = { do: { a: 'true' }, notes: 'More', ask, ...change };
      });
    expect(taught({})).to.deep.equal([]);
    expect(taught({ note: 'x' })).to.deep.equal(['setup.More.note | is no field here. | Did you mean notes?']);
    expect(taught({ notes: 5 })).to.deep.equal(['setup.More.notes | is 5, not a text | ']);
    expect(taught({ see: { run: 'true' } })).to.deep.equal(['setup.More.see.see | is missing | ']);
    expect(taught({ ask: { question: 'How?' } })).to.deep.equal([
      'setup.More.ask.answer | is missing | ',
      'setup.More.ask.shownBy | is missing | ',
    ]);
    for (const answer of ['$HOME', "it's", 'a|b', 'a\nb'])
      expect(taught({ ask: { question: 'How?', answer, shownBy: { from: 'a', command: 'true' } } })[0]).to.contain(
        'setup.More.ask.answer | is typed into a shell',
      );
  });

  it('leave a node be that is called do', () => {
    const lab = { ...smallLab(), nodes: { a: 'host', b: 'host', pod: 'pod on b', do: 'host' } };
    for (const script of ['true', ['true'], { daemon: 'd', run: 'true', ready: {} }])
      expect(problemsOf({ ...lab, setup: { More: { do: script } } })).to.deep.equal([]);
  });

  it('are none in a good lab', () => {
    expect(problemsOf(smallLab())).to.deep.equal([]);
  });
});
