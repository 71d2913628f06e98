// Checked by the compiler alone: each mistake must be an error (TypeScript's own @ts-expect-error fails where there is none).
import { at, ether, icmp, ip, json, lab, mac, send } from 'packetwalk';

const request = [ip({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 64 }), icmp({ type: 'echo request' })];
const claims = { 'X-01': { document: 'A document', says: 'it works' } };
const links = ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'] as const;
const walks = {
  'a pings b': { send: send('a', 'ping -c 1 10.0.0.2'), request: [at('a:eth0', 'It leaves', request)] },
};

/** What is right compiles. */
export const right = lab({
  title: 'Two hosts',
  claims,
  nodes: { a: 'host', b: 'host', pod: 'pod on a' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: { 'Do something': { a: 'true', pod: 'true' } },
  walks: {
    'a pings b': {
      claims: ['X-01'],
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [at('a:eth0', 'It leaves', ether({ src: mac('a:eth0') }), request), at('b:eth0', 'It arrives', request)],
    },
  },
  checks: { 'It holds': { claim: 'X-01', run: 'true', see: { a: json([]) } } },
  faults: { 'It breaks': { break: { a: 'true' }, lostAt: 'b:eth0', hint: 'Look', fix: { a: 'true' } } },
});

const base = { title: 'Two hosts', claims, setup: {} };

// @ts-expect-error a pod on a node that is not there
lab({ ...base, nodes: { a: 'host', b: 'host', pod: 'pod on c' }, links, walks });

// @ts-expect-error a kind of node that is not known
lab({ ...base, nodes: { a: 'hots', b: 'host' }, links, walks });

// @ts-expect-error a cable to a node that is not there
lab({ ...base, nodes: { a: 'host', b: 'host' }, links: ['a:eth0 10.0.0.1/24 -- c:eth0 10.0.0.2/24'], walks });

// @ts-expect-error commands for a node that is not there
lab({ ...base, nodes: { a: 'host', b: 'host' }, links, walks, setup: { 'Do something': { c: 'true' } } });

lab({
  ...base,
  nodes: { a: 'host', b: 'host' },
  links,
  walks: {
    // @ts-expect-error a sender that is not there
    'c pings b': { send: send('c', 'ping -c 1 10.0.0.2'), request: [at('a:eth0', 'It leaves', request)] },
  },
});

lab({
  ...base,
  nodes: { a: 'host', b: 'host' },
  links,
  walks: {
    // @ts-expect-error a hop on a node that is not there
    'a pings b': { send: send('a', 'ping -c 1 10.0.0.2'), request: [at('c:eth0', 'It leaves', request)] },
  },
});

lab({
  ...base,
  nodes: { a: 'host', b: 'host' },
  links,
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.0.2'),
      // @ts-expect-error the MAC of a point on a node that is not there
      request: [at('a:eth0', 'It leaves', ether({ src: mac('c:eth0') }), request)],
    },
  },
});

lab({
  ...base,
  nodes: { a: 'host', b: 'host' },
  links,
  // @ts-expect-error a claim that is not there
  walks: { 'a pings b': { ...walks['a pings b'], claims: ['X-02'] } },
});

lab({
  ...base,
  nodes: { a: 'host', b: 'host' },
  links,
  walks,
  // @ts-expect-error a check on a node that is not there
  checks: { 'It holds': { run: 'true', see: { c: json([]) } } },
});

lab({
  ...base,
  nodes: { a: 'host', b: 'host' },
  links,
  walks,
  // @ts-expect-error a check's claim that is not there
  checks: { 'It holds': { claim: 'X-02', run: 'true', see: { a: json([]) } } },
});

lab({
  ...base,
  nodes: { a: 'host', b: 'host' },
  links,
  walks,
  // @ts-expect-error a matrix from a node that is not there
  checks: { 'All reach all': { seenAs: 'its own address', pairs: [{ from: ['c'], to: ['a'] }] } },
});

lab({
  ...base,
  nodes: { a: 'host', b: 'host' },
  links,
  walks,
  // @ts-expect-error a fault on a node that is not there
  faults: { 'It breaks': { break: { c: 'true' }, lostAt: 'a:eth0', hint: 'Look', fix: { a: 'true' } } },
});

lab({
  ...base,
  nodes: { a: 'host', b: 'host' },
  links,
  walks,
  // @ts-expect-error lost at a node that is not there
  faults: { 'It breaks': { break: { a: 'true' }, lostAt: 'c:eth0', hint: 'Look', fix: { a: 'true' } } },
});

// @ts-expect-error a field that the header has not
ip({ source: '10.0.0.1' });

// @ts-expect-error a field of another type
ip({ ttl: '64' });

// @ts-expect-error a value that the field cannot have
icmp({ type: 'echo requst' });

// @ts-expect-error a point without an interface
at('a', 'It leaves', request);
