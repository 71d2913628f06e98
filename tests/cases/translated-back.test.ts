import { expect } from 'chai';
import { at, daemon, type Hop, ip, type Lab, send, tcp } from '../../src/index.ts';
import type { Cause } from '../../src/judge/result.ts';
import { walkOwn } from '../../src/prove/own-walk.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const [CLIENT, SERVER, SERVICE] = ['10.0.0.1', '10.0.2.2', '10.9.9.9'];
const along = (points: string[], src: string, dst: string, flags: string): Hop[] =>
  points.map((point) => at(point as 'a:eth0', 'It is here', ip({ src, dst }), tcp({ flags })));

const DNAT = 'iptables -t nat -A PREROUTING -d 10.9.9.9 -p tcp --dport 80 -j DNAT --to-destination 10.0.2.2';
const call = `timeout 1.5 bash -c 'exec 3<>/dev/tcp/${SERVICE}/80'`;

/** A client that calls a service, a router that translates, a server, and a second router that does not. */
const lab = (): Lab => ({
  title: 'A service behind a router that translates, and a second router',
  nodes: { a: 'host', r: 'router', q: 'router', b: 'host' },
  links: [
    'a:eth0 10.0.0.1/24 -- r:ea 10.0.0.254/24',
    'r:eb 10.0.2.254/24 -- b:eth0 10.0.2.2/24',
    'a:eth1 10.0.1.1/24 -- q:ea 10.0.1.254/24',
    'q:eb 10.0.3.254/24 -- b:eth1 10.0.3.2/24',
  ],
  setup: {
    'r translates, and q knows the way to a': {
      a: 'ip route add default via 10.0.0.254',
      b: [
        'ip route add default via 10.0.2.254',
        daemon('web', 'socat TCP4-LISTEN:80,fork,reuseaddr SYSTEM:cat', { 'It listens': 'ss -ltn | grep -q :80' }),
      ],
      r: DNAT,
      q: 'ip route add 10.0.0.0/24 via 10.0.1.1',
    },
  },
  walks: {
    'a calls the service': {
      send: send('a', call),
      request: [...along(['a:eth0', 'r:ea'], CLIENT, SERVICE, 'S'), ...along(['r:eb', 'b:eth0'], CLIENT, SERVER, 'S')],
      reply: [...along(['b:eth0', 'r:eb'], SERVER, CLIENT, 'SA'), ...along(['r:ea', 'a:eth0'], SERVICE, CLIENT, 'SA')],
    },
  },
});

interface Told {
  cause: string;
  place: string;
  says: RegExp;
}

interface Fault extends Told {
  breaks: Record<string, string>;
  mends: Record<string, string>;
  /** Of the listed walk, where that tells more: it knows which way was meant. */
  listed?: Told;
}

const faults: Record<string, Fault> = {
  'goes back by a router that did not translate it': {
    breaks: { b: 'ip route add 10.0.0.0/24 via 10.0.3.254' },
    mends: { b: 'ip route del 10.0.0.0/24' },
    cause: 'answer bypasses translation',
    place: 'r',
    says: /^the answer does not come back by r, which translated its request/,
    listed: { cause: 'wrong route', place: 'b', says: /^b routes 10\.0\.0\.1 by eth1 and not by eth0/ },
  },
  'is not tracked on its way back': {
    breaks: { r: 'iptables -t raw -A PREROUTING -s 10.0.2.2 -j NOTRACK' },
    mends: { r: 'iptables -t raw -F' },
    cause: 'answer not translated back',
    place: 'r',
    says: /^r translated the request to 10\.0\.2\.2, and does not translate the answer back: .* r has a rule that leaves packets untracked/,
  },
  'never comes, since nobody translates the call': {
    breaks: { r: 'iptables -t nat -F; conntrack -F 2>/dev/null' },
    mends: { r: DNAT },
    cause: 'no route',
    place: 'r',
    says: /^r has no route to 10\.9\.9\.9/,
  },
};

describe('an answer that is to be translated back', function () {
  this.timeout(30_000);
  let stood: Stood;
  before(async function () {
    needsNamespaces(this);
    stood = await stand(lab());
  });
  after(() => stood?.[Symbol.asyncDispose]());

  const type = async (lines: Record<string, string>) => {
    for (const [place, line] of Object.entries(lines)) await stood.runtime.script(place, line);
  };
  const own = async () => (await walkOwn(stood, { from: 'a', command: call }, [])).walk;
  const listed = async () => (await walk(stood, stood.plan.walks, { causes: true, isPatient: true }))[0]!;

  it('gets home', async () => {
    expect(await own()).to.include({ verdict: 'passed', outcome: 'answered' });
    expect(await listed()).to.include({ verdict: 'passed', outcome: 'answered' });
  });

  for (const [name, { breaks, mends, listed: more, ...told }] of Object.entries(faults))
    it(name, async () => {
      const isIt = (first: Cause | undefined, { cause, place, says }: Told, of: string) => {
        expect(first?.sentence, of).to.match(says);
        expect(first, of).to.include({ cause, place });
      };
      try {
        await type(breaks);
        const walked = await own();
        isIt(walked.causes[0], told, 'own walk');
        expect(walked).to.include({ verdict: 'failed', outcome: 'lost' });
        const { causes, verdict } = await listed();
        expect(verdict).to.equal('failed');
        isIt(causes[0], more ?? told, 'listed walk');
      } finally {
        await type(mends);
      }
    });
});
