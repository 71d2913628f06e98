import { expect } from 'chai';
import type { Sighting } from '../../../src/judge/observation.ts';
import type { Direction, Part } from '../../../src/lab/part.ts';
import { answers, assign, type Sending } from '../../../src/observe/netfilter/identity.ts';
import { markOf, marksOf } from '../../../src/observe/netfilter/marks.ts';
import { passages } from '../../../src/observe/netfilter/passages.ts';
import { decode } from '../../../src/packet/index.ts';
import type { Trace } from '../../../src/runtime/runtime.ts';
import { ACCEPT, echo, ipv4, listings, packet, policy, toldOf } from './traces.ts';

const hooks = listings(
  ['prerouting', 'input', 'forward', 'output', 'postrouting']
    .map((hook) => `table ip t {\n\tchain ${hook} {\n\t\ttype filter hook ${hook} priority 0; policy accept;\n\t}\n}`)
    .join('\n'),
);
const [A, B] = ['10.0.0.1', '10.0.0.2'];
const names = (_: string, index: number) => ['', 'lo', 'eth0', 'vx0'][index];

let trace = 0;
/** What a place tells of a packet at a hook, from IP on in hexadecimal. */
const at = (hook: string, network: string, transport: string, devices = {}, place = 'r'): Trace => ({
  ...toldOf(2, 't', ++trace, hook, packet(network, transport.slice(0, 40), devices), policy(ACCEPT)),
  place,
});
const seen = (
  hex: string,
  { part = 'request' as Part, place = 'r', device = 'eth0', direction = 'in' as Direction } = {},
): Sighting => {
  const bytes = Buffer.from(hex, 'hex');
  const { headers } = decode(bytes, hex.startsWith('4') ? 'raw' : 'ethernet');
  return {
    kind: 'sighting',
    part,
    place,
    device,
    at: `${place}:${device}`,
    direction,
    otherHost: false,
    order: 0,
    time: 0n,
    headers,
    wire: '',
    bytes,
  };
};
const nothing: Sending = { from: 'r', seen: [] };
const given = (traces: Trace[], sightings: Sighting[], sending = nothing) =>
  assign(passages(traces, hooks, hooks, names), sightings, sending).map(
    ({ part, place, chain }) => `${part} ${place} ${chain}`,
  );

const tail = 'ab'.repeat(56);
const udp = (length: number, payload: string, [src, dst] = ['0035', '0035']) =>
  `${src}${dst}${length.toString(16).padStart(4, '0')}0000${payload}`;

describe('markOf', () => {
  it('is what a trace of the same packet has', () => {
    const ping = Buffer.from('4500001c00004000400100000a0000010a0909090800000000070001', 'hex');
    expect(markOf(decode(ping, 'raw'))).to.equal('icmp 8 458753');
    const syn = `450000280000400040060000${'0a0000010a090909'}${'c350005000000001000000025002faf000000000'}`;
    expect(markOf(decode(Buffer.from(syn, 'hex'), 'raw'))).to.equal('tcp 1 2 2');
  });
});

describe('marksOf', () => {
  const bytes = (hex: string) => Buffer.from(hex, 'hex');
  const layers = (hex: string) => marksOf(decode(bytes(hex), 'raw'), bytes(hex)).layers;

  it('are of each IPv4 layer that has an id; a fragment has what is of the whole, too', () => {
    expect(layers(ipv4({ id: 3, dst: B }) + echo())).to.deep.equal([`ip 1 3 84 from ${A}`, `ip 1 3 84 to ${B}`]);
    expect(layers(ipv4({ id: 3, dst: B, fragment: 185 }))).to.include(`ip 1 3 whole from ${A}`);
    expect(layers(ipv4({ dst: B }) + echo())).to.deep.equal([]);
  });

  it('are of the datagram that a tunnel is, where its IP header has no id', () => {
    const inner = `${ipv4({ id: 3 })}${echo()}${tail}`;
    const frame = `${ipv4({ protocol: 17, length: 112 })}${udp(92, inner, ['205d', '205d'])}`;
    expect(layers(frame)).to.include(`udp 92 ${inner.slice(0, 24)}`);
  });
});

describe('answers', () => {
  it('knows an echo reply, and the segment that answers the first one', () => {
    expect(answers('icmp 0 458753', 'icmp 8 458753')).to.equal(true);
    expect(answers('icmp 0 458754', 'icmp 8 458753')).to.equal(false);
    expect(answers('icmp 8 458753', 'icmp 8 458753')).to.equal(false);
    const [S, SA, RA, ACK, RST] = [2, 18, 20, 16, 4];
    expect([SA, RA, ACK, S].map((flags) => answers(`tcp 77 0 ${flags}`, `tcp 4294967295 0 ${S}`))).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
    expect(answers(`tcp 77 5 ${SA}`, `tcp 5 0 ${S}`)).to.equal(false);
    expect(answers(`tcp 9 0 ${RST}`, `tcp 5 9 ${SA}`)).to.equal(true);
    expect(answers(`tcp 9 6 ${ACK}`, `tcp 5 9 ${SA}`)).to.equal(true);
    expect(answers(`tcp 9 7 ${ACK}`, `tcp 5 9 ${SA}`)).to.equal(false);
    expect(answers(`tcp 8 0 ${RST}`, `tcp 5 9 ${SA}`)).to.equal(false);
    expect(answers(`tcp 0 0 ${RST}`, `tcp 5 0 ${S}`)).to.equal(false);
    expect(answers('udp 9 00', 'udp 9 00')).to.equal(false);
  });
});

describe('assign', () => {
  const ping = ipv4({ id: 9 });

  it('gives a passage the part of the packet that was seen, translated or not, at any place', () => {
    const reply = ipv4({ id: 10, src: '10.9.9.9', dst: A });
    const traces = [
      at('prerouting', ping, echo(), {}, 'n'),
      at('forward', ipv4({ id: 9, src: '10.0.1.254', ttl: 63 }), echo()),
      at('forward', reply, echo(0)),
      at('forward', ipv4({ id: 77 }), '0800000000080001'),
    ];
    const sightings = [seen(ping + echo() + tail), seen(reply + echo(0) + tail, { part: 'reply' })];
    expect(given(traces, sightings)).to.deep.equal(['request n prerouting', 'request r forward', 'reply r forward']);
  });

  it('tells what is sent again from the packet that was seen', () => {
    const syn = 'c350005000000001000000005002faf000000000';
    const first = ipv4({ id: 9, protocol: 6, length: 40 });
    const traces = [at('forward', first, syn), at('forward', ipv4({ id: 10, protocol: 6, length: 40 }), syn)];
    expect(given(traces, [seen(first + syn)])).to.deep.equal(['request r forward']);
    const nameless = ipv4({ protocol: 6, length: 40 });
    expect(given([at('forward', nameless, syn), at('forward', nameless, syn)], [seen(nameless + syn)])).to.deep.equal([
      'request r forward',
    ]);
  });

  it('tells a datagram from the same one that is sent back, by its addresses', () => {
    const [there, back] = [
      ipv4({ dst: B, protocol: 17, length: 32 }),
      ipv4({ src: B, dst: A, protocol: 17, length: 32 }),
    ];
    const hello = udp(12, 'cafebabe');
    const traces = [at('input', there, hello), at('output', back, hello)];
    const sightings = [seen(there + hello), seen(back + hello, { part: 'reply', direction: 'out' })];
    expect(given(traces, sightings)).to.deep.equal(['request r input', 'reply r output']);
    expect(given(traces.toReversed(), sightings)).to.deep.equal(['reply r output', 'request r input']);
  });

  const ETHER = `${'0e0000000002'}${'0e0000000001'}0800`;
  const inner = `${ETHER}${ping}${echo()}${tail}`;
  const vxlan = udp(8 + 8 + inner.length / 2, `0800000000000500${inner}`, ['c000', '12b5']);
  const outer = (id: number) => ipv4({ src: B, dst: '10.0.0.3', id, protocol: 17, length: 20 + vxlan.length / 2 });

  it('knows a tunnel’s outer packet by its own IP header, at the place where it was seen', () => {
    const traces = [at('input', outer(5), vxlan), at('input', outer(6), vxlan), at('input', outer(5), vxlan, {}, 'n')];
    expect(given(traces, [seen(`${ETHER}${outer(5)}${vxlan}`)])).to.deep.equal(['request r input']);
  });

  it('knows no input interface of an outer packet behind OUTPUT', () => {
    const traces = [at('output', outer(5), vxlan), at('postrouting', outer(5), vxlan, { iif: 3, oif: 2 })];
    const told = passages(traces, hooks, hooks, names);
    const [, postrouting] = assign(told, [seen(`${ETHER}${outer(5)}${vxlan}`, { direction: 'out' })], nothing);
    expect(postrouting).to.include({ leaves: 'eth0' }).and.not.to.have.property('enters');
  });

  it('knows a VXLAN packet that was dropped before any interface by the frame that it carries', () => {
    const traces = [at('output', outer(5), vxlan), at('output', outer(6), vxlan)];
    const sighting = seen(inner, { device: 'vx0', direction: 'out' });
    expect(given(traces, [sighting])).to.deep.equal(['request r output']);
    expect(given(traces, [{ ...sighting, direction: 'in' }])).to.deep.equal([]);
  });

  it('knows all fragments by the packet’s id', () => {
    const fragment = (offset: number) => ipv4({ id: 9, length: 1500, fragment: offset });
    const traces = [
      at('prerouting', fragment(0x2000), echo()),
      at('prerouting', fragment(185), 'abababababababab'),
      at('forward', ipv4({ id: 9, length: 3028 }), echo()),
    ];
    expect(given(traces, [seen(fragment(0x2000) + echo() + tail)])).to.have.lengthOf(3);
  });

  it('follows what never got to an interface: the request that its sender dropped', () => {
    const other = '0800000000630001';
    const traces = [
      at('output', ping, other),
      at('output', ping, echo()),
      at('postrouting', ping, echo()),
      at('output', ping, echo()),
    ];
    const chatter = decode(Buffer.from(ping + other, 'hex'), 'raw');
    const frames = [{ packet: () => chatter }];
    expect(given(traces, [], { from: 'r', protocol: 'icmp', seen: frames })).to.deep.equal([
      'request r output',
      'request r postrouting',
    ]);
    expect(given(traces, [], { from: 'r', protocol: 'tcp', seen: frames })).to.deep.equal([]);
    expect(given(traces, [], { from: 'n', seen: frames })).to.deep.equal([]);
    expect(given([at('forward', ping, echo())], [], nothing)).to.deep.equal([]);
  });

  it('follows what never got to an interface: the answer', () => {
    const traces = [
      at('output', ipv4({ id: 10, src: '10.9.9.9', dst: A }), echo(0)),
      at('output', ipv4({ id: 11 }), '0000000000080001'),
    ];
    expect(given(traces, [seen(ping + echo() + tail)])).to.deep.equal(['reply r output']);
  });

  it('follows what never got to an interface: the refusal of whom it is for, and no error of a router', () => {
    const asked = ipv4({ id: 9, dst: B, protocol: 17, length: 32 });
    const refusal = `0303000000000000${asked}`;
    const from = (src: string, id = 0) => at('output', ipv4({ src, dst: A, id, length: 60 }), refusal);
    const sightings = [seen(asked + udp(12, 'cafebabe'))];
    expect(given([from(B)], sightings)).to.deep.equal(['reply r output']);
    expect(given([from('10.0.0.254')], sightings)).to.deep.equal([]);
    const another = [seen(ipv4({ id: 8, dst: B, protocol: 17, length: 32 }) + udp(12, 'cafebabe'))];
    expect(given([from(B)], another)).to.deep.equal([]);
  });
});
