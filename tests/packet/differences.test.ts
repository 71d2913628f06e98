import { expect } from 'chai';
import { decode, differences, ether, icmp, ip, mac, matches, udp, vxlan } from '../../src/packet/index.ts';
import { frame } from './compose.ts';
import { arpRequest, echoReply, vxlanEcho } from './frames.ts';
import { random, seed } from './random.ts';

const macOf = (point: string) => (point === 'node1:flannel.1' ? '0e:00:00:00:00:02' : undefined);
const seen = (frame: Buffer) => decode(frame, 'ethernet').headers;

const tunnel = [ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }), vxlan({ vni: 1 })];
const ping = [ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 64 }), icmp({ type: 'echo request' })];
const pong = [ip({ src: '10.42.1.9', dst: '10.42.0.65', ttl: 64 }), icmp({ type: 'echo reply' })];

describe('differences', () => {
  it('are none when the packet matches', () => {
    expect(differences([...tunnel, ...ping], seen(vxlanEcho), macOf)).to.deep.equal([]);
  });

  it('name the field, what was expected and what was seen', () => {
    expect(differences(pong, seen(echoReply), macOf)).to.deep.equal([
      { protocol: 'ip', expectedAt: 0, seenAt: 1, field: 'ttl', expected: 64, seen: 63 },
    ]);
  });

  it('name the headers that are missing, wherever the packet left its tunnel', () => {
    expect(differences([...tunnel, ...pong], seen(echoReply), macOf)).to.deep.equal([
      { protocol: 'ip', expectedAt: 0 },
      { protocol: 'udp', expectedAt: 1 },
      { protocol: 'vxlan', expectedAt: 2 },
      { protocol: 'ip', expectedAt: 3, seenAt: 1, field: 'ttl', expected: 64, seen: 63 },
    ]);
  });

  it('name the headers that were not expected', () => {
    expect(differences(ping, seen(vxlanEcho), macOf)).to.deep.equal([
      { protocol: 'ip', seenAt: 1 },
      { protocol: 'udp', seenAt: 2 },
      { protocol: 'vxlan', seenAt: 3 },
    ]);
    expect(differences([], seen(arpRequest), macOf)).to.deep.equal([{ protocol: 'arp', seenAt: 1 }]);
  });

  it('resolve the address of a named point where it is known', () => {
    const from = mac('node1:flannel.1');
    const to = mac('node2:flannel.1');
    expect(differences([...tunnel, ether({ src: from, dst: to }), ...ping], seen(vxlanEcho), macOf)).to.deep.equal([
      {
        protocol: 'ether',
        expectedAt: 3,
        seenAt: 4,
        field: 'src',
        expected: from,
        resolved: '0e:00:00:00:00:02',
        seen: '0e:00:00:00:00:01',
      },
      { protocol: 'ether', expectedAt: 3, seenAt: 4, field: 'dst', expected: to, seen: '0e:00:00:00:00:02' },
    ]);
  });

  it('name a stated field that the header does not have', () => {
    expect(differences([ether({ vlan: 7 }), ...pong.slice(0, 1), icmp()], seen(echoReply), macOf)[0]).to.deep.equal({
      protocol: 'ether',
      expectedAt: 0,
      seenAt: 0,
      field: 'vlan',
      expected: 7,
    });
  });

  it(`are none exactly when the packet matches (SEED=${seed})`, () => {
    const source = random(seed);
    for (let count = 0; count < 2_000; count++) {
      const headers = seen(frame(source));
      const expected = headers
        .filter(({ protocol }) => protocol !== 'ether' || source.below(2) === 0)
        .filter(() => source.below(20) > 0)
        .map(({ protocol, fields }) => ({
          protocol,
          fields: source.below(10) === 0 ? { ...fields, dst: 'elsewhere' } : source.one(fields, {}),
        }));
      const same = differences(expected, headers, macOf).length === 0;
      expect(matches(expected, headers, macOf), JSON.stringify({ expected, headers })).to.equal(same);
    }
  });
});
