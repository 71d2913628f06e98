import { expect } from 'chai';
import { onWire } from '../../src/packet/index.ts';
import { datagram, echoReply, syn, vxlanEcho } from './frames.ts';

const same = (a: Buffer, b: Buffer) => onWire(a, 'ethernet') === onWire(b, 'ethernet');
const changed = (frame: Buffer, ...places: number[]) => {
  const copy = Buffer.from(frame);
  for (const at of places) copy[at]! ^= 0xff;
  return copy;
};
const tagged = (frame: Buffer, ...tags: string[]) =>
  Buffer.concat([frame.subarray(0, 12), Buffer.from(tags.join(''), 'hex'), frame.subarray(12)]);
const wrapped = (inner: Buffer) => {
  const outer = Buffer.concat([vxlanEcho.subarray(0, 50), inner]);
  outer.writeUInt16BE(outer.length - 14, 16);
  outer.writeUInt16BE(outer.length - 34, 38);
  return outer;
};
const [MAC, IP, TRANSPORT] = [14, 20, 34];

describe('onWire', () => {
  it('is the same with VLAN tags as without', () => {
    for (const tags of [['81000064'], ['88a80001', '81000064']])
      expect(same(echoReply, tagged(echoReply, ...tags))).to.equal(true);
  });

  it('is the same before and after offload filled in the checksum of TCP or UDP', () => {
    expect(same(syn, changed(syn, TRANSPORT + 16, TRANSPORT + 17))).to.equal(true);
    expect(same(datagram, changed(datagram, TRANSPORT + 6, TRANSPORT + 7))).to.equal(true);
  });

  it('is the same whatever was added to make the frame long enough', () => {
    expect(same(datagram, Buffer.concat([datagram, Buffer.alloc(6, 1)]))).to.equal(true);
  });

  it('is the same where it is a packet inside of VXLAN whose checksum was filled in', () => {
    const inner = 50 + MAC + IP;
    const frame = wrapped(syn);
    expect(same(frame, changed(frame, inner + 16, inner + 17, TRANSPORT + 6))).to.equal(true);
    expect(same(frame, changed(frame, inner + 4))).to.equal(false);
  });

  it('is another with any other byte', () => {
    const spared = new Set([TRANSPORT + 16, TRANSPORT + 17]);
    for (let at = 0; at < syn.length; at++)
      if (!spared.has(at)) expect(same(syn, changed(syn, at)), `byte ${at}`).to.equal(false);
  });

  it('keeps the checksum of ICMP, which no card fills in', () => {
    expect(same(echoReply, changed(echoReply, TRANSPORT + 2))).to.equal(false);
  });

  it('reads what has no Ethernet header, and what is cut short', () => {
    expect(onWire(syn.subarray(MAC), 'raw')).to.equal(onWire(changed(syn, TRANSPORT + 16).subarray(MAC), 'raw'));
    for (let length = 0; length < syn.length; length++)
      expect(onWire(syn.subarray(0, length), 'ethernet')).to.be.a('string');
  });
});
