import { expect } from 'chai';
import { at, esp, ether, icmp, icmp6, ip, ip6, send, tcp, through, udp, vxlan } from '../../src/index.ts';
import type { Observation, Passage, Sighting } from '../../src/judge/observation.ts';
import type { Header } from '../../src/packet/index.ts';
import { asLab } from '../../src/report/as-lab.ts';
import { asSeen } from '../results.ts';

const sighting = (
  where: string,
  direction: 'in' | 'out',
  headers: Header[],
  more: Partial<Sighting> = {},
): Sighting => {
  const [place = '', device = ''] = where.split(':');
  return {
    ...{ kind: 'sighting', part: 'request', place, device, at: where, direction, otherHost: false, order: 0 },
    ...{ time: 0n, headers, wire: '', bytes: Buffer.alloc(0) },
    ...more,
  };
};
const passage = (place: string, more: Partial<Passage>): Passage => ({
  ...{ kind: 'passage', part: 'request', place, family: 'ip', table: 'nat', chain: 'PREROUTING', chains: [], order: 0 },
  ip: { src: '10.0.0.1', dst: '10.0.0.2', ttl: 64, id: 1, protocol: 1 },
  ...more,
});
const ping = (ttl: number) =>
  asSeen([ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl, id: 7 }), icmp({ type: 'echo request' })]);
const sent = { from: 'a', command: 'ping -c 1 10.0.0.2' };

/** What somebody has who pastes a text among the walks of a lab. */
const pasted = (text: string) =>
  new Function('send', 'at', 'through', 'ip', 'icmp', `return {\n${text}\n}`)(send, at, through, ip, icmp);

describe('asLab', () => {
  it('states the VLAN tags by which hops on a trunk differ, and no other part of a frame', () => {
    const tagged = asSeen([ether({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02', vlan: 10 })]);
    const plain = asSeen([ether({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' })]);
    const wrapped = [...plain, ...asSeen([ip({ src: '192.0.2.1' }), vxlan({ vni: 7 })]), ...tagged];
    const observations = [
      sighting('a:eth0', 'out', [...tagged, ...ping(64)]),
      sighting('r:eth0', 'in', [...plain, ...ping(64)]),
      sighting('r:eth1', 'out', [...wrapped, ...ping(64)]),
    ];
    const [, , , a, r, wrapping] = asLab({ name: 'a pings b', send: sent, observations }).split('\n');
    expect(a).to.match(/'It starts here', ether\(\{ vlan: 10 \}\), ip\(/);
    expect(r).to.match(/'It arrives here', ip\(/);
    expect(wrapping).to.match(/vxlan\(\{ vni: 7 \}\), ether\(\{ vlan: 10 \}\), ip\(/);
  });

  it('is a walk as a lab lists it, with hooks where they were passed', () => {
    const observations: Observation[] = [
      sighting('a:eth0', 'out', ping(64)),
      sighting('r:eth0', 'in', ping(64)),
      passage('r', { chains: ['X'], ending: { verdict: 'dnat', to: '10.0.0.3' } }),
      passage('r', { table: 'filter', chain: 'FORWARD', ending: { verdict: 'accept', policy: true } }),
      sighting('r:eth1', 'out', ping(63)),
      sighting('a:eth0', 'in', asSeen([ip({ ttl: 64 })]), { part: 'reply' }),
    ];
    const text = asLab({ name: 'a pings b', send: sent, observations });
    expect(text.split('\n')).to.deep.equal([
      "'a pings b': {",
      "  send: send('a', 'ping -c 1 10.0.0.2'),",
      '  request: [',
      "    at('a:eth0', 'It starts here', ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 64 }), icmp({ type: 'echo request' })),",
      "    at('r:eth0', 'It arrives here', ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 64 }), icmp({ type: 'echo request' })),",
      "    through('r', 'nat PREROUTING > X: dnat to 10.0.0.3', 'It passes this hook'),",
      "    at('r:eth1', 'It is routed: one TTL is spent', ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 63 }), icmp({ type: 'echo request' })),",
      '  ],',
      '  reply: [',
      "    at('a:eth0', 'It starts here', ip({ ttl: 64 })),",
      '  ],',
      '},',
    ]);
    expect(pasted(text)['a pings b'].request[2].at).to.equal('r nat PREROUTING');
  });

  it('says directions where an interface is crossed twice in a part, and nowhere else', () => {
    const observations = [
      sighting('a:eth0', 'out', ping(64)),
      sighting('r:eth0', 'in', ping(64)),
      sighting('r:eth0', 'out', ping(63)),
      sighting('r:eth0', 'in', ping(64), { part: 'reply' }),
    ];
    const walk = pasted(asLab({ name: 'x', send: sent, observations })).x;
    expect(walk.request.map((hop: { at: string }) => hop.at)).to.deep.equal(['a:eth0', 'r:eth0 in', 'r:eth0 out']);
    expect(walk.reply[0].at).to.equal('r:eth0');
  });

  const hopsOf = (part: 'request' | 'reply', ...headers: Header[]) => {
    const observations = [sighting('z:e', 'out', []), sighting('a:e', 'out', headers, { part })];
    const line = asLab({ name: 'x', send: sent, observations })
      .split('\n')
      .find((each) => each.includes("'a:e'"));
    return line?.replace(/^.*(?:here|wrapped)'(?:, )?|\),$/g, '');
  };

  it('leaves out what is drawn anew each time: the port of who asks, numbers of packets, addresses made from MACs', () => {
    const [there, back] = [
      { src: 40_000, dst: 80 },
      { src: 80, dst: 40_000 },
    ];
    expect(hopsOf('request', ...asSeen([tcp({ ...there, flags: 'S' })]))).to.equal("tcp({ dst: 80, flags: 'S' })");
    expect(hopsOf('reply', ...asSeen([tcp({ ...back, flags: 'SA' })]))).to.equal("tcp({ src: 80, flags: 'SA' })");
    expect(hopsOf('request', ...asSeen([udp(there)]))).to.equal('udp({ dst: 80 })');
    expect(hopsOf('reply', ...asSeen([udp(back)]))).to.equal('udp({ src: 80 })');
    const wrapped = [udp({ src: 51_000, dst: 8472 }), vxlan({ vni: 1 }), ether({}), ip({ ttl: 64 }), udp(back)];
    expect(hopsOf('reply', ...asSeen(wrapped))).to.equal(
      'udp({ dst: 8472 }), vxlan({ vni: 1 }), ip({ ttl: 64 }), udp({ src: 80 })',
    );
    expect(hopsOf('request', ...asSeen([esp({ spi: 7, sequence: 12 })]))).to.equal('esp({ spi: 7 })');
    const asked = { src: 'fe80::ff:fe00:1', dst: 'ff02::1:ff00:2', hopLimit: 255 };
    expect(hopsOf('request', ...asSeen([ip6(asked), icmp6({ target: 'fd00::2' })]))).to.equal(
      "ip6({ hopLimit: 255 }), icmp6({ target: 'fd00::2' })",
    );
    expect(hopsOf('request', ...asSeen([ip6({ src: 'fd00::5054:ff:fe12:3', dst: 'fd00::2' })]))).to.equal(
      "ip6({ dst: 'fd00::2' })",
    );
  });

  it('knows the ports of a bridge where it is told of them', () => {
    const observations = [sighting('a:eth0', 'out', ping(64)), sighting('n:veth', 'in', ping(64))];
    const text = asLab({ name: 'x', send: sent, observations, isPort: (at) => at === 'n:veth' });
    expect(text).to.contain("at('n:veth', 'It enters the bridge'");
  });

  it('can be pasted whatever was typed', () => {
    const command = `sh -c "echo 'it\\'s' | nc b 80"\nping`;
    const walk = pasted(
      asLab({ name: "a's", send: { from: 'a', command }, observations: [sighting('a:e', 'out', [])] }),
    );
    expect(walk["a's"].send).to.deep.equal({ from: 'a', command });
  });

  it('is a comment that says why where nothing left, and a lab all the same', () => {
    const text = asLab({ name: 'a pings b', send: sent, observations: [], why: 'Network is\nunreachable' });
    expect(text).to.equal(
      [
        '// a pings b: nothing was seen to leave a: Network is',
        '// unreachable',
        "// send('a', 'ping -c 1 10.0.0.2')",
      ].join('\n'),
    );
    expect(pasted(text)).to.deep.equal({});
  });
});
