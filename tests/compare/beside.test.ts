import { expect } from 'chai';
import { beside } from '../../src/compare/beside.ts';
import type { HopResult, WalkResult } from '../../src/judge/result.ts';
import { type ExpectedHeader, icmp, ip, mac } from '../../src/packet/index.ts';
import { type Document, unfinished } from '../../src/record/document.ts';
import { hop, inner, tunnel, unseen, walk } from '../report/results.ts';
import { asSeen, hookResult } from '../results.ts';

const run = (...walks: WalkResult[]): Document => ({ ...unfinished, walks });

/** What is told of each hop of two walks of one run, those that are the same left out. */
const told = (left: HopResult[], right: HopResult[], more: Partial<WalkResult> = {}) => {
  const [a, b] = [walk({ hops: left }), walk({ hops: right, ...more })];
  const document = run(a, b);
  return beside({ walk: a, document }, { walk: b, document }).filter(({ apart, isOpen }) => apart.length || isOpen);
};

const first = hop('podA:eth0', 'It leaves', inner(64));
const wrapped = hop('master:enp0s1', 'It is wrapped', [...tunnel(1), ...inner(63)]);
const last = hop('podB:eth0', 'It arrives', inner(62));

describe('Two walks side by side', () => {
  it('have nothing to tell where they are the same', () => {
    expect(told([first, wrapped, last], [first, wrapped, last])).to.deep.equal([]);
  });

  it('differ where one was not seen, be it lost there or before', () => {
    const lost = unseen('master:enp0s1', 'It is wrapped', wrapped.expected);
    const never = unseen('podB:eth0', 'It arrives', last.expected, { fate: 'not reached' });
    expect(told([first, wrapped, last], [first, lost, never])).to.deep.equal([
      { indexes: [1, 1], apart: [{ what: 'seen', sides: ['seen', 'not seen'] }], isOpen: false },
      { indexes: [2, 2], apart: [{ what: 'seen', sides: ['seen', 'not seen'] }], isOpen: false },
    ]);
    expect(told([lost], [{ ...lost, fate: 'not reached' }]), 'nor seen in either').to.deep.equal([]);
  });

  it('differ in fields, and in headers that only one has', () => {
    const [fields] = told([wrapped], [hop('master:enp0s1', '', [...tunnel(2), ...inner(60)])]);
    expect(fields!.apart).to.deep.equal([
      { what: 'vxlan vni', sides: ['1', '2'] },
      { what: 'inner ip ttl', sides: ['63', '60'] },
    ]);
    const [headers] = told([wrapped], [hop('master:enp0s1', '', inner(63))]);
    expect(headers!.apart).to.deep.equal([
      { what: 'header', sides: ['more: ip, udp, vxlan', 'without ip, udp, vxlan'] },
    ]);
  });

  it('are paired by where hops are, whatever else either lists', () => {
    const more = hop('master:cni0', 'Up to the node', inner(64));
    const [one] = told([first, more, wrapped], [first, wrapped]);
    expect(one).to.deep.equal({
      indexes: [1, null],
      apart: [{ what: 'seen', sides: ['seen', 'not listed'] }],
      isOpen: false,
    });
    const stray = { kind: 'point', part: 'request', place: 'master', device: 'cni0', direction: 'out' } as const;
    const strays = [{ ...stray, seen: asSeen(inner(64)), times: 1 }];
    expect(told([first, more, wrapped], [first, wrapped], { strays })[0]!.apart[0]!.sides[1]).to.equal(
      'seen, though not listed',
    );
    const reply = { ...first, part: 'reply' } as const;
    expect(told([first], [reply]).map(({ indexes }) => indexes)).to.deep.equal([
      [0, null],
      [null, 0],
    ]);
  });

  it('do not differ in what chance chose, but in what a lab states of it', () => {
    const drawn = (id: number): ExpectedHeader[] => [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp({ id })];
    const at = (id: number, expected: ExpectedHeader[]) => hop('a:eth0', '', drawn(id), { expected });
    expect(told([at(1, [])], [at(2, [])])).to.deep.equal([]);
    expect(told([at(1, drawn(1))], [at(2, drawn(2))])[0]!.apart).to.deep.equal([
      { what: 'icmp id', sides: ['1', '2'] },
    ]);
  });

  it('differ in a field that is not worth attention only where a lab states it', () => {
    const window = (of: number, expected: ExpectedHeader[] = []) =>
      hop('a:eth0', '', [], { expected, seen: [{ protocol: 'tcp', fields: { flags: 'S', window: of } }] });
    const apart = (left: HopResult, right: HopResult) => {
      const [a, b] = [walk({ hops: [left] }), walk({ hops: [right] })];
      const document = run(a, b);
      return beside({ walk: a, document, brief: { tcp: ['flags'] } }, { walk: b, document })[0]!.apart;
    };
    expect(apart(window(64), window(1014))).to.deep.equal([]);
    const stated = [{ protocol: 'tcp', fields: { window: 64 } }];
    expect(apart(window(64, stated), window(1014))).to.deep.equal([{ what: 'tcp window', sides: ['64', '1014'] }]);
  });

  it('differ in whose MAC addresses were used; of two runs, only where a lab names the interfaces', () => {
    const frame = (dst: string) => [{ protocol: 'ether', fields: { dst } }, ...asSeen(inner(64))];
    const [a, b] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'];
    const to = (dst: string, of?: string) =>
      hop('podA:eth0', '', inner(64), {
        seen: frame(dst),
        ...(of && { expected: [{ protocol: 'ether', fields: { dst: mac(of) } }] }),
      });
    expect(told([to(a)], [to(b)])[0]!.apart).to.deep.equal([{ what: 'ether dst', sides: [a, b] }]);
    const runs = (left: HopResult, right: HopResult) => {
      const [one, other] = [walk({ hops: [left] }), walk({ hops: [right] })];
      return beside({ walk: one, document: run(one) }, { walk: other, document: run(other) })[0]!.apart;
    };
    expect(runs(to(a), to(b))).to.deep.equal([]);
    expect(runs(to(a, 'gw:eth0'), to(b, 'gw:eth0'))).to.deep.equal([]);
    expect(runs(to(a, 'gw:eth0'), to(b, 'r:eth0'))).to.deep.equal([
      { what: 'ether dst', sides: [`${a} (gw:eth0)`, `${b} (r:eth0)`] },
    ]);
  });

  it('differ in their ways through a hook', () => {
    const through = (verdict: string) =>
      hookResult('master nat POSTROUTING', { seen: { chains: ['FLANNEL'], ending: { verdict } } });
    const [one] = told([through('accept')], [through('masquerade')]);
    expect(one!.apart).to.deep.equal([{ what: 'way', sides: ['FLANNEL, accept', 'FLANNEL, masquerade'] }]);
  });

  it('are open where one of them cannot tell', () => {
    const unknown = unseen('podA:eth0', 'It leaves', first.expected, { fate: 'unknown' });
    expect(told([first], [unknown])).to.deep.equal([{ indexes: [0, 0], apart: [], isOpen: true }]);
  });
});
