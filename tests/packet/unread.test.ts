import { expect } from 'chai';
import {
  decode,
  describe as described,
  differences,
  type ExpectedHeader,
  icmp,
  ip,
  matches,
  tcp,
  trail,
  udp,
} from '../../src/packet/index.ts';
import { bgpOpen, datagram, geneveEcho, greEcho, ipipEcho, timeExceeded, vrrp3, vxlanEcho } from './frames.ts';

const macOf = () => undefined;
const isWhole = (expected: ExpectedHeader[], frame: Buffer) =>
  matches(expected, decode(frame, 'ethernet').headers, macOf);

/** The frame with one byte changed. */
const changed = (frame: Buffer, at: number, value: number) => {
  const copy = Buffer.from(frame);
  copy.writeUInt8(value, at);
  return copy;
};

/** The datagram to another port. */
const toPort = (port: number, frame = datagram) => {
  const copy = Buffer.from(frame);
  copy.writeUInt16BE(port, 36);
  return copy;
};

describe('A header that cannot be read', () => {
  const cases: [what: string, expected: ExpectedHeader[], frame: Buffer][] = [
    ['Geneve', [ip(), udp()], geneveEcho],
    ['Geneve of another version', [ip(), udp()], changed(geneveEcho, 42, 0x40)],
    ['VXLAN without its I flag', [ip(), udp()], changed(vxlanEcho, 42, 0)],
    ['what is no VXLAN on a port of VXLAN', [ip(), udp()], toPort(4789, datagram.subarray(0, 48))],
    ['what is no Geneve on its port', [ip(), udp()], toPort(6081, datagram.subarray(0, 48))],
    ['what is no IP on the port of flannel’s udp mode', [ip(), udp()], toPort(8285)],
    ['GRE of another version', [ip()], changed(greEcho, 35, 1)],
    ['IPv6 that says it is IPv4', [ip()], changed(ipipEcho, 34, 0x60)],
    ['VRRP of another version', [ip()], changed(vrrp3, 34, 0x11)],
  ];
  for (const [what, expected, frame] of cases)
    it(`keeps a stack without it from matching: ${what}`, () => {
      expect(isWhole(expected, frame)).to.equal(false);
      expect(differences(expected, decode(frame, 'ethernet').headers, macOf)).not.to.deep.equal([]);
    });

  it('is shown, with what is wrong', () => {
    const { headers } = decode(changed(vxlanEcho, 42, 0), 'ethernet');
    const expected = [ip(), udp()];
    expect(described(headers, expected).at(-1)).to.equal("malformed({ of: 'vxlan', why: 'its I flag is not set' })");
    expect(differences(expected, headers, macOf)).to.deep.equal([{ protocol: 'malformed', seenAt: 3 }]);
  });

  it('leaves the packet its trail', () => {
    expect(trail(decode(toPort(8472), 'ethernet'))).to.equal(trail(decode(datagram, 'ethernet')));
  });

  it('is none in a message, which a header may carry in pieces', () => {
    const middle = changed(bgpOpen, 66, 0);
    expect(decode(middle, 'ethernet').malformed).to.equal('bgp: it does not begin with a marker');
    expect(isWhole([ip(), tcp()], middle)).to.equal(true);
    expect(isWhole([ip(), udp({ dst: 53 })], toPort(53, datagram.subarray(0, 50)))).to.equal(true);
  });

  it('is none in a fragment that has no header of its own, nor in what an ICMP error quotes', () => {
    const fragment = changed(datagram, 21, 1);
    expect(isWhole([ip({ offset: 8 })], fragment)).to.equal(true);
    const { quoted, headers } = decode(timeExceeded.subarray(0, 66), 'ethernet');
    expect(quoted?.map(({ protocol }) => protocol)).to.deep.equal(['ip']);
    expect(matches([ip(), icmp()], headers, macOf)).to.equal(true);
  });
});
