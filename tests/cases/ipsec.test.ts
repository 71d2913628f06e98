import { encrypted, esp, type Hop, icmp, ip, type Lab, type Walk } from '../../src/index.ts';
import { whyNot } from '../runtime/vm/image.ts';
import { cases } from './case.ts';
import { inMachine } from './in-machine.ts';
import { hops } from './labs/journey.ts';

const KEYS = ['11', '22'].map((byte) => `0x${byte.repeat(20)}`);

/** The state (SA) of one direction, as both ends know it. */
const state = (from: number, key = KEYS[from - 1]) =>
  `ip xfrm state add src 192.0.2.${from} dst 192.0.2.${3 - from} proto esp spi 0x10${from} reqid 1 mode tunnel aead 'rfc4106(gcm(aes))' ${key} 128`;

const policy = (direction: string, from: number) =>
  `ip xfrm policy add src 10.8.${from}.0/24 dst 10.8.${3 - from}.0/24 dir ${direction} tmpl src 192.0.2.${from} dst 192.0.2.${3 - from} proto esp reqid 1 mode tunnel`;

const gateway = (me: number) => [
  state(1),
  state(2),
  policy('out', me),
  policy('fwd', 3 - me),
  policy('in', 3 - me),
  `ip route add 10.8.${3 - me}.0/24 via 192.0.2.${3 - me}`,
];

const outer = (from: number): Hop['headers'] => [
  ip({ src: `192.0.2.${from}`, dst: `192.0.2.${3 - from}` }),
  esp({ spi: 0x100 + from }),
  encrypted(),
];
const asked = (ttl: number): Hop['headers'] => [
  ip({ src: '10.8.1.2', dst: '10.8.2.2', ttl }),
  icmp({ type: 'echo request' }),
];
const told = (ttl: number): Hop['headers'] => [
  ip({ src: '10.8.2.2', dst: '10.8.1.2', ttl }),
  icmp({ type: 'echo reply' }),
];

const ping: Walk = {
  send: { from: 'la', command: 'ping -c 1 10.8.2.2' },
  request: hops(
    ['la:eth0', ...asked(64)],
    ['a:eth1', ...asked(64)],
    ['a:eth0', ...outer(1)],
    ['b:eth0', ...outer(1)],
    ['b:eth0', ...asked(63)],
    ['b:eth1', ...asked(62)],
    ['lb:eth0', ...asked(62)],
  ),
  reply: hops(
    ['lb:eth0', ...told(64)],
    ['b:eth1', ...told(64)],
    ['b:eth0', ...outer(2)],
    ['a:eth0', ...outer(2)],
    ['a:eth0', ...told(63)],
    ['a:eth1', ...told(62)],
    ['la:eth0', ...told(62)],
  ),
};

const lab: Lab = {
  title: 'Two gateways seal by ESP what their networks say to each other',
  nodes: { la: 'host', a: 'router', b: 'router', lb: 'host' },
  links: [
    'la:eth0 10.8.1.2/24 -- a:eth1 10.8.1.1/24',
    'a:eth0 192.0.2.1/24 -- b:eth0 192.0.2.2/24',
    'lb:eth0 10.8.2.2/24 -- b:eth1 10.8.2.1/24',
  ],
  setup: {
    'Each gateway has a state for either direction, and policies that want it': { a: gateway(1), b: gateway(2) },
    'Hosts send all by their gateway': {
      la: 'ip route add default via 10.8.1.1',
      lb: 'ip route add default via 10.8.2.1',
    },
  },
  walks: { 'by ESP': ping },
};

const forgotten = (from: number) =>
  `ip xfrm state delete src 192.0.2.${from} dst 192.0.2.${3 - from} proto esp spi 0x10${from}`;

describe('between gateways in a virtual machine', function () {
  this.timeout(180_000);
  cases(
    'IPsec',
    lab,
    {
      'the ends have different keys': {
        breaks: { b: [forgotten(1), state(1, KEYS[1])] },
        mends: { b: [forgotten(1), state(1)] },
        ends: 'failed: lost at b:eth0',
        cause: 'IPsec policy',
        says: ['b', 'the keys of the two ends differ'],
      },
      'the receiver knows no such state': {
        breaks: { b: forgotten(1) },
        mends: { b: state(1) },
        ends: 'failed: lost at b:eth0',
        cause: 'IPsec policy',
        says: ['b', 'no state (SA) with its SPI'],
      },
      'the sender has no state for its policy': {
        breaks: { a: forgotten(1) },
        mends: { a: state(1) },
        ends: 'failed: lost at a:eth0',
        cause: 'IPsec policy',
        says: ['a', 'no state (SA) for it'],
      },
      'the sender has no policy, and sends it as it is': {
        breaks: { a: 'ip xfrm policy delete src 10.8.1.0/24 dst 10.8.2.0/24 dir out' },
        mends: { a: policy('out', 1) },
        ends: 'failed: differs at a:eth0 out',
        cause: 'IPsec policy',
        says: ['a sends it as it is, where ESP is listed', 'is gone'],
      },
    },
    { up: inMachine, available: whyNot },
  );
});
