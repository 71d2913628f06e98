import { expect } from 'chai';
import { dhcp, esp, http, igmp, l2tp, lldp, mdns, mpls, sctp, stp, tls, wireguard } from '../../../src/packet/index.ts';
import { bytes } from '../bytes.ts';

const fields = (decoded: object) => ('fields' in decoded ? decoded.fields : decoded);
const text = (line: string) => Buffer.from(line, 'latin1');

describe('What programs and daemons say', () => {
  it('http: the request line with its host, the status line, and nothing of what begins in the middle', () => {
    expect(fields(http.decode(text('GET /a?b HTTP/1.1\r\nHost: web.example\r\n\r\n')))).to.deep.equal({
      ...{ type: 'request', version: '1.1', method: 'GET', target: '/a?b', host: 'web.example' },
    });
    expect(fields(http.decode(text('HTTP/1.0 404 Not Found\r\n')))).to.deep.equal({
      ...{ type: 'response', version: '1.0', status: 404, reason: 'Not Found' },
    });
    expect(http.decode(text('GET / HTTP/1.1'))).to.deep.equal({ malformed: 'its first line has no end' });
    expect(http.decode(text('<html>\r\n'))).to.have.property('malformed');
  });

  it('tls: the name of the server that a ClientHello asks for, unless it is cut off', () => {
    const name = '0000 000c 000a 00 0007 612e7465737430'; // server_name: a.test0
    const hello = bytes(`16 0301 0043  01 00003f 0303 ${'00'.repeat(32)} 00 0004 13011302 01 00 0010 ${name}`);
    hello.writeUInt16BE(hello.length - 5, 3);
    hello.writeUIntBE(hello.length - 9, 6, 3);
    expect(fields(tls.decode(hello))).to.deep.equal({ type: 'client hello', sni: 'a.test0' });
    expect(tls.decode(hello.subarray(0, 40))).to.have.property('malformed');
    expect(fields(tls.decode(bytes('17 0303 0002 abcd')))).to.deep.equal({ type: 'application data' });
  });

  it('dhcp: what is asked for and given; options without an end are not read', () => {
    const fixed = `02 01 06 00 0000002a 00000000 00000000 0a000009 0a000001 00000000 0e0000000001 ${'00'.repeat(202)}`;
    const offer = `${fixed} 63825363 35 01 02 36 04 0a000001 33 04 00000e10`;
    expect(fields(dhcp.decode(bytes(`${offer} ff`)))).to.deep.include({
      ...{ op: 'reply', type: 'OFFER', xid: 42, yiaddr: '10.0.0.9', chaddr: '0e:00:00:00:00:01' },
      ...{ server: '10.0.0.1', leaseTime: 3600 },
    });
    expect(dhcp.decode(bytes(offer))).to.deep.equal({ malformed: 'its options have no end' });
  });

  it('mdns: an answer whose class has the bit that flushes caches', () => {
    const answer = bytes('0000 8400 0000 0001 0000 0000  01 61 05 6c6f63616c 00 0001 8001 00000078 0004 0a000009');
    expect(fields(mdns.decode(answer))).to.include({ qr: 'response', addresses: '10.0.0.9' });
  });
});

describe('What routers and switches say', () => {
  it('mpls: a label, and by its bottom what comes next', () => {
    expect(mpls.decode(bytes('00064 1ff 45'))).to.deep.include({
      fields: { label: 100, tc: 0, bottom: true, ttl: 255 },
      next: 4,
    });
    expect(mpls.decode(bytes('00064 0ff'))).to.deep.include({ next: 0 });
  });

  it('stp: root and bridge; a change of the topology is short', () => {
    const root = '8000 020000000001';
    const bpdu = bytes(`0000 02 02 01 ${root} 00000004 9000 020000000002 8001 0000 1400 0200 0f00 00`);
    expect(fields(stp.decode(bpdu))).to.deep.include({
      ...{ type: 'rapid', root: '32768.02:00:00:00:00:01', bridge: '36864.02:00:00:00:00:02', port: 0x8001 },
      ...{ topologyChange: true, helloTime: 2, maxAge: 20, forwardDelay: 15 },
    });
    expect(fields(stp.decode(bytes('0000 00 80')))).to.deep.equal({ type: 'topology change', version: 0 });
    expect(stp.decode(bpdu.subarray(0, 20))).to.deep.equal({ malformed: 'only 20 of its 35 bytes are there' });
  });

  it('lldp: who it is; without its end it is not read', () => {
    const told = '0207 04 0e0000000001  0405 05 65746830  0602 0078  0a06 6c6561662d31';
    expect(fields(lldp.decode(bytes(`${told} 0000`)))).to.deep.equal({
      ...{ chassis: '0e:00:00:00:00:01', port: 'eth0', ttl: 120, systemName: 'leaf-1' },
    });
    expect(lldp.decode(bytes(told))).to.deep.equal({ malformed: 'it has no end' });
    expect(lldp.decode(bytes('0405 05 65746830 0000'))).to.deep.equal({ malformed: 'its TLV 1 is of type 2' });
  });

  it('igmp: the groups of a report', () => {
    const report = '2200 0000 0000 0002 04000000 e00000fb 04000000 ef010203';
    expect(fields(igmp.decode(bytes(report)))).to.deep.equal({ type: 'report v3', groups: '224.0.0.251, 239.1.2.3' });
  });
});

describe('What carries others', () => {
  it('l2tp: over IP a session alone, over UDP what its version has', () => {
    expect(fields(l2tp.decode(bytes('0000002a ffff'), 'ip'))).to.deep.equal({ version: 3, type: 'data', session: 42 });
    expect(fields(l2tp.decode(bytes('0003 0000 0000002a'), 'udp'))).to.include({ version: 3, session: 42 });
    expect(fields(l2tp.decode(bytes('4002 000a 0001 0002 ff03'), 'udp'))).to.include({ tunnel: 1, session: 2 });
    expect(l2tp.decode(bytes('0004 0000 0000002a'), 'udp')).to.deep.equal({ malformed: 'its version is 4' });
  });

  it('wireguard and esp: what anybody can see of what is sealed', () => {
    const data = bytes(`04000000 07000000 0500000000000000 ${'ab'.repeat(32)}`);
    expect(wireguard.decode(data)).to.deep.include({ fields: { type: 'transport data', receiver: 7, counter: 5 } });
    expect(wireguard.decode(bytes('05000000'))).to.deep.equal({ malformed: 'its type is 5' });
    expect(fields(esp.decode(bytes('00000101 00000005 abcd')))).to.deep.equal({ spi: 0x101, sequence: 5 });
  });

  it('sctp: its chunks by name; one that is too short is malformed', () => {
    const init = '1388 270f 00000000 00000000  01 00 0014 cafebabe 00010000 0001 0001 00000001';
    expect(fields(sctp.decode(bytes(init)))).to.deep.equal({
      ...{ src: 5000, dst: 9999, tag: 0, chunks: 'INIT', initiateTag: 0xcafebabe },
    });
    const interleaved = '1388 270f 00000001 00000000  40 03 0014 00000007 0001 0000 00000000 00000000';
    expect(fields(sctp.decode(bytes(interleaved)))).to.include({ chunks: 'I-DATA', tsn: 7 });
    expect(sctp.decode(bytes('1388 270f 00000000 00000000 01 00 0008 cafebabe'))).to.deep.equal({
      malformed: 'its chunk 1 (INIT) has a length of 8',
    });
  });
});
