import { expect } from 'chai';
import { icmp, ip } from '../../../src/packet/index.ts';
import { plan } from '../../../src/plan/plan.ts';
import { unfinished } from '../../../src/record/document.ts';
import { stills } from '../../../src/report/html/stills.ts';
import { pointResult, walkResult } from '../../results.ts';
import { spoilt } from '../../small-lab.ts';

const seen = [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp({ type: 'echo request' })];
const hops = [
  pointResult('a:eth0', { because: 'It leaves <by> "its" & only card', expected: seen }),
  pointResult('b:eth0', { direction: 'in', expected: seen }),
  pointResult('b:eth0', { part: 'reply' }),
];

describe('stills', () => {
  const planned = plan(
    spoilt(() => {}),
    'small',
  );
  const drawn = stills(planned, {
    ...unfinished,
    walks: [
      walkResult('a pings b', 'passed', { hops }),
      walkResult('b pings <a>', 'passed', { hops: hops.slice(0, 1) }),
    ],
  });

  it('are a file of SVG a walk, with a number at each hop of its request', async () => {
    const numbers = (svg: string) => [...svg.matchAll(/<text y="3.5">(\d+)</g)].map(([, number]) => number);
    expect((await drawn).map(numbers)).to.deep.equal([['1', '2'], ['1']]);
    for (const svg of await drawn) expect(svg).to.match(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" .*<\/svg>$/s);
  });

  it('have their styles in them, and ask nobody for anything', async () => {
    for (const svg of await drawn) {
      const used = [...svg.matchAll(/var\((--\w[\w-]*)\)/g)].map(([, name]) => `${name}:`);
      expect(used).not.to.deep.equal([]);
      for (const each of used) expect(svg).to.include(each);
      expect(svg.match(/https?:|url\(|@import|<script|\son\w+=/g)).to.deep.equal(['http:']);
    }
  });

  it('are well-formed: each element that begins ends, in its order', async () => {
    for (const svg of await drawn) {
      const open: string[] = [];
      for (const [, end, name, empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/gi))
        if (end) expect(open.pop()).to.equal(name);
        else if (!empty) open.push(name!);
      expect(open).to.deep.equal([]);
    }
  });
});
