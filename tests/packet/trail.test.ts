import { expect } from 'chai';
import { decode, quotedTrail, trail } from '../../src/packet/index.ts';
import * as frames from './frames.ts';

const trailOf = (frame: Buffer) => trail(decode(frame, 'ethernet'));
const quotedTrailOf = (frame: Buffer) => quotedTrail(decode(frame, 'ethernet'));

describe('trail', () => {
  it('is shared by a ping in a tunnel and its reply outside', () => {
    expect(trailOf(frames.vxlanEcho)).to.equal(`icmp ${frames.ECHO_TOKEN}`);
    expect(trailOf(frames.echoReply)).to.equal(`icmp ${frames.ECHO_TOKEN}`);
  });

  it('is the payload of a datagram', () => {
    expect(trailOf(frames.datagram)).to.equal(`udp ${Buffer.from('who is there').toString('hex')}`);
  });

  it('is the sequence number of a segment', () => {
    expect(trailOf(frames.syn)).to.equal('tcp 1540900744');
  });

  it('is not changed by address translation', () => {
    const translated = Buffer.from(frames.syn);
    translated.set([192, 168, 205, 4], 26);
    translated.writeUInt16BE(1024, 34);
    expect(trailOf(translated)).to.equal(trailOf(frames.syn));
  });

  it('is missing where nothing tells one packet from the next', () => {
    expect(trailOf(frames.arpRequest)).to.equal(undefined);
    expect(trailOf(frames.timeExceeded)).to.equal(undefined);
    expect(trail(decode(Buffer.alloc(0), 'ethernet'))).to.equal(undefined);

    const unpatterned = Buffer.from(frames.echoReply.subarray(0, 42 + 16));
    expect(trailOf(unpatterned)).to.equal(undefined);
    const empty = Buffer.from(frames.datagram.subarray(0, 42));
    expect(trailOf(empty)).to.equal(undefined);
  });
});

describe('quotedTrail', () => {
  it('is the trail of the packet that an error reports on', () => {
    expect(quotedTrailOf(frames.timeExceeded)).to.equal(`icmp ${frames.ECHO_TOKEN}`);
    expect(quotedTrailOf(frames.portUnreachable)).to.equal(trailOf(frames.datagram));
  });

  it('is missing when the quotation is too short, or there is none', () => {
    expect(quotedTrailOf(frames.fragmentationNeeded)).to.equal(undefined);
    expect(quotedTrailOf(frames.datagram)).to.equal(undefined);
  });
});
