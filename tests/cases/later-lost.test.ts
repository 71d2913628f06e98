import { expect } from 'chai';
import { at, daemon, ip, type Lab, send, tcp } from '../../src/index.ts';
import { outcomeText } from '../../src/judge/outcome.ts';
import type { PlannedWalk } from '../../src/plan/plan.ts';
import { walkOwn } from '../../src/prove/own-walk.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const segment = (src: string, dst: string, flags: string) => [ip({ src, dst }), tcp({ flags })];
const [there, back] = [
  (flags: string) => segment('10.0.0.1', '10.0.2.2', flags),
  (flags: string) => segment('10.0.2.2', '10.0.0.1', flags),
];

/** A server that speaks once it was spoken to, and one that speaks first. */
const servers = {
  web: 'socat TCP4-LISTEN:80,fork,reuseaddr SYSTEM:"read x; head -c 600 /dev/zero"',
  greeter: 'socat TCP4-LISTEN:25,fork,reuseaddr SYSTEM:"echo welcome; cat"',
};
const asks = (port: number, timeoutS = 2.5) =>
  `timeout ${timeoutS} bash -c 'exec 3<>/dev/tcp/10.0.2.2/${port}; echo hello >&3; head -c 600 <&3 >/dev/null'`;
const listens = (port: number) => `timeout 2.5 bash -c 'exec 3<>/dev/tcp/10.0.2.2/${port}; head -c 5 <&3'`;

const lab = (): Lab => ({
  title: 'A client, a router, and a server',
  nodes: { a: 'host', r: 'router', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- r:ea 10.0.0.254/24', 'r:eb 10.0.2.254/24 -- b:eth0 10.0.2.2/24'],
  setup: {
    'Everybody knows the way, and b serves': {
      a: 'ip route add default via 10.0.0.254',
      b: [
        'ip route add default via 10.0.2.254',
        daemon('web', servers.web, { 'It listens': 'ss -ltn | grep -q :80' }),
        daemon('greeter', servers.greeter, { 'It listens': 'ss -ltn | grep -q :25' }),
      ],
    },
  },
  walks: {
    'a asks b': {
      send: send('a', asks(80)),
      request: ['a:eth0', 'r:ea', 'r:eb', 'b:eth0'].map((point) => at(point as 'a:eth0', 'It opens', there('S'))),
      reply: ['b:eth0', 'r:eb', 'r:ea', 'a:eth0'].map((point) => at(point as 'a:eth0', 'It accepts', back('SA'))),
    },
    'a asks b, and all words are listed': {
      send: send('a', asks(80, 1)),
      request: ['a:eth0', 'r:ea', 'r:eb', 'b:eth0'].map((point) => at(point as 'a:eth0', 'It opens', there('S'))),
      later: {
        'It knows': ['a:eth0', 'r:ea', 'r:eb', 'b:eth0'].map((point) => at(point as 'a:eth0', 'It hears', there('A'))),
        'The words': ['a:eth0', 'r:ea', 'r:eb', 'b:eth0'].map((point) => at(point as 'a:eth0', 'It asks', there('PA'))),
        'Its words': ['b:eth0', 'r:eb', 'r:ea', 'a:eth0'].map((point) => at(point as 'a:eth0', 'It says', back('PA'))),
      },
    },
    'a asks b, and the words are listed': {
      send: send('a', asks(80)),
      request: ['a:eth0', 'r:ea', 'r:eb', 'b:eth0'].map((point) => at(point as 'a:eth0', 'It opens', there('S'))),
      later: {
        'The words': ['a:eth0', 'r:ea', 'r:eb', 'b:eth0'].map((point) => at(point as 'a:eth0', 'It asks', there('PA'))),
      },
    },
  },
});

interface Fault {
  command?: string;
  place: string;
  breaks: string;
  cause: string;
  says: string;
  walks?: RegExp;
}

const filter = 'iptables -A FORWARD';
const faults: Record<string, Fault> = {
  'its words, by a rule that knows no state': {
    place: 'r',
    breaks: `${filter} -p tcp --tcp-flags PSH PSH -d 10.0.2.2 -j DROP`,
    cause: 'firewall rule',
    says: 'r’s filter FORWARD drops it, by the rule: -A FORWARD -d 10.0.2.2/32',
  },
  'its words, by a stateful rule': {
    place: 'r',
    breaks: `${filter} -m conntrack --ctstate ESTABLISHED -s 10.0.0.1 -j DROP`,
    cause: 'firewall rule',
    says: 'ESTABLISHED',
  },
  'its words, by a policy': {
    place: 'r',
    breaks: `iptables -P FORWARD DROP; ${filter} -p tcp --tcp-flags SYN SYN -j ACCEPT`,
    cause: 'firewall policy',
    says: 'r’s filter FORWARD has policy drop',
  },
  'the words of the answer': {
    place: 'r',
    breaks: `${filter} -s 10.0.2.2 -m length --length 500: -j DROP`,
    cause: 'firewall rule',
    says: '--length 500',
  },
  'its words, at the server’s own INPUT': {
    place: 'b',
    breaks: 'iptables -P INPUT DROP; iptables -A INPUT -p tcp --syn -j ACCEPT',
    cause: 'firewall policy',
    says: 'b’s filter INPUT has policy drop',
  },
  'all that acknowledges, at the client’s own OUTPUT': {
    place: 'a',
    breaks: 'iptables -A OUTPUT -m conntrack --ctstate ESTABLISHED -j DROP',
    cause: 'firewall rule',
    says: 'a’s filter OUTPUT',
  },
  'what is accepted, at the client’s own INPUT': {
    place: 'a',
    breaks: 'iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j DROP',
    cause: 'firewall rule',
    says: 'a’s filter INPUT drops it',
  },
  'the acknowledgement, where the server speaks first': {
    command: listens(25),
    place: 'r',
    breaks: `${filter} -m conntrack --ctstate ESTABLISHED -s 10.0.0.1 -j DROP`,
    cause: 'firewall rule',
    says: 'ESTABLISHED',
  },
};

const mends =
  'iptables -F; for each in FORWARD INPUT OUTPUT; do iptables -P $each ACCEPT; done; conntrack -F 2>/dev/null || true';

describe('a later packet of a connection that is dropped', function () {
  this.timeout(60_000);
  let stood: Stood;
  before(async function () {
    needsNamespaces(this);
    stood = await stand(lab());
  });
  after(() => stood?.[Symbol.asyncDispose]());

  for (const [name, { command = asks(80), place, breaks, cause, says }] of Object.entries(faults))
    it(name, async () => {
      try {
        await stood.runtime.script(place, breaks);
        const { walk: own } = await walkOwn(stood, { from: 'a', command }, []);
        expect(own.causes[0]?.cause, own.evidence.join('\n')).to.equal(cause);
        expect(own.causes[0]?.sentence).to.contain(says);
        expect(own.evidence.join('\n')).to.match(/^a later packet/m);
      } finally {
        await stood.runtime.script(place, mends);
      }
    });

  const ownNetfilter: Record<string, Pick<Fault, 'place' | 'breaks' | 'cause'> & { ends: string }> = {
    'its words, at its own OUTPUT': {
      place: 'a',
      breaks: 'iptables -A OUTPUT -p tcp --tcp-flags PSH PSH -j DROP',
      cause: 'firewall rule',
      ends: 'later 2 lost at a:eth0',
    },
    'its last ACK and all that follows, at its own OUTPUT': {
      place: 'a',
      breaks: 'iptables -P OUTPUT DROP; iptables -A OUTPUT -p tcp --syn -j ACCEPT',
      cause: 'firewall policy',
      ends: 'later 1 lost at a:eth0',
    },
    'the words of the answer, at the server’s own OUTPUT': {
      place: 'b',
      breaks: 'iptables -A OUTPUT -p tcp --tcp-flags PSH PSH -j DROP',
      cause: 'firewall rule',
      ends: 'later 3 lost at b:eth0',
    },
  };
  for (const [name, { place, breaks, cause, ends }] of Object.entries(ownNetfilter))
    it(`${name}, though nothing is seen of what is listed next`, async () => {
      const planned = stood.plan.walks.find((each) => each.name === 'a asks b, and all words are listed')!;
      try {
        await stood.runtime.script(place, breaks);
        const [listed] = await walk(stood, [planned], { causes: true, isPatient: true });
        expect(outcomeText(listed!), listed!.reason ?? '').to.equal(ends);
        expect(listed!.causes[0], listed!.evidence.join('\n')).to.include({ cause, place });
        const { walk: own } = await walkOwn(stood, planned.send, []);
        expect(own.causes[0], own.evidence.join('\n')).to.include({ cause, place });
      } finally {
        await stood.runtime.script(place, mends);
      }
    });

  it('is none where all came through and the command failed for a reason of its own', async () => {
    const { walk: own } = await walkOwn(stood, { from: 'a', command: `${asks(80, 1)}; exit 3` }, []);
    expect(own).to.include({ verdict: 'failed', outcome: 'answered' });
    expect(own.causes).to.deep.equal([]);
    const waits = `timeout 0.5 bash -c 'exec 3<>/dev/tcp/10.0.2.2/80; head -c 5 <&3'`;
    const { walk: silent } = await walkOwn(stood, { from: 'a', command: waits }, []);
    expect(silent.causes).to.deep.equal([]);
  });

  it('is told of a walk whose listed packets came through, and of one that lists it', async () => {
    const { place, breaks } = faults['its words, by a stateful rule']!;
    // Connections that other tests left go on sending what is lost.
    await using fresh = await stand(lab());
    await fresh.runtime.script(place, breaks);
    const taken = async (planned: PlannedWalk) =>
      (await walk(fresh, [planned], { causes: true, isPatient: true, waitS: 0.5 }))[0]!;
    const [unlisted, , listed] = fresh.plan.walks;
    const failed = await taken(listed!);
    expect(failed).to.include({ verdict: 'failed', outcome: 'lost' });
    expect(failed.causes[0], failed.evidence.join('\n')).to.include({ cause: 'firewall rule', place: 'r' });
    const passed = await taken(unlisted!);
    expect(passed.verdict).to.equal('passed');
    expect(passed.notes.join('\n')).to.match(/^a later packet, .* \(firewall rule: r’s filter FORWARD drops it/m);
  });
});
