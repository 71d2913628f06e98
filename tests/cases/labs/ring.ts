import type { Lab } from '../../../src/index.ts';
import { pinging, type Stop } from './journey.ts';

const there: Stop[] = [
  ['a:e0', 64],
  ['x:ea', 64],
  ['x:ey', 63],
  ['y:ex', 63],
  ['y:ew', 62],
  ['w:ey', 62],
  ['w:eb', 61],
  ['b:e0', 61],
];

const back: Stop[] = [
  ['b:e0', 64],
  ['w:eb', 64],
  ['w:ez', 63],
  ['z:ew', 63],
  ['z:ex', 62],
  ['x:ez', 62],
  ['x:ea', 61],
  ['a:e0', 61],
];

const ends = { command: 'ping -c 1 10.20.0.2', src: '10.10.0.2', dst: '10.20.0.2' };

/** A square of routers: the way there goes by y, the way back by z. */
export const ring: Lab = {
  title: 'Two ways between x and w',
  nodes: { a: 'host', x: 'router', y: 'router', z: 'router', w: 'router', b: 'host' },
  links: [
    'a:e0 10.10.0.2/24 -- x:ea 10.10.0.1/24',
    'x:ey 10.11.1.0/31 -- y:ex 10.11.1.1/31',
    'x:ez 10.11.2.0/31 -- z:ex 10.11.2.1/31',
    'y:ew 10.11.3.0/31 -- w:ey 10.11.3.1/31',
    'z:ew 10.11.4.0/31 -- w:ez 10.11.4.1/31',
    'w:eb 10.20.0.1/24 -- b:e0 10.20.0.2/24',
  ],
  setup: {
    Routes: {
      a: 'ip route add default via 10.10.0.1',
      b: 'ip route add default via 10.20.0.1',
      x: 'ip route add 10.20.0.0/24 via 10.11.1.1',
      y: 'ip route add 10.20.0.0/24 via 10.11.3.1\nip route add 10.10.0.0/24 via 10.11.1.0',
      z: 'ip route add 10.20.0.0/24 via 10.11.4.1\nip route add 10.10.0.0/24 via 10.11.2.0',
      w: 'ip route add 10.10.0.0/24 via 10.11.4.0',
    },
  },
  walks: { 'a pings b': pinging(ends, there, back), 'a pings b, its answer not listed': pinging(ends, there) },
};
