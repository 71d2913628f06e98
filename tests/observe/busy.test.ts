import { expect } from 'chai';
import { type BusyFlow, busyFlows, ignorable } from '../../src/observe/busy.ts';
import type { Seen } from '../../src/observe/watch.ts';
import { datagram, echo, SYN, seenAt, segment } from './seen.ts';

const ends = { src: '10.0.0.1', dst: '10.0.0.2' };
const many = (times: number, ...frames: Buffer[]): Seen[] =>
  Array.from({ length: times }, (_, i) => seenAt('a:eth0', 'out', frames[i % frames.length]!, i));
const flood = datagram(ends, 5000, 5201, 'x'.repeat(100));
const flow = { protocol: 17, ...ends, ports: [5000, 5201], offset: 0 };
/** VXLAN (RFC 7348) with a frame inside. */
const wrapped = datagram(
  { src: '192.0.2.1', dst: '192.0.2.2' },
  40000,
  4789,
  Buffer.concat([Buffer.from('0800000000000700', 'hex'), flood]),
);

const said = (flows: BusyFlow[]) => flows.map(({ wrapped }) => wrapped);

describe('busyFlows', () => {
  it('are those of which there are many among very many frames', () => {
    expect(said(busyFlows(many(2000, flood), []))).to.deep.equal([[flow]]);
    expect(said(busyFlows(many(900, flood), []))).to.deep.equal([]);
    const rare = datagram(ends, 5001, 53, 'x');
    expect(said(busyFlows([...many(2000, flood), ...many(10, rare)], []))).to.deep.equal([[flow]]);
  });

  it('tell where each header of IP is', () => {
    const [found] = busyFlows(many(2000, wrapped), []);
    expect(found!.wrapped).to.deep.equal([
      { protocol: 17, src: '192.0.2.1', dst: '192.0.2.2', ports: [40000, 4789], offset: 0 },
      { ...flow, offset: 20 + 8 + 8 + 14 },
    ]);
    expect(found).to.include({ isRead: true, isSpeaking: true });
  });

  it('are neither fragments nor what has no ports', () => {
    const fragment = datagram({ ...ends, mf: true }, 5000, 5201, 'x'.repeat(100));
    const ping = echo(ends, 8, 1, 1, 'x'.repeat(56));
    expect(busyFlows(many(2000, fragment, ping), [])).to.deep.equal([]);
  });

  it('are kept of the time before, and said to be silent where they are', () => {
    const known = busyFlows(many(2000, flood), []);
    expect(busyFlows([], known)).to.deep.equal([{ wrapped: [flow], isRead: true, isSpeaking: false }]);
    expect(busyFlows(many(1, flood), known)).to.deep.equal(known);
  });

  it('are not silent while the socket that they are sent from is open: it waits for its turn', () => {
    const known = busyFlows(many(2000, flood), []);
    expect(busyFlows([], known, new Set(['udp 5000']))).to.deep.equal(known);
    for (const other of ['udp 5201', 'tcp 5000'])
      expect(busyFlows([], known, new Set([other]))[0]).to.include({ isSpeaking: false });
  });
});

describe('ignorable', () => {
  const busy = busyFlows(many(2000, flood), []);
  const mark = '0011223344556677';
  const ping = { send: { from: 'a', command: 'ping -c 1 10.0.0.2' } };
  const typed = { send: { from: 'a', command: 'curl 10.0.0.2' } };

  it('of a ping, unless they end as it does, wherever the pattern is cut', () => {
    const told = ignorable(busy, [ping], [mark], false);
    expect(told?.flows).to.deep.equal([[flow]]);
    expect(told?.unlessEnding.map((word) => word.toString(16).padStart(8, '0'))).to.deep.equal([
      ...['00112233', '11223344', '22334455', '33445566'],
      ...['44556677', '55667700', '66770011', '77001122'],
    ]);
  });

  it('of another command, where they speak and nothing unread is in them', () => {
    expect(ignorable(busy, [typed], [mark], false)).to.deep.equal({ flows: [[flow]], unlessEnding: [] });
    expect(ignorable(busyFlows([], busy), [typed], [mark], false)).to.equal(undefined);
    expect(ignorable([{ ...busy[0]!, isRead: false }], [typed], [mark], false)).to.equal(undefined);
  });

  it('never where a later packet or a sealed one is looked for', () => {
    expect(ignorable(busy, [{ ...ping, isSealed: true }], [mark], false)).to.equal(undefined);
    expect(ignorable(busy, [{ ...typed, later: [[]] }], [mark], false)).to.equal(undefined);
  });

  it('no stream of TCP that a process may carry packets in', () => {
    const stream = busyFlows(many(2000, segment(ends, { src: 5000, dst: 22, seq: 1, flags: SYN }, 'x')), []);
    expect(ignorable(stream, [ping], [mark], true)).to.equal(undefined);
    expect(ignorable(stream, [ping], [mark], false)?.flows).to.have.length(1);
  });
});
