import { at, icmp, ip, type Lab, send } from '../src/index.ts';

const request = (ttl = 64) => [ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl }), icmp({ type: 'echo request' })];
const reply = (ttl = 64) => [ip({ src: '10.0.0.2', dst: '10.0.0.1', ttl }), icmp({ type: 'echo reply' })];

/** A lab of the least size that has every part of one: two hosts, a cable, a pod, a walk, a check, a matrix, a fault. */
export const smallLab = (): Lab => ({
  title: 'Two hosts on a cable',
  nodes: { a: 'host', b: 'host', pod: 'pod on b' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24', 'pod:eth0 10.1.0.2/24 -- b:veth 10.1.0.1/24'],
  setup: { 'Each knows the way to the pod': { a: 'ip route add 10.1.0.0/24 via 10.0.0.2' } },
  walks: {
    'a pings b': {
      claims: ['C-1'],
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [at('a:eth0', 'It leaves', request()), at('b:eth0', 'It arrives', request())],
      reply: [at('b:eth0', 'The answer leaves', reply()), at('a:eth0', 'The answer arrives', reply())],
    },
  },
  checks: {
    'a has an address': {
      claim: { claim: 'C-1', corrects: 'Not quite' },
      run: 'ip -j addr',
      see: { a: { json: [{ ifname: 'eth0' }] } },
    },
    'a reaches b': { seenAs: 'the address it left with', pairs: [{ from: ['a'], to: ['b'] }] },
  },
  faults: {
    'b is deaf': {
      break: { b: 'ip link set eth0 down' },
      lostAt: 'b:eth0',
      untouched: 'all',
      hint: 'Look at b',
      fix: { b: 'ip link set eth0 up' },
    },
  },
  claims: { 'C-1': { document: 'A document', says: 'a reaches b' } },
});

/** A lab as somebody without a compiler may write it. */
// biome-ignore lint/suspicious/noExplicitAny: what a compiler would refuse is what is tested
export type Unchecked = Record<keyof Lab, any>;

/** The small lab after a change for the worse. */
export function spoilt(change: (lab: Unchecked) => void): Unchecked {
  const lab = smallLab() as Unchecked;
  change(lab);
  return lab;
}
