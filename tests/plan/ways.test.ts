import { expect } from 'chai';
import { at, icmp, ip, oneOf } from '../../src/index.ts';
import { BadLab } from '../../src/plan/bad-lab.ts';
import { plan } from '../../src/plan/plan.ts';
import { waysOf } from '../../src/plan/ways.ts';
import { spoilt } from '../small-lab.ts';

const hop = (point: string, ttl = 64) =>
  at(point as 'a:b', 'Why', ip({ dst: '10.0.0.2', ttl }), icmp({ type: 'echo request' }));
const back = (point: string) => at(point as 'a:b', 'Why', ip({ dst: '10.0.0.1' }), icmp({ type: 'echo reply' }));

const withRequest = (request: unknown[], reply?: unknown[]) =>
  spoilt((lab) => {
    lab.walks['a pings b'] = { ...lab.walks['a pings b'], request, reply };
    delete lab.faults;
  });

/** What the walk is refused for. */
function refusal(request: unknown[], reply?: unknown[]): string[] {
  try {
    plan(withRequest(request, reply), 'small');
    return [];
  } catch (error) {
    if (error instanceof BadLab) return error.problems.map(({ where, what }) => `${where}: ${what}`);
    throw error;
  }
}

describe('ways of which a packet takes one', () => {
  const named = (request: unknown[], reply?: unknown[]) =>
    waysOf(plan(withRequest(request, reply), 'small').walks[0]!.hops).map(({ names, hops }) => [
      names.join(', '),
      hops.map(({ part, place }) => `${part} ${place}`).join(', '),
    ]);

  it('are each with the others, by their names', () => {
    const ways = oneOf({ near: [hop('a:eth0')], far: [hop('a:eth0', 63), hop('b:veth', 62)] });
    expect(named([ways, hop('b:eth0')], [back('a:eth0')])).to.deep.equal([
      ['near', 'request a, request b, reply a'],
      ['far', 'request a, request b, request b, reply a'],
    ]);
  });

  it('of the same names are one choice, of other names each its own', () => {
    const there = oneOf({ near: [hop('a:eth0', 1)], far: [hop('a:eth0', 2)] });
    const home = (one: string, other: string) => oneOf({ [one]: [back('a:eth0')], [other]: [back('b:eth0')] });
    expect(named([there], [home('near', 'far')]).map(([name]) => name)).to.deep.equal(['near', 'far']);
    expect(named([there], [home('back', 'back far')]).map(([name]) => name)).to.deep.equal([
      'near, back',
      'near, back far',
      'far, back',
      'far, back far',
    ]);
  });

  it('may be empty', () => {
    expect(named([hop('a:eth0'), oneOf({ direct: [], routed: [hop('b:veth', 63)] })], undefined)).to.deep.equal([
      ['direct', 'request a'],
      ['routed', 'request a, request b'],
    ]);
  });

  it('are refused where they are no choice', () => {
    const at0 = "walks['a pings b'].request[0]";
    expect(refusal([oneOf({ one: [hop('a:eth0')] })])).to.deep.equal([
      `${at0}: a choice has two ways or more: oneOf({ NAME: [at(…)], NAME: [at(…)] })`,
    ]);
    expect(refusal([oneOf({ one: [], other: [] })])).to.deep.equal([`${at0}: none of its ways has a hop`]);
    expect(refusal([oneOf({ one: [hop('a:eth0')], other: [] })])).to.deep.equal([
      "walks['a pings b']: lists no hop on the way 'other'",
    ]);
    expect(refusal([oneOf({ one: [hop('a:eth0')], other: [hop('a:eth0')] })])).to.deep.equal([
      "walks['a pings b']: 'one' and 'other' are met by one and the same packet: state what tells them apart",
    ]);
  });

  it('are refused where some names of two choices are alike', () => {
    const ways = (...names: string[]) =>
      oneOf(Object.fromEntries(names.map((name, i) => [name, [hop('a:eth0', i + 1)]])));
    expect(refusal([ways('a', 'b'), ways('b', 'c')])).to.deep.equal([
      "walks['a pings b']: two of its choices have a way 'b', and not all the others: name all alike, or none",
    ]);
    const many = 'abcdefgh'.split('').map((letter) => ways(`${letter}1`, `${letter}2`));
    expect(refusal(many)).to.deep.equal(["walks['a pings b']: lists 256 ways: 64 at most"]);
  });

  it('have their hops checked, each by its place in the list', () => {
    expect(refusal([oneOf({ near: [hop('a:eth0', 1)], far: [hop('c:eth0', 2)] })])).to.deep.equal([
      "walks['a pings b'].request[0]['far'][0] at c:eth0: there is no node c.",
    ]);
    expect(refusal([{ oneOf: [hop('a:eth0')] }])).to.not.deep.equal([]);
    expect(refusal([{ oneOf: { near: 'a' } }])).to.not.deep.equal([]);
  });
});
