import { expect } from 'chai';
import {
  compatible,
  decode,
  describe as described,
  dns,
  ip,
  mirror,
  quotedTrail,
  trail,
  udp,
} from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';
import { dnsNoName, dnsQuery, dnsResponse, portUnreachable } from '../frames.ts';

const name = 'www.default.svc.cluster.local';

const QUERY = '0001 0100 0001 0000 0000 0000  # dns: one question';
const ANSWER = '0001 8180 0001 0001 0000 0000  # dns: one question, one answer';
const A_IN = '0001 0001';

const read = (dump: string) => {
  const decoded = dns.decode(bytes(dump));
  return 'fields' in decoded ? decoded.fields : decoded.malformed;
};

const qname = (dump: string) => {
  const fields = read(`${QUERY}
    ${dump} ${A_IN}`);
  return typeof fields === 'string' ? fields : fields.qname;
};

const answer = (dump: string) =>
  read(`${ANSWER}
    01 61 00 ${A_IN}  # a, at byte 12
    ${dump}`);

const UNREADABLE_NAME = 'its question 1 of 1 cannot be read';
const UNREADABLE_RECORD = 'its record 1 of 1 cannot be read';

describe('dns', () => {
  it('reads a query', () => {
    expect(decode(dnsQuery, 'ethernet').headers[3]).to.deep.equal({
      protocol: 'dns',
      fields: { id: 58846, qr: 'query', opcode: 'QUERY', qname: name, qtype: 'A', ancount: 0 },
    });
  });

  it('reads the response, which comes from port 53', () => {
    expect(decode(dnsResponse, 'ethernet').headers[3]).to.deep.equal({
      protocol: 'dns',
      fields: {
        id: 58846,
        qr: 'response',
        opcode: 'QUERY',
        rcode: 'NOERROR',
        qname: name,
        qtype: 'A',
        ancount: 2,
        addresses: '10.96.0.80',
      },
    });
  });

  it('reads that there is no such name', () => {
    expect(described(decode(dnsNoName, 'ethernet').headers, [])[2]).to.equal(
      "dns({ qr: 'response', rcode: 'NXDOMAIN', qname: 'nowhere.cluster.local', qtype: 'A' })",
    );
  });

  it('lists the addresses of the answers, and of no other section or class', () => {
    const record = (address: string, type = '0001', ofClass = '0001') =>
      `c00c ${type} ${ofClass} 00000000 0004 ${address}`;
    const message = `0001 8180 0001 0004 0001 0001
      01 61 00 ${A_IN}
      ${record('0a000001')} ${record('0a000002')} ${record('0a000003', '0001', '0003')} ${record('0a000004', '000d')}
      ${record('0a000005')}  # authority
      ${record('0a000006')}  # additional`;
    expect(read(message)).to.include({ ancount: 4, addresses: '10.0.0.1, 10.0.0.2' });
  });

  it('shows other opcodes, rcodes and types by their number', () => {
    expect(read(`0001 b80f 0001 0000 0000 0000 00 0041 0001`)).to.include({ opcode: 7, rcode: 15, qtype: 65 });
  });

  it('needs no question', () => {
    expect(read('0001 9005 0000 0000 0000 0000')).to.deep.equal({
      id: 1,
      qr: 'response',
      opcode: 'STATUS',
      rcode: 'REFUSED',
      ancount: 0,
    });
  });

  it('takes the first question of several', () => {
    const two = `0001 0100 0002 0000 0000 0000
      01 61 00 ${A_IN}
      c00c 001c 0001`;
    expect(read(two)).to.include({ qname: 'a', qtype: 'A' });
  });

  it('writes names as RFC 1035 does, without the last dot', () => {
    expect(qname('00')).to.equal('.');
    expect(qname('05 5f68747470 01 61 00')).to.equal('_http.a');
    expect(qname('04 612e5c00 01 ff 00')).to.equal('a\\046\\092\\000.\\255');
    expect(qname(`${`3f ${'61'.repeat(63)}`.repeat(3)} 3d ${'61'.repeat(61)} 00`)).to.have.lengthOf(253);
  });

  it('is malformed when a name is too long or its label of an unknown kind', () => {
    expect(qname(`${`3f ${'61'.repeat(63)}`.repeat(3)} 3e ${'61'.repeat(62)} 00`)).to.equal(UNREADABLE_NAME);
    for (const length of ['40', '80', 'bf'])
      expect(qname(`${length} ${'61'.repeat(200)} 00`)).to.equal(UNREADABLE_NAME);
  });

  it('follows pointers to earlier names', () => {
    const address = '00000000 0004 0a000001';
    expect(answer(`c00c ${A_IN} ${address}`)).to.include({ addresses: '10.0.0.1' });
    expect(answer(`01 62 c00c ${A_IN} ${address}`)).to.include({ addresses: '10.0.0.1' });
    const chain = `0001 8180 0001 0002 0000 0000
      01 61 00 ${A_IN}                      # a, at byte 12
      c00c ${A_IN} ${address}               # at byte 19
      01 62 c013 ${A_IN} 00000000 0004 0a000002  # a pointer to a pointer`;
    expect(read(chain)).to.include({ addresses: '10.0.0.1, 10.0.0.2' });
  });

  it('is malformed when a pointer leads to itself, forwards, in a circle or into the header', () => {
    const rest = `${A_IN} 00000000 0004 0a000001`;
    for (const [owner, what] of [
      ['c013', 'itself'],
      ['c014', 'its own second byte'],
      ['c020', 'what follows'],
      ['cfff', 'beyond the message'],
      ['01 62 c013', 'its own label'],
      ['c000', 'the header'],
      ['c00b', 'the header’s last byte'],
    ])
      expect(answer(`${owner} ${rest}`), what).to.equal(UNREADABLE_RECORD);
    expect(qname('c00c'), 'the only name').to.equal(UNREADABLE_NAME);
    expect(qname('01 61 c00c'), 'its own label').to.equal(UNREADABLE_NAME);
  });

  it('follows no more pointers than a name can have labels', () => {
    const chained = (pointers: number) => {
      const chain = Array.from({ length: pointers - 1 }, (_, n) =>
        (n === 0 ? 0xc00c : 0xc01f + 2 * (n - 1)).toString(16),
      );
      const last = (0xc01f + 2 * (pointers - 2)).toString(16);
      return `0001 8180 0001 0002 0000 0000
        01 61 00 ${A_IN}                     # a, at byte 12
        c00c 0010 0001 00000000 ${(2 * (pointers - 1)).toString(16).padStart(4, '0')}
        ${chain.join(' ')}                   # at byte 31, each to the one before
        ${last} ${A_IN} 00000000 0004 0a000001`;
    };
    expect(read(chained(127))).to.include({ addresses: '10.0.0.1' });
    expect(read(chained(128))).to.equal('its record 2 of 2 cannot be read');
  });

  it('leaves the message in the payload, which UDP carries', () => {
    expect(decode(dnsResponse, 'ethernet').payload).to.deep.equal(dnsResponse.subarray(42));
  });

  it('leaves the trail to the datagram', () => {
    for (const frame of [dnsQuery, dnsResponse, dnsNoName])
      expect(trail(decode(frame, 'ethernet'))).to.equal(`udp ${frame.toString('hex', 42)}`);
    const spoilt = Buffer.from(dnsQuery);
    spoilt.writeUInt16BE(2, 46);
    expect(decode(spoilt, 'ethernet').malformed).to.equal('dns: its question 2 of 2 cannot be read');
    expect(trail(decode(spoilt, 'ethernet'))).to.equal(`udp ${spoilt.toString('hex', 42)}`);
  });

  it('leaves the trail to the datagram where an error quotes it', () => {
    const error = Buffer.concat([portUnreachable.subarray(0, 42), dnsQuery.subarray(14)]);
    error.writeUInt16BE(error.length - 14, 16);
    const packet = decode(error, 'ethernet');
    expect(packet.quoted?.map(({ protocol }) => protocol)).to.deep.equal(['ip', 'udp', 'dns']);
    expect(quotedTrail(packet)).to.equal(trail(decode(dnsQuery, 'ethernet')));
  });

  it('is answered from the port that was asked', () => {
    const question = [ip({ dst: '10.96.0.10' }), udp({ dst: 53 }), dns({ qr: 'query', qname: name })];
    const response = [ip({ src: '10.96.0.10' }), udp({ src: 53 }), dns({ qr: 'response', qname: name })];
    expect(mirror(question)).to.deep.equal(response);
    expect(mirror(response)).to.deep.equal(question);
    expect(compatible(question, response)).to.equal(false);
    expect(mirror([dns({ qname: name })])).to.deep.equal([dns({ qname: name })]);
  });

  it('is malformed when cut short anywhere', () => {
    for (const message of [dnsQuery.subarray(42), dnsResponse.subarray(42)]) {
      expect(dns.decode(message.subarray(0, 11))).to.deep.equal({ malformed: 'only 11 of its 12 bytes are there' });
      for (let length = 12; length < message.length; length++)
        expect(dns.decode(message.subarray(0, length)), `${length}`).to.have.property('malformed');
      expect(dns.decode(message)).to.have.property('fields');
    }
  });

  it('is malformed when an address does not have four bytes', () => {
    expect(answer(`c00c ${A_IN} 00000000 0003 0a0000`)).to.equal(UNREADABLE_RECORD);
    expect(answer(`c00c ${A_IN} 00000000 0010 ${'00'.repeat(16)}`)).to.equal(UNREADABLE_RECORD);
  });
});
