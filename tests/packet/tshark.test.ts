import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode, type Header, type Link, pcapng } from '../../src/packet/index.ts';
import { allColumns } from './columns.ts';
import { frame, messages, packet } from './compose.ts';
import { moreMessages, soundMessages } from './compose-more.ts';
import { frames } from './frames.ts';
import { random, seed, spoilt } from './random.ts';
import { printed, skip } from './wireshark.ts';

const theirNames = [...new Set(allColumns.map(([, , theirs]) => theirs))];

const options = [
  ...['-d', 'udp.port==8472,vxlan', '-d', 'udp.port==8285,ip'],
  ...['-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE', '-o', 'vlan.qinq_ethertype:0x9100'],
  ...['-o', 'tcp.desegment_tcp_streams:FALSE', '-o', 'bgp.desegment:FALSE'],
  ...['-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=,'],
  ...theirNames.flatMap((theirs) => ['-e', theirs]),
];

/** What we read, header by header, under the names that tshark has for it. */
const ours = (headers: Header[]) =>
  theirNames.map((theirs) => {
    const columns = allColumns.filter((column) => column[2] === theirs);
    const stated = headers.flatMap(({ protocol, fields }) =>
      columns.flatMap(([id, field, , value = (same) => same]) => {
        const one = protocol === id ? fields[field] : undefined;
        return (one === undefined ? undefined : value(one, fields)) ?? [];
      }),
    );
    return `${theirs} ${stated.join()}`;
  });

const plain = (value: string) => {
  if (value === 'True') return 1;
  if (value === 'False') return 0;
  return value.startsWith('0x') ? Number(value) : value;
};

const judged = (line: string) =>
  line.split('\t').map((values, at) => `${theirNames[at]} ${values.split(',').map(plain).join()}`);

const links: Link[] = ['ethernet', 'raw'];
const onEthernet = (frame: Buffer): [Link, Buffer] => ['ethernet', frame];
const bare = (packet: Buffer): [Link, Buffer] => ['raw', packet];

/**
 * tshark takes A records of any class and section for addresses, a name's bytes for UTF-8, and lists each of two options of one
 * kind; what LLDP's identifiers are of an unknown kind it shows in ways of its own.
 */
const isComparable = (column: string) =>
  !/^(dns\.a|lldp\.(chassis|port)\.id) |^(dhcp\.option\S+|http\.host|icmpv6\.opt\.linkaddr) $/.test(column) &&
  /^[ -~]*$/.test(column);

/** Of two TLVs of LLDP of one kind tshark lists each. */
const isLastOf = (theirs: string, column: string) => {
  const [name = ''] = column.split(' ', 1);
  return (
    name.startsWith('lldp.') && theirs.startsWith(`${name} `) && theirs.endsWith(`,${column.slice(name.length + 1)}`)
  );
};

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
      ...Object.values({ ...moreMessages, ...soundMessages }).flatMap(({ compose, carry, link = 'raw' }) =>
        Array.from({ length: 100 }, (): [Link, Buffer] => [link, carry(source, compose(source))]),
      ),
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

  // Of what no standard allows tshark makes something of its own now and then, which a person has to judge: by chance is for them.
  const own = Number(process.env.SEED ?? 1);
  for (const [id, { compose, carry, kept, isJudged = () => true, link = 'raw' }] of Object.entries({
    ...messages,
    ...moreMessages,
  }))
    it(`reads what we read of spoilt ${id} messages (SEED=${own})`, function () {
      this.timeout(60_000);
      const source = random(own);
      const samples = Array.from({ length: 2_000 }, () => spoilt(source, compose(source), kept))
        .filter(isJudged)
        .map((message): [Link, Buffer] => [link, carry(source, message)]);
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
        const asJudged = mine.map((column, i) =>
          isComparable(column) && !isLastOf(theirs[i] ?? '', column) ? theirs[i] : column,
        );
        expect(mine, hint).to.deep.equal(asJudged);
        if (!malformed) whole++;
      }
      expect(whole).to.be.within(200, 1_800);
    });
});
