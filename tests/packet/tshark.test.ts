import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode, type Header, type Link, pcapng, type Value } from '../../src/packet/index.ts';
import { frame, messages, packet } from './compose.ts';
import { frames } from './frames.ts';
import { random, seed, spoilt } from './random.ts';
import { printed, skip } from './wireshark.ts';

type Fields = Header['fields'];
type Column = [
  protocol: string,
  field: string,
  theirs: string,
  value?: (ours: Value, fields: Fields) => Value | undefined,
];

const types: Record<string, number> = {
  'echo reply': 0,
  unreachable: 3,
  redirect: 5,
  'echo request': 8,
  'time exceeded': 11,
  'parameter problem': 12,
};

const flags = (letters: Value) =>
  [...'FSRPAUEC'].reduce((sum, one, bit) => sum + (`${letters}`.includes(one) ? 1 << bit : 0), 0);

const numbered = (names: string[], value: Value) => (names.includes(`${value}`) ? names.indexOf(`${value}`) : value);

const bgpTypes = ['', 'OPEN', 'UPDATE', 'NOTIFICATION', 'KEEPALIVE', 'ROUTE-REFRESH'];
const bgpErrors = ['', 'Message Header Error', 'OPEN Message Error', 'UPDATE Message Error'];
bgpErrors.push('Hold Timer Expired', 'Finite State Machine Error', 'Cease');
const subcodes = ['_unknown', '', '_open', '_update', '_expired', '_state', '_cease', '_capability'];

/** tshark has a field of its own for the subcodes of each code. */
const subcodeOf = (code: Value | undefined) => {
  const number = Number(numbered(bgpErrors, code ?? 0));
  return number in subcodes ? number : 0;
};

const opcodes = ['QUERY', 'IQUERY', 'STATUS', '3', 'NOTIFY', 'UPDATE'];
const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const dnsTypes: Record<string, number> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  ANY: 255,
};

const escapes: Record<number, string> = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' };

const printedByte = (code: number) => {
  const isPrintable = code >= 32 && code !== 127;
  return isPrintable ? String.fromCharCode(code) : `\\${escapes[code] ?? code.toString(8).padStart(3, '0')}`;
};

/** A name as tshark prints it, with escapes as C has them. */
const hostname = (name: Value) =>
  name === '.' ? '<Root>' : `${name}`.replace(/\\(\d{3})/g, (_, code) => printedByte(Number(code)));

const list = (joined: Value) => `${joined}`.replaceAll(', ', ',');

/** What tshark calls each of our fields, and how its value reads there, if it is shown. */
const columns: Column[] = [
  ['ether', 'dst', 'eth.dst'],
  ['ether', 'src', 'eth.src'],
  ['ether', 'vlan', 'vlan.id'],
  ['arp', 'op', 'arp.opcode', (op) => ({ request: 1, reply: 2 })[`${op}`] ?? op],
  ['arp', 'sha', 'arp.src.hw_mac'],
  ['arp', 'spa', 'arp.src.proto_ipv4'],
  ['arp', 'tha', 'arp.dst.hw_mac'],
  ['arp', 'tpa', 'arp.dst.proto_ipv4'],
  ['ip', 'src', 'ip.src'],
  ['ip', 'dst', 'ip.dst'],
  ['ip', 'ttl', 'ip.ttl'],
  ['ip', 'id', 'ip.id'],
  ['ip', 'df', 'ip.flags.df', Number],
  ['ip', 'mf', 'ip.flags.mf', Number],
  ['ip', 'offset', 'ip.frag_offset'],
  ['ip', 'length', 'ip.len'],
  ['ip', 'dscp', 'ip.dsfield.dscp'],
  ['ip', 'ecn', 'ip.dsfield.ecn'],
  ['ip', 'protocol', 'ip.proto'],
  ['icmp', 'type', 'icmp.type', (type) => types[`${type}`] ?? type],
  ['icmp', 'code', 'icmp.code'],
  ['icmp', 'id', 'icmp.ident'],
  ['icmp', 'sequence', 'icmp.seq'],
  ['icmp', 'mtu', 'icmp.mtu'],
  ['udp', 'src', 'udp.srcport'],
  ['udp', 'dst', 'udp.dstport'],
  ['udp', 'length', 'udp.length'],
  ['tcp', 'src', 'tcp.srcport'],
  ['tcp', 'dst', 'tcp.dstport'],
  ['tcp', 'seq', 'tcp.seq_raw'],
  ['tcp', 'ack', 'tcp.ack_raw'],
  ['tcp', 'flags', 'tcp.flags', flags],
  ['tcp', 'window', 'tcp.window_size_value'],
  ['vxlan', 'vni', 'vxlan.vni'],
  ['geneve', 'vni', 'geneve.vni'],
  ['geneve', 'protocol', 'geneve.proto_type'],
  ['geneve', 'oam', 'geneve.flags.oam', Number],
  ['geneve', 'critical', 'geneve.flags.critical', Number],
  ['gre', 'protocol', 'gre.proto'],
  ['gre', 'checksum', 'gre.checksum'],
  ['gre', 'key', 'gre.key'],
  ['gre', 'sequence', 'gre.sequence_number'],
  ['vrrp', 'version', 'vrrp.version'],
  ['vrrp', 'vrid', 'vrrp.virt_rtr_id'],
  ['vrrp', 'priority', 'vrrp.prio'],
  ['vrrp', 'addresses', 'vrrp.ip_addr', list],
  ['vrrp', 'interval', 'vrrp.adver_int', (s, { version }) => (version === 2 ? s : undefined)],
  [
    'vrrp',
    'interval',
    'vrrp.short_adver_int',
    (s, { version }) => (version === 3 ? Math.round(Number(s) * 100) : undefined),
  ],
  ['bgp', 'type', 'bgp.type', (type) => numbered(bgpTypes, type)],
  ['bgp', 'as', 'bgp.open.myas'],
  ['bgp', 'holdTime', 'bgp.open.holdtime'],
  ['bgp', 'routerId', 'bgp.open.identifier'],
  ['bgp', 'code', 'bgp.notify.major_error', (code) => numbered(bgpErrors, code)],
  ...subcodes.map(
    (suffix, at): Column => [
      'bgp',
      'subcode',
      `bgp.notify.minor_error${suffix}`,
      (subcode, { code }) => (subcodeOf(code) === at ? subcode : undefined),
    ],
  ),
  ['dns', 'id', 'dns.id'],
  ['dns', 'qr', 'dns.flags.response', (qr) => Number(qr === 'response')],
  ['dns', 'opcode', 'dns.flags.opcode', (opcode) => numbered(opcodes, opcode)],
  ['dns', 'rcode', 'dns.flags.rcode', (rcode) => numbered(rcodes, rcode)],
  ['dns', 'qname', 'dns.qry.name', hostname],
  ['dns', 'qtype', 'dns.qry.type', (type) => dnsTypes[`${type}`] ?? type],
  ['dns', 'ancount', 'dns.count.answers', (count, { opcode }) => (opcode === 'UPDATE' ? undefined : count)],
  ['dns', 'ancount', 'dns.count.prerequisites', (count, { opcode }) => (opcode === 'UPDATE' ? count : undefined)],
  ['dns', 'addresses', 'dns.a', list],
];

const options = [
  ...['-d', 'udp.port==8472,vxlan', '-d', 'udp.port==8285,ip'],
  ...['-o', 'ip.defragment:FALSE', '-o', 'vlan.qinq_ethertype:0x9100'],
  ...['-o', 'tcp.desegment_tcp_streams:FALSE', '-o', 'bgp.desegment:FALSE'],
  ...['-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=,'],
  ...columns.flatMap(([, , theirs]) => ['-e', theirs]),
];

const ours = (headers: Header[]) =>
  columns.map(([protocol, field, theirs, value = (same) => same]) => {
    const stated = headers
      .filter((header) => header.protocol === protocol)
      .flatMap(({ fields }) => {
        const one = fields[field];
        return (one === undefined ? undefined : value(one, fields)) ?? [];
      });
    return `${theirs} ${stated.join()}`;
  });

const plain = (value: string) => {
  if (value === 'True') return 1;
  if (value === 'False') return 0;
  return value.startsWith('0x') ? Number(value) : value;
};

const judged = (line: string) =>
  line.split('\t').map((values, at) => `${columns[at]?.[2]} ${values.split(',').map(plain).join()}`);

const links: Link[] = ['ethernet', 'raw'];
const onEthernet = (frame: Buffer): [Link, Buffer] => ['ethernet', frame];
const bare = (packet: Buffer): [Link, Buffer] => ['raw', packet];

/** tshark takes A records of any class and section for addresses, and a name's bytes for UTF-8. */
const isComparable = (column: string) => !column.startsWith('dns.a ') && /^[ -~]*$/.test(column);

describe('tshark', () => {
  const directory = mkdtempSync(join(tmpdir(), 'packetwalk-tshark-'));
  after(() => rmSync(directory, { recursive: true }));

  const dissected = (samples: [Link, Buffer][]) => {
    const { header, packet: recorded } = pcapng(links.map((link) => ({ name: link, link })));
    const path = join(directory, 'test.pcapng');
    const blocks = samples.map(([link, frame], at) =>
      recorded({ interface: links.indexOf(link), timeNs: BigInt(at), direction: 'in', frame }),
    );
    writeFileSync(path, Buffer.concat([header, ...blocks]));
    return printed('tshark', '-r', path, ...options)?.split('\n');
  };

  it(`reads every header as we do (SEED=${seed})`, function () {
    this.timeout(60_000);
    const source = random(seed);
    const samples = [
      ...Object.values(frames).map(onEthernet),
      ...Array.from({ length: 1_000 }, () => onEthernet(frame(source))),
      ...Array.from({ length: 1_000 }, () => bare(packet(source))),
    ];
    const lines = dissected(samples);
    if (!lines) return skip(this, 'tshark');
    for (const [at, [link, frame]] of samples.entries()) {
      const { headers, quoted = [], malformed } = decode(frame, link);
      const hint = `frame ${at}: ${frame.toString('hex')}`;
      expect(malformed, hint).to.equal(undefined);
      expect(ours([...headers, ...quoted]), hint).to.deep.equal(judged(lines[at] ?? ''));
    }
  });

  for (const [id, { compose, carry, kept }] of Object.entries(messages))
    it(`reads what we read of spoilt ${id} messages (SEED=${seed})`, function () {
      this.timeout(60_000);
      const source = random(seed);
      const samples = Array.from({ length: 2_000 }, () => bare(carry(source, spoilt(source, compose(source), kept))));
      const lines = dissected(samples);
      if (!lines) return skip(this, 'tshark');
      let whole = 0;
      for (const [at, [link, frame]] of samples.entries()) {
        const { headers, malformed } = decode(frame, link);
        const hint = `frame ${at}: ${frame.toString('hex')}, ${malformed}`;
        const mine = ours(headers);
        const theirs = judged(lines[at] ?? '').map((column, i) =>
          malformed ? column.slice(0, mine[i]?.length) : column,
        );
        const asJudged = mine.map((column, i) => (isComparable(column) ? theirs[i] : column));
        expect(mine, hint).to.deep.equal(asJudged);
        if (!malformed) whole++;
      }
      expect(whole).to.be.within(200, 1_800);
    });
});
