import { expect } from 'chai';
import { decode, describe as described, differences, type Link, quotedTrail, trail } from '../../src/packet/index.ts';
import { bytes } from './bytes.ts';
import { frame, messages, packet } from './compose.ts';
import { moreMessages, soundMessages } from './compose-more.ts';
import { datagram, frames } from './frames.ts';
import { mutated, random, seed, spoilt } from './random.ts';

const links: Link[] = ['ethernet', 'raw'];
const macOf = () => undefined;

const examine = (bytes: Buffer, link: Link) => {
  const decoded = decode(bytes, link);
  const { headers, payload, quoted = [] } = decoded;
  if (headers.length > 17 || quoted.length > 16) throw new Error('nested too deep');
  if (payload.length > bytes.length) throw new Error('more payload than there are bytes');
  trail(decoded);
  quotedTrail(decoded);
  return decoded;
};

describe('decode', () => {
  it('stops before what it does not know', () => {
    const profinet = bytes(`333300000016 0e0000000002 8892  # ether, PROFINET
      60000000`);
    expect(decode(profinet, 'ethernet')).to.deep.equal({
      headers: [{ protocol: 'ether', fields: { dst: '33:33:00:00:00:16', src: '0e:00:00:00:00:02' } }],
      payload: bytes('60000000'),
    });
  });

  it('begins with IP where there is no link header', () => {
    expect(decode(datagram.subarray(14), 'raw').headers).to.deep.equal(decode(datagram, 'ethernet').headers.slice(1));
    expect(decode(bytes('50000000'), 'raw')).to.deep.equal({ headers: [], payload: bytes('50000000') });
    expect(decode(Buffer.alloc(0), 'raw')).to.deep.equal({ headers: [], payload: Buffer.alloc(0) });
  });

  it('says which header is malformed, and trusts nothing behind it', () => {
    expect(decode(datagram.subarray(0, 30), 'ethernet')).to.deep.include({
      malformed: 'ip: only 16 of its 20 bytes are there',
      payload: datagram.subarray(14, 30),
    });
    expect(decode(Buffer.alloc(3), 'ethernet')).to.deep.equal({
      headers: [{ protocol: 'malformed', fields: { of: 'ether', why: 'only 3 of its 14 bytes are there' } }],
      payload: Buffer.alloc(3),
      malformed: 'ether: only 3 of its 14 bytes are there',
    });
  });

  it('reads no more than 16 headers', () => {
    const onion = Array.from({ length: 40 }, () => '4500 0000 0000 0000 40 04 0000 0a2a0041 0a2a0109').join('');
    const { headers, malformed } = decode(bytes(onion), 'raw');
    expect(headers).to.have.lengthOf(17);
    expect(headers.at(-1)).to.deep.equal({
      protocol: 'malformed',
      fields: { of: 'ip', why: 'only 16 headers are read' },
    });
    expect(malformed).to.equal('ip: only 16 headers are read');
  });

  it('survives every sample cut off anywhere', () => {
    for (const sample of Object.values(frames))
      for (let length = 0; length <= sample.length; length++)
        for (const link of links) examine(sample.subarray(0, length), link);
  });

  it(`survives spoilt messages in sound packets (SEED=${seed})`, function () {
    this.timeout(60_000);
    const source = random(seed);
    for (const { compose, carry, kept } of Object.values(messages))
      for (let count = 0; count < 20_000; count++) {
        const said = source.below(4) === 0 ? source.bytes(source.below(80)) : spoilt(source, compose(source), kept);
        const packet = carry(source, said);
        const { headers, payload, malformed } = examine(packet, 'raw');
        const hint = `SEED=${seed}: ${packet.toString('hex')}, ${malformed}`;
        if (!payload.equals(packet.subarray(packet.length - payload.length))) throw new Error(hint);
        if (!malformed && headers.length < 2) throw new Error(hint);
      }
  });

  it(`survives spoilt packets of every other protocol (SEED=${seed})`, function () {
    this.timeout(60_000);
    const source = random(seed);
    for (const { compose, carry, link = 'raw' } of Object.values({ ...moreMessages, ...soundMessages }))
      for (let count = 0; count < 5_000; count++) {
        const said = source.below(4) === 0 ? source.bytes(source.below(80)) : spoilt(source, compose(source));
        const packet = carry(source, said);
        const { headers, malformed } = examine(source.below(2) ? packet : mutated(source, packet), link);
        if (malformed === undefined && headers.some(({ protocol }) => protocol === 'malformed'))
          throw new Error(`SEED=${seed}: ${packet.toString('hex')}`);
      }
  });

  it(`survives a million random and mutated frames (SEED=${seed})`, function () {
    this.timeout(120_000);
    const source = random(seed);
    const samples = [
      ...Object.values(frames),
      ...Array.from({ length: 50 }, () => frame(source)),
      ...Array.from({ length: 50 }, () => packet(source)),
      ...Object.values({ ...moreMessages, ...soundMessages }).map(({ compose, carry }) =>
        carry(source, compose(source)),
      ),
    ];
    const like = ['ether', 'ip', 'udp'].map((protocol) => ({ protocol, fields: { src: 1, dst: '10.42.1.9' } }));
    for (let count = 0; count < 1_000_000; count++) {
      const bytes = source.below(10) === 0 ? source.bytes(source.below(80)) : mutated(source, source.one(...samples));
      const link = source.one(...links);
      try {
        const { headers } = examine(bytes, link);
        if (count % 64 > 0) continue;
        described(headers, like);
        differences(like, headers, macOf);
      } catch (cause) {
        throw new Error(`SEED=${seed}, frame ${count}, ${link}: ${bytes.toString('hex')}`, { cause });
      }
    }
  });
});
