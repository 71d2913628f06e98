import { expect } from 'chai';
import { at, icmp, ip, send, through } from '../../src/index.ts';
import { endingOf, failureOf, isAt, plannedHops, wayOf, whereOf, whereText } from '../../src/plan/hops.ts';
import { plan } from '../../src/plan/plan.ts';

const ping = [ip({ dst: '10.0.0.2' }), icmp({ type: 'echo request' })];

describe('whereOf', () => {
  it('reads an interface, with the direction in which it is crossed', () => {
    expect(whereOf('a:eth0')).to.deep.equal({ kind: 'point', place: 'a', device: 'eth0' });
    expect(whereOf('a:flannel.1 in')).to.deep.equal({
      kind: 'point',
      place: 'a',
      device: 'flannel.1',
      direction: 'in',
    });
  });

  it('reads a hook, with its family, whatever its node is called', () => {
    for (const node of ['a', 'reply', 'end', 'ip', 'inet', 'in', 'out']) {
      const hook = { kind: 'hook', place: node, table: 'filter', chain: 'input' };
      expect(whereOf(`${node} filter input`), node).to.deep.equal(hook);
      expect(whereOf(`${node} inet filter input`), node).to.deep.equal({ ...hook, family: 'inet' });
      expect(whereOf(`${node}:eth0 out`), node).to.deep.equal({
        kind: 'point',
        place: node,
        device: 'eth0',
        direction: 'out',
      });
    }
  });

  it('is undone by whereText', () => {
    for (const text of ['a:eth0', 'a:eth0 in', 'ip nat PREROUTING', 'a inet filter input', 'inet bridge x y'])
      expect(whereText(whereOf(text)!)).to.equal(text);
  });

  it('is nothing for anything else', () => {
    for (const text of ['', 'a', 'a:', ':eth0', 'a:eth0 inn', 'a nat', 'a inett filter input', 'a:eth0 nat OUTPUT'])
      expect(whereOf(text), text).to.equal(undefined);
  });
});

describe('failureOf', () => {
  const places = ['reply', 'end', 'ip', 'inet', 'a'];
  const failing = (text: string, among = places, hops = plannedHops({})) => {
    const found = failureOf(text, among, hops);
    return found && `${found.part} | ${whereText(found.where)}`;
  };

  it('tells a hop of the answer from one at a node that is called so', () => {
    expect(failing('reply a:eth0')).to.equal('reply | a:eth0');
    expect(failing('reply:eth0')).to.equal('request | reply:eth0');
    expect(failing('reply reply:eth0 in')).to.equal('reply | reply:eth0 in');
    expect(failing('end nat INPUT')).to.equal('request | end nat INPUT');
    expect(failing('end end nat INPUT')).to.equal('end | end nat INPUT');
    expect(failing('reply inet filter input', ['inet', 'a'])).to.equal('reply | inet filter input');
    expect(failing('reply a')).to.equal(undefined);
  });

  it('is the one that the walk lists, where both could be meant', () => {
    const text = 'reply inet filter input';
    const own = through('reply', 'inet filter input: drop', 'x');
    const answer = through('inet', 'filter input: drop', 'x');
    expect(failing(text, places, plannedHops({ request: [own] }))).to.equal('request | reply inet filter input');
    expect(failing(text, places, plannedHops({ reply: [answer] }))).to.equal('reply | inet filter input');
  });

  it('is what a plan goes by, with nodes that are called like words', () => {
    const nodes = ['reply', 'end', 'ip', 'inet'] as const;
    for (const node of nodes) {
      const planned = plan(
        {
          title: 'x',
          nodes: { [node]: 'host', b: 'host' },
          links: [`${node}:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24`],
          setup: {},
          walks: {
            walk: {
              send: send(node, 'ping -c 1 10.0.0.2'),
              request: [
                through(node, 'inet filter output: accept', 'x'),
                at(`${node}:eth0 out`, 'x', ping),
                at('b:eth0 in', 'x', ping),
              ],
              reply: [through('b', 'filter OUTPUT: drop', 'x')],
            },
          },
          faults: {
            first: { break: {}, lostAt: `${node}:eth0`, hint: 'x', fix: {} },
            hook: { break: {}, differsAt: `${node} inet filter output`, hint: 'x', fix: {} },
            answer: { break: {}, lostAt: 'reply b filter OUTPUT', hint: 'x', fix: {} },
          },
        },
        'words',
      );
      expect(
        planned.faults.map(({ fails }) => `${fails.outcome} | ${fails.part} | ${whereText(fails.where)}`),
      ).to.deep.equal([
        `lost | request | ${node}:eth0`,
        `differs | request | ${node} inet filter output`,
        'lost | reply | b filter OUTPUT',
      ]);
    }
  });
});

describe('isAt', () => {
  it('lets a direction or a family count where both say it', () => {
    const is = (a: string, b: string) => isAt(whereOf(a)!, whereOf(b)!);
    expect(is('a:eth0', 'a:eth0 in')).to.equal(true);
    expect(is('a:eth0 out', 'a:eth0 in')).to.equal(false);
    expect(is('a filter input', 'a inet filter input')).to.equal(true);
    expect(is('a ip filter input', 'a inet filter input')).to.equal(false);
  });
});

describe('wayOf, endingOf', () => {
  it('read the chains and how the way ends', () => {
    expect(wayOf('nat POSTROUTING > A > B: masquerade')).to.deep.equal({
      chains: ['A', 'B'],
      ending: { verdict: 'masquerade' },
    });
    expect(wayOf('nat POSTROUTING')).to.deep.equal({ chains: [] });
    expect(endingOf('policy drop')).to.deep.equal({ verdict: 'drop', policy: true });
    expect(endingOf('dnat to 10.42.1.6:80')).to.deep.equal({ verdict: 'dnat', to: '10.42.1.6:80' });
  });
});
