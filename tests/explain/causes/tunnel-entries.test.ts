import { expect } from 'chai';
import { udp } from '../../../src/index.ts';
import type { Sighting } from '../../../src/judge/observation.ts';
import { causes, inTunnel, link, overVxlan, sighting, state } from './loss.ts';

const names = (told: ReturnType<typeof causes>) => told.map(({ cause }) => cause);
const [near, far] = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
const flan = (data: object) => link('flan', { kind: 'vxlan', mac: far, data: { id: 1, port: 8472, ...data } });
const card = (address: string) =>
  link('eth1', { addresses: [`${address}/24`], mac: `0a:00:00:00:00:${address.slice(-2)}` });
const routes = '192.168.56.0/24 dev eth1';

describe('An entry of a VXLAN device that stays', () => {
  const lost = (learning: boolean, entry: string) =>
    causes({
      way: [sighting('m2:eth1', 'in', overVxlan())],
      now: { m2: state({ links: [card('192.168.56.12'), flan({ learning })], fdb: entry, routes }) },
    });

  it('is told where it has the sender’s MAC behind another end, and the device learns', () => {
    const entry = `${near} dev flan dst 198.51.100.9 self permanent`;
    const [first] = lost(true, entry);
    expect(first).to.include({ cause: 'wrong VTEP', place: 'm2', confidence: 'certain' });
    expect(first?.sentence).to.include(`drops what comes from ${near} by 192.168.56.11`).and.to.include(entry);
    expect(names(lost(false, entry))).to.not.include('wrong VTEP');
    expect(names(lost(true, `${near} dev flan dst 192.168.56.11 self permanent`))).to.not.include('wrong VTEP');
  });
});

describe('Ports of a tunnel that differ', () => {
  const m1 = (port: number) =>
    state({
      links: [card('192.168.56.11'), flan({ port, local: '192.168.56.11' })],
      fdb: `${far} dev flan dst 192.168.56.12 self permanent`,
      routes,
    });
  const m2 = state({ links: [card('192.168.56.12'), flan({})], routes });
  const lost = (way: Sighting[], port: number) => causes({ way, now: { m1: m1(port), m2 } });
  const outer = overVxlan().slice(0, 2);

  it('are told where what comes is no VXLAN to the one that gets it', () => {
    const way = [sighting('m2:eth1', 'in', [...outer, udp({ dst: 8473 })])];
    const [first, ...more] = lost(way, 8473);
    expect(first).to.include({ cause: 'tunnel port differs', place: 'm2' });
    expect(first?.sentence).to.include('it has dstport 8472, and m1’s flan wrapped the packet with UDP port 8473');
    expect(names(more)).to.not.include('no socket');
    expect(names(lost(way, 8472))).to.deep.equal(['no socket']);
  });

  it('are told where it was handed to a tunnel, and nothing of it was known for VXLAN', () => {
    const way = [sighting('m1:flan', 'out', inTunnel({ src: near, dst: far }))];
    expect(names(lost(way, 8473))).to.include('tunnel port differs');
    expect(names(lost(way, 8472))).to.not.include('tunnel port differs');
  });
});

describe('What a tunnel wraps', () => {
  it('is told of the queue of the way to its other end', () => {
    const dropped = (times: number) =>
      `qdisc tbf 8034: dev eth1 root refcnt 3 rate 8Kbit burst 40b lat 0us\n Sent 0 bytes 0 pkt (dropped ${times}, overlimits 0 requeues 0)\n`;
    const lost = (times: number) =>
      causes({
        way: [sighting('m1:flan', 'out', inTunnel({ src: near, dst: far }))],
        now: {
          m1: state({
            links: [card('192.168.56.11'), flan({ local: '192.168.56.11' })],
            fdb: `${far} dev flan dst 192.168.56.12 self permanent`,
            routes,
            qdiscs: dropped(times),
          }),
        },
      });
    expect(lost(3)[0]).to.include({ cause: 'queue drops', place: 'm1' });
    expect(names(lost(0))).to.not.include('queue drops');
  });
});
