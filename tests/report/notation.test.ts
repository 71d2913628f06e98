import { expect } from 'chai';
import { wayOf } from '../../src/plan/hops.ts';
import { quoted, throughText, wayText } from '../../src/report/notation.ts';

describe('wayText', () => {
  for (const text of [
    ' > KUBE-SERVICES > KUBE-SEP: dnat to 10.42.1.6:80',
    ': policy accept',
    ' > KUBE-POSTROUTING: masquerade',
    ' > DOCKER',
  ])
    it(`writes what is read: '${text}'`, () => expect(wayText(wayOf(`nat X${text}`))).to.equal(text));
});

describe('throughText', () => {
  const way = { chains: [], ending: { verdict: 'drop' } };
  it('leaves the family of iptables unsaid, and no other', () => {
    expect(throughText({ family: 'ip', table: 'filter', chain: 'FORWARD' }, way)).to.equal('filter FORWARD: drop');
    expect(throughText({ family: null, table: 'filter', chain: 'FORWARD' }, way)).to.equal('filter FORWARD: drop');
    expect(throughText({ family: 'inet', table: 'filter', chain: 'f' }, way)).to.equal('inet filter f: drop');
  });
});

describe('quoted', () => {
  for (const text of ["it's", 'a\\b', 'one\ntwo', `"`, '`x`', "\\'"])
    it(`is a text of TypeScript for ${JSON.stringify(text)}`, () =>
      expect(new Function(`return ${quoted(text)}`)()).to.equal(text));
});
