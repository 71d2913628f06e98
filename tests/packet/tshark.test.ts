import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode, type Header, type Link, pcapng, type Value } from '../../src/packet/index.ts';
import { frame, packet } from './compose.ts';
import { frames } from './frames.ts';
import { random, seed } from './random.ts';
import { printed, skip } from './wireshark.ts';

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

/** What tshark calls each of our fields, and how its value reads there. */
const columns: [protocol: string, field: string, theirs: string, value?: (ours: Value) => Value][] = [
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
];

const options = [
  ...['-d', 'udp.port==8472,vxlan', '-d', 'udp.port==8285,ip'],
  ...['-o', 'ip.defragment:FALSE', '-o', 'vlan.qinq_ethertype:0x9100'],
  ...['-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=,'],
  ...columns.flatMap(([, , theirs]) => ['-e', theirs]),
];

const ours = (headers: Header[]) =>
  columns.map(([protocol, field, theirs, value = (same) => same]) => {
    const stated = headers.filter((header) => header.protocol === protocol).map(({ fields }) => fields[field]);
    return `${theirs} ${stated.flatMap((one) => (one === undefined ? [] : [value(one)])).join()}`;
  });

const plain = (value: string) => {
  if (value === 'True') return 1;
  if (value === 'False') return 0;
  return value.startsWith('0x') ? Number(value) : value;
};

const judged = (line: string) =>
  line.split('\t').map((values, at) => `${columns[at]?.[2]} ${values.split(',').map(plain).join()}`);

describe('tshark', () => {
  const directory = mkdtempSync(join(tmpdir(), 'packetwalk-tshark-'));
  after(() => rmSync(directory, { recursive: true }));

  it(`reads every header as we do (SEED=${seed})`, function () {
    this.timeout(60_000);
    const source = random(seed);
    const samples: [Link, Buffer][] = [
      ...Object.values(frames).map((sample): [Link, Buffer] => ['ethernet', sample]),
      ...Array.from({ length: 1_000 }, (): [Link, Buffer] => ['ethernet', frame(source)]),
      ...Array.from({ length: 1_000 }, (): [Link, Buffer] => ['raw', packet(source)]),
    ];
    const links: Link[] = ['ethernet', 'raw'];
    const { header, packet: recorded } = pcapng(links.map((link) => ({ name: link, link })));
    const path = join(directory, 'test.pcapng');
    const blocks = samples.map(([link, frame], at) =>
      recorded({ interface: links.indexOf(link), timeNs: BigInt(at), direction: 'in', frame }),
    );
    writeFileSync(path, Buffer.concat([header, ...blocks]));

    const lines = printed('tshark', '-r', path, ...options)?.split('\n');
    if (!lines) return skip(this, 'tshark');
    for (const [at, [link, frame]] of samples.entries()) {
      const { headers, quoted = [] } = decode(frame, link);
      expect(ours([...headers, ...quoted]), `frame ${at}: ${frame.toString('hex')}`).to.deep.equal(
        judged(lines[at] ?? ''),
      );
    }
  });
});
