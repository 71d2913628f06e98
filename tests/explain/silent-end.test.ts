import { expect } from 'chai';
import { silentEnd } from '../../src/explain/silent-end.ts';
import type { Sighting } from '../../src/judge/observation.ts';
import type { Seen } from '../../src/observe/watch.ts';

interface Segment {
  /** Whether it goes from the client, which is at 10.0.0.1, to the server. */
  to: 'server' | 'client';
  at: 'server' | 'client';
  flags: string;
  seq: number;
  ack?: number;
  words?: number;
}

function frame({ to, at, flags, seq, ack = 0, words = 0 }: Segment): Seen {
  const [client, server] = [
    { ip: '10.0.0.1', port: 40000 },
    { ip: '10.0.0.2', port: 80 },
  ];
  const [from, dest] = to === 'server' ? [client, server] : [server, client];
  const headers = [
    { protocol: 'ip', fields: { src: from.ip, dst: dest.ip } },
    { protocol: 'tcp', fields: { src: from.port, dst: dest.port, flags, seq, ack, window: 65_535 } },
  ];
  const packet = { headers, payload: Buffer.alloc(words) };
  return { place: at, direction: to === at ? 'in' : 'out', packet: () => packet } as unknown as Seen;
}

const heard = (at: Segment['at'], segments: Omit<Segment, 'at'>[]) => {
  const seen = segments.map((each) => frame({ ...each, at }));
  const last = seen.findLast(({ direction }) => direction === 'in')!;
  return silentEnd(seen, { place: at, headers: last.packet().headers } as unknown as Sighting);
};

const syn = { to: 'server', flags: 'S', seq: 1000 } as const;
const synAck = { to: 'client', flags: 'SA', seq: 5000, ack: 1001 } as const;
const ack = { to: 'server', flags: 'A', seq: 1001, ack: 5001 } as const;
const words = { to: 'server', flags: 'PA', seq: 1001, ack: 5001, words: 12 } as const;

describe('An end of a connection that says nothing', () => {
  it('has heard what it acknowledged', () => {
    expect(heard('server', [syn, synAck, ack])).to.deep.equal({ bytes: 0, isFull: false });
    const acknowledged = { to: 'client', flags: 'A', seq: 5001, ack: 1013 } as const;
    expect(heard('server', [syn, synAck, ack, words, acknowledged])).to.deep.equal({ bytes: 12, isFull: false });
  });

  it('is none whose words were not acknowledged, and none that answered', () => {
    expect(heard('server', [syn, synAck, ack, words])).to.equal(undefined);
    const answer = { to: 'client', flags: 'PA', seq: 5001, ack: 1013, words: 5 } as const;
    expect(heard('server', [syn, synAck, ack, words, answer])).to.equal(undefined);
  });

  it('is none that opened the connection and acknowledged nothing: what it sends may be dropped at its own OUTPUT', () => {
    expect(heard('client', [syn, synAck, synAck])).to.equal(undefined);
    expect(heard('client', [syn, synAck, ack])).to.deep.equal({ bytes: 0, isFull: false });
  });
});
