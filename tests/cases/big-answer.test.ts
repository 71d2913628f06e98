import { expect } from 'chai';
import { at, daemon, ip, type Lab, send, tcp } from '../../src/index.ts';
import type { WalkResult } from '../../src/judge/result.ts';
import { walkOwn } from '../../src/prove/own-walk.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const BYTES = 60_000;
const fetch = (bytes: number) => `bash -c "timeout 2 cat < /dev/tcp/10.2.0.2/80 | wc -c | grep ${bytes}"`;
const FETCH = fetch(BYTES);
const SYN = [ip({ src: '10.1.0.2', dst: '10.2.0.2' }), tcp({ flags: 'S' })];
const SYN_ACK = [ip({ src: '10.2.0.2', dst: '10.1.0.2' }), tcp({ flags: 'SA' })];

const lab: Lab = {
  title: 'A page that takes many segments',
  nodes: { c: 'host', r: 'router', s: 'host' },
  links: ['c:e0 10.1.0.2/24 -- r:e0 10.1.0.1/24', 's:e0 10.2.0.2/24 -- r:e1 10.2.0.1/24'],
  setup: {
    'Both know the way, and s has a page': {
      c: 'ip route add default via 10.1.0.1',
      s: [
        'ip route add default via 10.2.0.1',
        `head -c ${BYTES} /dev/zero | tr '\\0' x > /run/page`,
        daemon('web', 'socat -U TCP4-LISTEN:80,fork,reuseaddr OPEN:/run/page', {
          'It listens': 'ss -ltn | grep -q :80',
        }),
      ],
    },
  },
  walks: {
    'c fetches a page': {
      send: send('c', FETCH),
      request: [at('c:e0', 'A SYN', SYN), at('r:e0', 'In', SYN), at('r:e1', 'Out', SYN), at('s:e0', 'There', SYN)],
      reply: [
        at('s:e0', 'Its answer', SYN_ACK),
        at('r:e1', 'In', SYN_ACK),
        at('r:e0', 'Out', SYN_ACK),
        at('c:e0', 'Back', SYN_ACK),
      ],
    },
  },
};

describe('a connection whose first packets get through, and whose later ones do not', function () {
  this.timeout(30_000);
  let stood: Stood;
  before(async function () {
    needsNamespaces(this);
    stood = await stand(lab);
  });
  after(() => stood?.[Symbol.asyncDispose]());

  const type = async (line: string) => expect((await stood.runtime.script('r', line)).code, line).to.equal(0);
  const walked = async (command = FETCH): Promise<WalkResult> => {
    const [planned] = stood.plan.walks;
    const [result] = await walk(stood, [{ ...planned!, send: { from: 'c', command } }], {
      causes: true,
      isPatient: true,
    });
    expect(result).to.include({ verdict: 'passed', outcome: 'answered' });
    return result!;
  };
  const laterIn = (notes: readonly string[]) => notes.filter((note) => /later packet/.test(note));

  it('says nothing of them where all get through, be it that its command fails', async () => {
    expect((await walked()).notes).to.deep.equal([]);
    const { command, notes } = await walked(fetch(BYTES + 1));
    expect(command.code).to.equal(1);
    expect(laterIn(notes)).to.deep.equal([]);
    const { walk: own } = await walkOwn(stood, { from: 'c', command: fetch(BYTES + 1) }, []);
    expect(own).to.deep.include({ verdict: 'failed', causes: [] });
    expect(laterIn(own.evidence)).to.deep.equal([]);
  });

  it('says how far they came, and why no further', async () => {
    await type('ip link set e0 mtu 1400 && iptables -A OUTPUT -p icmp -j DROP');
    const { command, notes, causes } = await walked();
    expect(command.code).to.equal(1);
    const [note, ...others] = laterIn(notes);
    expect(others).to.deep.equal([]);
    expect(note).to.match(
      /^a later packet of the answer, 1500 bytes long, was sent \d+ times: it came to r:e1 and no further \(MTU too small: .*e0 has mtu 1400/,
    );
    expect(causes, 'the walk is as listed').to.deep.equal([]);
    const { walk: own } = await walkOwn(stood, { from: 'c', command: FETCH }, []);
    expect(own).to.include({ outcome: 'answered', verdict: 'failed' });
    expect(own.causes.map(({ cause, place }) => `${cause} at ${place}`)).to.deep.equal(['MTU too small at r']);
    expect(laterIn(own.evidence)).to.have.length(1);
    await type('ip link set e0 mtu 1500 && iptables -F OUTPUT');
  });
});
