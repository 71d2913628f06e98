import { at, encrypted, ether, type Hop, icmp, ip, send, udp, wireguard } from '../../src/index.ts';
import { findings, live, setUp } from '../../src/prove/run.ts';
import { start } from '../../src/runtime/index.ts';
import { whyNot } from '../runtime/vm/image.ts';
import type { Stood } from '../stand.ts';
import { ends, expectEnding, type Judged, planOf, type Standing } from './verdict.ts';

type Headers = Hop['headers'];
const hops = (...stops: (readonly [point: string, ...headers: Headers])[]): Hop[] =>
  stops.map(([point, ...headers]) => at(point as 'a:eth0', 'It is here', headers));

// Keys of no one: a lab's two ends know each other's.
const [keyA, keyB] = ['cE5BhAqnB1gsS1gHVcg7YkQfW6Fmk6gG9iZ0Xy2f+G8=', 'sFdGZHPkRbfhb6LCtEMEQIqPpWyJ3Cw9Sj0UQV7V92o='];
const tunnel = (me: number, key: string, peer: string) => `
  ip link add wg0 type wireguard
  ip addr add 10.9.0.${me}/24 dev wg0
  echo ${key} > /run/key
  wg set wg0 private-key /run/key listen-port 51820 peer $(echo ${peer} | wg pubkey) allowed-ips 10.9.0.${3 - me}/32 endpoint 192.0.2.${3 - me}:51820
  ip link set wg0 up`;

const standing: Standing = {
  title: 'A tunnel that seals what it carries, and two tags on one wire',
  nodes: { a: 'router', b: 'router', ta: 'host', tb: 'host' },
  links: ['a:eth0 192.0.2.1/24 -- b:eth0 192.0.2.2/24', 'ta:eth0 -- tb:eth0'],
  setup: {
    'All of it': {
      a: tunnel(1, keyA, keyB),
      b: tunnel(2, keyB, keyA),
      ...Object.fromEntries(
        ['ta', 'tb'].map((place, i) => [
          place,
          `ip link add link eth0 name s100 type vlan protocol 802.1ad id 100
           ip link set s100 up
           ip link add link s100 name c20 type vlan id 20
           ip addr add 10.20.0.${i + 1}/24 dev c20
           ip link set c20 up`,
        ]),
      ),
    },
  },
};

const ends12 = ip({ src: '192.0.2.1', dst: '192.0.2.2' });
const ends21 = ip({ src: '192.0.2.2', dst: '192.0.2.1' });
const sealed: Headers = [udp({ dst: 51820 }), wireguard({ type: 'transport data' }), encrypted()];
const asked: Headers = [ip({ src: '10.9.0.1', dst: '10.9.0.2' }), icmp({ type: 'echo request' })];
const answered: Headers = [ip({ src: '10.9.0.2', dst: '10.9.0.1' }), icmp({ type: 'echo reply' })];
const doubly: Headers = [ip({ src: '10.20.0.1', dst: '10.20.0.2' }), icmp({ type: 'echo request' })];

const walks: Record<string, Judged> = {
  'by WireGuard, sealed on the wire': ends(
    'passed: answered',
    send('a', 'ping -c 1 10.9.0.2'),
    hops(['a:wg0', ...asked], ['a:eth0', ends12, ...sealed], ['b:eth0', ends12, ...sealed], ['b:wg0', ...asked]),
    {
      reply: hops(
        ...([
          ['b:wg0', ...answered],
          ['b:eth0', ends21, ...sealed],
          ['a:eth0', ends21, ...sealed],
        ] as const),
        ['a:wg0', ...answered],
      ),
    },
  ),
  'by WireGuard, in the clear': ends(
    /^failed: (lost|differs|not seen) at a:eth0/,
    send('a', 'ping -c 1 10.9.0.2'),
    hops(['a:wg0', ...asked], ['a:eth0', ...asked], ['b:eth0', ends12, ...sealed], ['b:wg0', ...asked]),
  ),
  'by two tags': ends(
    'passed: answered',
    send('ta', 'ping -c 1 10.20.0.2'),
    hops(
      ...([
        ['ta:c20', ...doubly],
        ['ta:s100', ether({ vlan: 20 }), ...doubly],
      ] as const),
      ['ta:eth0', ether({ svlan: 100, vlan: 20 }), ...doubly],
      ['tb:eth0', ether({ svlan: 100, vlan: 20 }), ...doubly],
      ...([
        ['tb:s100', ether({ vlan: 20 }), ...doubly],
        ['tb:c20', ...doubly],
      ] as const),
    ),
  ),
};

describe('what a virtual machine’s kernel seals and tags', function () {
  this.timeout(180_000);
  let lab: Stood | undefined;
  before(async function () {
    const why = await whyNot();
    if (why) {
      this.test?.parent?.eachTest((test) => {
        test.title += ` (skipped: ${why})`;
      });
      this.skip();
    }
    const plan = planOf(standing, walks);
    const { runtime } = await start(plan, 'vm', {}, () => {});
    const found = findings();
    if (!(await setUp(plan, runtime, found, () => {}))) throw new Error(JSON.stringify(found.steps.at(-1)));
    lab = { ...(await live(plan, runtime)), found, [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() };
  });
  after(() => lab?.[Symbol.asyncDispose]());

  for (const [name, each] of Object.entries(walks))
    it(`${name}: ${each.ends}`, () => expectEnding(lab!, name, each).then(() => {}));
});
