import { expect } from 'chai';
import { at, icmp, ip, type Lab, send, through } from '../../../src/index.ts';
import type { Sighting } from '../../../src/judge/observation.ts';
import { assign } from '../../../src/observe/netfilter/identity.ts';
import { passages } from '../../../src/observe/netfilter/passages.ts';
import { endTracing, listConnections, listingOf, traceEverything } from '../../../src/observe/netfilter/switch.ts';
import { needsNamespaces, type Stood, stand } from '../../stand.ts';

const [A, R, B] = ['10.0.0.1', '10.0.1.254', '10.0.1.1'];

const asked = (src: string) => [ip({ src, dst: B }), icmp({ type: 'echo request' })];

/** Two hosts, and a router with rules of several families between them. */
const lab: Lab = {
  title: 'A router',
  nodes: { a: 'host', r: 'router', b: 'host' },
  links: [`a:eth0 ${A}/24 -- r:eth0 10.0.0.254/24`, `r:eth1 ${R}/24 -- b:eth0 ${B}/24`],
  setup: {
    'All know the way, and r has rules': {
      a: 'ip route add default via 10.0.0.254',
      b: 'ip route add default via 10.0.1.254',
      r: `nft -f - <<'E'
table ip nat {
  chain POSTROUTING { type nat hook postrouting priority 100; oifname "eth1" masquerade
  }
}
table inet filter {
  chain forward { type filter hook forward priority 0; ip protocol vmap { icmp : goto pings }
  }
  chain pings { accept
  }
}
table netdev first {
  chain in { type filter hook ingress device "eth0" priority 0; icmp type echo-request accept
  }
}
E`,
    },
  },
  walks: {
    'a pings b': {
      send: send('a', `ping -c 1 ${B}`),
      request: [
        at('a:eth0', 'It leaves', asked(A)),
        at('r:eth0', 'It arrives', asked(A)),
        through('r', 'nat POSTROUTING: masquerade', 'It gets another address'),
        at('r:eth1', 'It leaves', asked(R)),
      ],
    },
  },
};

async function traced({ runtime, watch }: Stood, command: string) {
  await watch.trace(['r']);
  const started = await runtime.script('r', traceEverything);
  expect(started.code, started.stderr).to.equal(0);
  await watch.drain();
  await runtime.script('a', command);
  const { seen, traces } = await watch.drain();
  const ended = await runtime.script('r', endTracing);
  const tracked = await runtime.script('r', listConnections);
  const before = new Map([['r', listingOf(started.stdout)]]);
  const after = new Map([['r', { ...listingOf(ended.stdout), connections: tracked.stdout.split('\n') }]]);
  const sightings = seen.flatMap((frame): Sighting[] => {
    const { headers } = frame.packet();
    const { place, at, direction, order, time, bytes } = frame;
    const inner = headers.at(-1);
    if (inner?.protocol !== 'icmp' || direction === 'overheard') return [];
    const part = inner.fields.type === 'echo request' ? 'request' : 'reply';
    const device = at.slice(place.length + 1);
    return [
      { kind: 'sighting', part, place, device, at, direction, otherHost: false, order, time, headers, wire: '', bytes },
    ];
  });
  return assign(passages(traces, before, after, watch.nameOf), sightings, { from: 'a', seen: [] });
}

describe('traceEverything', () => {
  let stood: Stood | undefined;
  beforeEach(async function () {
    needsNamespaces(this);
    stood = await stand(lab);
  });
  afterEach(() => stood?.[Symbol.asyncDispose]());

  it('makes the kernel tell each hook of each family that a ping passes, with rules, interfaces and translations', async () => {
    const told = await traced(stood!, `ping -c 1 -W 1 ${B}`);
    const short = told.map(({ part, family, table, chain, hook, chains, ending, enters = '', leaves = '', ip }) => [
      `${part} ${family} ${table} ${chain} ${hook}`,
      [...chains, `${ending?.policy ? 'policy ' : ''}${ending?.verdict}${ending?.to ? ` to ${ending.to}` : ''}`].join(
        ' > ',
      ),
      `${enters}>${leaves}`,
      ip.ttl,
    ]);
    const [, , postrouting] = short;
    expect(short.filter((each) => each !== postrouting)).to.deep.equal([
      ['request netdev first in ingress', 'accept', 'eth0>', 64],
      ['request inet filter forward forward', 'pings > accept', 'eth0>eth1', 63],
      ['reply inet filter forward forward', 'pings > accept', 'eth1>eth0', 63],
    ]);
    expect(postrouting?.slice(0, 2)).to.deep.equal(['request ip nat POSTROUTING postrouting', `masquerade to ${R}`]);
    expect(told[2]).to.include({ leaves: 'eth1', rule: 'oifname "eth1" masquerade' });
  });

  it('leaves no table behind, though a command deleted some meanwhile', async () => {
    for (const meanwhile of ['true', 'nft delete table bridge packetwalk', 'nft flush ruleset']) {
      await stood!.runtime.script('r', traceEverything);
      await stood!.runtime.script('r', meanwhile);
      const { code } = await stood!.runtime.script('r', endTracing);
      expect(code).to.equal(0);
      expect((await stood!.runtime.script('r', 'nft list tables')).stdout).not.to.contain('packetwalk');
    }
  });

  it('lists the rules', async () => {
    const { stdout } = await stood!.runtime.script('r', traceEverything);
    const { rules } = listingOf(stdout);
    expect([...rules.rules.values()].map(({ text }) => text)).to.include('icmp type echo-request accept');
    expect(
      listingOf((await stood!.runtime.script('r', endTracing)).stdout).rules.hooks.get('netdev first in'),
    ).to.equal('ingress');
  });
});
