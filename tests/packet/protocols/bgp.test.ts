import { expect } from 'chai';
import { bgp, decode, describe as described, mirror, tcp, trail } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';
import { bgpKeepalive, bgpNotification, bgpOpen, bgpUpdates, syn } from '../frames.ts';

const MARKER = 'ff'.repeat(16);
const KEEPALIVE = `${MARKER} 0013 04`;

const messages = (frame: Buffer) => decode(frame, 'ethernet').headers.slice(3);

/** The segment with other bytes behind its TCP header. */
const saying = (frame: Buffer, dump: string) => {
  const changed = Buffer.concat([frame.subarray(0, 66), bytes(dump)]);
  changed.writeUInt16BE(changed.length - 14, 16);
  return changed;
};

describe('bgp', () => {
  it('reads an OPEN', () => {
    expect(messages(bgpOpen)).to.deep.equal([
      { protocol: 'bgp', fields: { type: 'OPEN', as: 64512, holdTime: 90, routerId: '192.168.205.3' } },
    ]);
  });

  it('reads what comes from port 179 too', () => {
    expect(messages(bgpKeepalive)).to.deep.equal([bgp({ type: 'KEEPALIVE' })]);
  });

  it('reads a NOTIFICATION', () => {
    expect(messages(bgpNotification)).to.deep.equal([bgp({ type: 'NOTIFICATION', code: 'Cease', subcode: 2 })]);
  });

  it('shows each message of a segment as a header of its own', () => {
    expect(messages(bgpUpdates)).to.deep.equal([bgp({ type: 'UPDATE' }), bgp({ type: 'UPDATE' })]);
    expect(described(decode(bgpUpdates, 'ethernet').headers, []).slice(2)).to.deep.equal([
      "bgp({ type: 'UPDATE' })",
      "bgp({ type: 'UPDATE' })",
    ]);
  });

  it('shows other types and codes by their number', () => {
    expect(bgp.decode(bytes(`${MARKER} 0013 09`))).to.have.nested.property('fields.type', 9);
    expect(bgp.decode(bytes(`${MARKER} 0015 03 07 01`))).to.have.nested.property('fields.code', 7);
  });

  it('leaves all messages in the payload, which TCP carries', () => {
    for (const frame of [bgpOpen, bgpUpdates, bgpNotification])
      expect(decode(frame, 'ethernet').payload).to.deep.equal(frame.subarray(66));
  });

  it('leaves the trail to the segment', () => {
    expect(trail(decode(bgpOpen, 'ethernet'))).to.equal('tcp 2415154827');
    expect(trail(decode(bgpUpdates, 'ethernet'))).to.equal('tcp 2415154899');
    expect(trail(decode(saying(bgpUpdates, 'fe'), 'ethernet'))).to.equal('tcp 2415154899');
  });

  it('is not looked for in a segment that says nothing', () => {
    const opening = Buffer.from(syn);
    opening.writeUInt16BE(179, 36);
    const { headers, malformed } = decode(opening, 'ethernet');
    expect(headers.at(-1)?.protocol).to.equal('tcp');
    expect(malformed).to.equal(undefined);
  });

  it('is not looked for between other ports', () => {
    const other = Buffer.from(bgpKeepalive);
    other.writeUInt16BE(180, 34);
    expect(messages(other)).to.deep.equal([]);
  });

  it('stops at the first message that is not whole', () => {
    const { headers, payload, malformed } = decode(saying(bgpOpen, `${KEEPALIVE} ${MARKER} 0034 02 0000`), 'ethernet');
    expect(headers.slice(3)).to.deep.equal([bgp({ type: 'KEEPALIVE' })]);
    expect(payload).to.have.lengthOf(19 + 21);
    expect(malformed).to.equal('bgp: only 21 of its 52 bytes are there');
  });

  it('reads no more messages of a segment than fit into 16 headers', () => {
    const { headers, malformed } = decode(saying(bgpOpen, KEEPALIVE.repeat(40)), 'ethernet');
    expect(headers).to.have.lengthOf(16);
    expect(malformed).to.equal('bgp: only 16 headers are read');
  });

  it('is answered from port 179', () => {
    expect(mirror([tcp({ src: 52263, dst: 179 }), bgp({ type: 'KEEPALIVE' })])).to.deep.equal([
      tcp({ src: 179, dst: 52263 }),
      bgp({ type: 'KEEPALIVE' }),
    ]);
  });

  it('is malformed in the middle of a message, which has no marker', () => {
    expect(bgp.decode(bytes(`${'ff'.repeat(15)} fe 0013 04`))).to.deep.equal({
      malformed: 'it does not begin with a marker',
    });
  });

  it('is malformed when it is shorter than its type needs', () => {
    for (const [length, type] of [
      ['0012', '04'],
      ['0014', '04'],
      ['001c', '01'],
      ['0016', '02'],
      ['0014', '03'],
      ['0016', '05'],
      ['0012', '09'],
    ])
      expect(bgp.decode(bytes(`${MARKER} ${length} ${type} ${'00'.repeat(40)}`)), `${type} ${length}`).to.deep.equal({
        malformed: `its length is ${Number(`0x${length}`)}`,
      });
  });

  it('is malformed when cut short anywhere', () => {
    const message = bgpOpen.subarray(66);
    for (let length = 0; length < message.length; length++)
      expect(bgp.decode(message.subarray(0, length)), `${length}`).to.deep.equal({
        malformed: `only ${length} of its ${length < 19 ? 19 : 53} bytes are there`,
      });
    expect(bgp.decode(message)).to.have.property('fields');
  });
});
