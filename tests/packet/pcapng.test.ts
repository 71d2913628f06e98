import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type CapturedPacket, type CapturePoint, pcapng, pcapngPackets } from '../../src/packet/index.ts';
import { datagram, syn, vxlanEcho } from './frames.ts';
import { printed, skip } from './wireshark.ts';

const points: CapturePoint[] = [
  { name: 'master:enp0s1', link: 'ethernet' },
  { name: 'master:tunl0', link: 'raw' },
];

const packets: CapturedPacket[] = [
  { interface: 0, timeNs: 1_763_715_600_123_456_789n, direction: 'out', frame: vxlanEcho },
  { interface: 1, timeNs: 1_763_715_600_123_456_790n, direction: 'in', frame: datagram.subarray(14) },
  { interface: 0, timeNs: 1_763_715_601_000_000_000n, frame: syn.subarray(0, 61), length: syn.length },
];

const { header, packet, loss } = pcapng(points);
const file = Buffer.concat([
  header,
  ...packets.map(packet),
  loss({ interface: 1, timeNs: 1_763_715_602_000_000_000n, dropped: 3n }),
]);

describe('pcapng', () => {
  const directory = mkdtempSync(join(tmpdir(), 'packetwalk-pcapng-'));
  const path = join(directory, 'test.pcapng');
  before(() => writeFileSync(path, file));
  after(() => rmSync(directory, { recursive: true }));

  it('reads back what it wrote', () => {
    expect([...pcapngPackets(file)]).to.deep.equal(packets.map((one) => ({ ...one, point: points[one.interface] })));
  });

  it('ends with the last whole packet where a file was cut off', () => {
    const ends = packets.map((_, at) => Buffer.concat([header, ...packets.slice(0, at + 1).map(packet)]).length);
    for (let length = 0; length < file.length; length++)
      expect([...pcapngPackets(file.subarray(0, length))], `${length} bytes`).to.have.lengthOf(
        ends.filter((end) => end <= length).length,
      );
  });

  it('is read by tshark, names, times and directions included', function () {
    const fields = ['interface_name', 'time_epoch', 'cap_len', 'len', 'packet_flags_direction', 'protocols'];
    const lines = printed('tshark', '-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', `frame.${field}`]));
    if (lines === undefined) return skip(this, 'tshark');
    const rows = lines
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows.map((row) => [...row.slice(0, 4), Number(row[4])])).to.deep.equal([
      ['master:enp0s1', '1763715600.123456789', '148', '148', 2],
      ['master:tunl0', '1763715600.123456790', '40', '40', 1],
      ['master:enp0s1', '1763715601.000000000', '61', '74', 0],
    ]);
    expect(rows[1]?.[5]).to.match(/^raw:ip:udp/);
    expect(rows[2]?.[5]).to.match(/^eth:ethertype:ip:tcp/);
  });

  it('is read by capinfos, losses included', function () {
    const summary = printed('capinfos', '-M', path);
    if (summary === undefined) return skip(this, 'capinfos');
    expect(summary).to.match(/Number of packets: +3\n/);
    expect(summary).to.contain('Name = master:enp0s1').and.to.contain('Name = master:tunl0');
    expect(summary).to.contain('Time resolution = 0x09').and.to.contain('Number of stat entries = 1');
  });
});
