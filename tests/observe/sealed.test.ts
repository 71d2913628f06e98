import { expect } from 'chai';
import type { Own } from '../../src/observe/own.ts';
import { withSealed } from '../../src/observe/sealed.ts';
import type { Seen } from '../../src/observe/watch.ts';
import { echoBytes, ipv4, packet, seenAt, udpBytes } from './seen.ts';

const inner = { src: '10.9.0.1', dst: '10.9.0.2' };
const outer = { src: '192.0.2.1', dst: '192.0.2.2' };
const back = { src: '192.0.2.2', dst: '192.0.2.1' };

const u32le = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** Transport data of WireGuard: its counter, and so many sealed bytes. */
const data = (counter: number, length: number) =>
  Buffer.concat([u32le(4), u32le(7), u32le(counter), u32le(0), Buffer.alloc(length, counter)]);
const wireguard = (ends: typeof outer, counter: number, length: number) =>
  packet(17, ends, udpBytes(51820, 51820, data(counter, length)));
const esp = (sequence: number, length: number) =>
  packet(50, outer, Buffer.concat([Buffer.from([0, 0, 1, 1, 0, 0, 0, sequence]), Buffer.alloc(length, sequence)]));

/** An echo of 84 bytes, which WireGuard seals in 96 and 16 more. */
const echo = (type: 0 | 8) => packet(1, inner, echoBytes(type, 1, 1, Buffer.alloc(56)));
const SEALED = 96 + 16;

const told = (stops: [at: string, direction: Seen['direction'], bytes: Buffer, part?: Own['part']][]) => {
  const seen = stops.map(([at, direction, bytes], order) => seenAt(at, direction, bytes, order));
  const own = stops.flatMap(([, , , part], i): Own[] => (part ? [{ frame: seen[i]!, part }] : []));
  const { own: found, doubt } = withSealed({ own, notes: [] }, seen);
  return { own: found.map(({ frame, part }) => `${part} ${frame.at} ${frame.direction}`), doubt };
};

describe('withSealed', () => {
  it('finds what carries a packet, and its answer, by what left next and how long it is', () => {
    expect(
      told([
        ['a:eth0', 'out', wireguard(outer, 1, 16 + 16)],
        ['a:wg0', 'out', echo(8), 'request'],
        ['a:eth0', 'out', wireguard(outer, 2, SEALED)],
        ['b:eth0', 'in', wireguard(outer, 2, SEALED)],
        ['b:wg0', 'in', echo(8), 'request'],
        ['b:wg0', 'out', echo(0), 'reply'],
        ['b:eth0', 'out', wireguard(back, 1, SEALED)],
        ['a:eth0', 'in', wireguard(back, 1, SEALED)],
        ['a:wg0', 'in', echo(0), 'reply'],
        ['a:eth0', 'out', wireguard(outer, 3, 16)],
      ]),
    ).to.deep.equal({
      own: [
        ...['request a:wg0 out', 'request a:eth0 out', 'request b:eth0 in', 'request b:wg0 in'],
        ...['reply b:wg0 out', 'reply b:eth0 out', 'reply a:eth0 in', 'reply a:wg0 in'],
      ],
      doubt: undefined,
    });
  });

  it('finds ESP, which has no device of its own', () => {
    expect(
      told([
        ['g:lan', 'in', echo(8), 'request'],
        ['g:wan', 'out', esp(5, 112)],
        ['h:wan', 'in', esp(5, 112)],
        ['h:wan', 'in', echo(8), 'request'],
        ['h:lan', 'out', echo(8), 'request'],
      ]).own,
    ).to.deep.equal([
      ...['request g:lan in', 'request g:wan out', 'request h:wan in', 'request h:wan in', 'request h:lan out'],
    ]);
  });

  it('does not choose among several of one length', () => {
    const { own, doubt } = told([
      ['a:wg0', 'out', echo(8), 'request'],
      ['a:eth0', 'out', wireguard(outer, 2, SEALED)],
      ['a:eth0', 'out', wireguard(outer, 3, SEALED)],
    ]);
    expect(own).to.deep.equal(['request a:wg0 out']);
    expect(doubt).to.equal('2 sealed packets of its length left a: it cannot be told which of them carries it');
  });

  it('takes nothing of another length, nor what left before', () => {
    expect(
      told([
        ['a:eth0', 'out', wireguard(outer, 1, SEALED)],
        ['a:wg0', 'out', echo(8), 'request'],
        ['a:eth0', 'out', wireguard(outer, 2, SEALED + 16)],
      ]),
    ).to.deep.equal({ own: ['request a:wg0 out'], doubt: undefined });
  });

  it('leaves a packet that is not sealed as it was', () => {
    expect(told([['a:eth0', 'out', packet(1, inner, ipv4(1, inner, Buffer.alloc(0))), 'request']]).own).to.deep.equal([
      'request a:eth0 out',
    ]);
  });
});
