import { expect } from 'chai';
import { at, encrypted, icmp, ip, type Lab, send, udp, wireguard } from '../../src/index.ts';
import { outcomeText } from '../../src/judge/outcome.ts';
import { plan } from '../../src/plan/plan.ts';
import { findings, live, setUp } from '../../src/prove/run.ts';
import { walk } from '../../src/prove/walk.ts';
import { start } from '../../src/runtime/index.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { whyNot } from '../runtime/vm/image.ts';

const keys = ['cE5BhAqnB1gsS1gHVcg7YkQfW6Fmk6gG9iZ0Xy2f+G8=', 'sFdGZHPkRbfhb6LCtEMEQIqPpWyJ3Cw9Sj0UQV7V92o='];

const end = (me: 1 | 2) => `
  ip link add wg0 type wireguard
  ip addr add 10.9.0.${me}/24 dev wg0
  echo ${keys[me - 1]} > /run/key
  wg set wg0 private-key /run/key listen-port 51820 peer $(echo ${keys[2 - me]} | wg pubkey) allowed-ips 10.9.0.${3 - me}/32 endpoint 192.0.2.${3 - me}:51820
  ip link set wg0 up`;

/** A header of 16 bytes, 84 of the packet that are filled up to 96, a tag of 16, and 8 of UDP (WireGuard, section 5.4.6). */
const sealed = [
  ip({ src: '192.0.2.1', dst: '192.0.2.2' }),
  udp({ dst: 51820, length: 136 }),
  wireguard({}),
  encrypted(),
];
const clear = [ip({ src: '10.9.0.1', dst: '10.9.0.2', ttl: 64 }), icmp({ type: 'echo request' })];

const lab: Lab = {
  title: 'WireGuard between two nodes',
  needs: { programs: ['wg'], devices: ['wireguard'] },
  nodes: { a: 'router', b: 'router' },
  links: ['a:eth0 192.0.2.1/24 -- b:eth0 192.0.2.2/24'],
  setup: { 'Each knows the other’s key': { a: end(1), b: end(2) } },
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 -W 5 10.9.0.2'),
      request: [at('a:wg0', 'In the clear', clear), at('b:wg0', 'In the clear again', clear)],
      later: { 'WireGuard seals it': [at('a:eth0', 'Nothing can be read', sealed), at('b:eth0', 'Nor here', sealed)] },
    },
  },
};

describe('a packet that WireGuard seals', () => {
  let runtime: Runtime | undefined;
  before(async function () {
    this.timeout(600_000);
    const why = await whyNot();
    if (!why) return;
    this.test!.parent!.eachTest((test) => {
      test.title += ` (skipped: ${why})`;
    });
    this.skip();
  });
  after(() => runtime?.[Symbol.asyncDispose]());

  it('is followed as the packet that it becomes, and out of the tunnel', async function () {
    this.timeout(600_000);
    const planned = plan(lab, 'wireguard');
    ({ runtime } = await start(planned, 'vm', {}, () => {}));
    const found = findings();
    expect(await setUp(planned, runtime, found, () => {}), JSON.stringify(found.steps.at(-1))).to.equal(true);
    const [result] = await walk(await live(planned, runtime), planned.walks);
    expect(`${result!.verdict}: ${result!.reason ?? outcomeText(result!)}`, JSON.stringify(result, null, 1)).to.equal(
      'passed: answered',
    );
  });
});
