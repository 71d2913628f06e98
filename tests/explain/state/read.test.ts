import { expect } from 'chai';
import { emptyState, type PlaceState } from '../../../src/explain/state/place-state.ts';
import { questions } from '../../../src/explain/state/questions.ts';
import { readStates, stateFrom } from '../../../src/explain/state/read.ts';
import { saidTo, scriptOf } from '../../../src/explain/state/script.ts';
import type { Lab } from '../../../src/index.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../../stand.ts';

const asked = questions([]);
const index = (program: string) => asked.findIndex((each) => each.program === program);

/** What a script prints that came to some questions, with what each printed and how it ended. */
const printed = (answers: { program: string; stdout?: string; code?: number }[]) =>
  answers
    .map(
      ({ program, stdout = '', code }) =>
        `\x1e${index(program)}\n${stdout}${code === undefined ? '' : `\x1e=${code}\n`}`,
    )
    .join('');

describe('what a place said to the questions of a script', () => {
  it('is told apart by question, and one that did not end is known', () => {
    const stdout = printed([
      { program: 'grep', stdout: '/proc/sys/net/ipv4/ip_forward:1\n', code: 2 },
      { program: 'nft', stdout: 'table ip nat {' },
    ]);
    const said = saidTo(asked, { stdout, stderr: `\x1e${index('grep')}\nnoise\n\x1e${index('nft')}\n` });
    expect(said.map(({ question, ...rest }) => ({ program: question.program, ...rest }))).to.deep.equal([
      { program: 'grep', stdout: '/proc/sys/net/ipv4/ip_forward:1\n', stderr: 'noise', code: 2 },
      { program: 'nft', stdout: 'table ip nat {', stderr: '' },
    ]);
    const { sysctls, ruleset, unasked, unread } = stateFrom('a', asked, said);
    expect(sysctls).to.deep.equal({ 'net.ipv4.ip_forward': '1' });
    expect(ruleset).to.equal('');
    expect(unread).to.include('ruleset').and.to.include('links').and.not.to.include('sysctls');
    expect(unasked).to.include('a: `nft -s -a list ruleset` did not end in time; not known: firewall rules');
  });

  it('is whole where ip(8) ends since the kernel has no IPsec', () => {
    const at = asked.findIndex(({ parts }) => parts.includes('xfrm'));
    const lo = '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    link/loopback 00:00:00:00:00:00\n';
    const stdout = `\x1e${at}\ndefault via 10.0.0.1 dev eth0\n${lo}0:\tfrom all lookup local\n${lo}${lo}${lo}\x1e=1\n`;
    const stderr = `\x1e${at}\nCannot open netlink socket: Protocol not supported\n`;
    const { routes, rules, unread } = stateFrom('a', asked, saidTo(asked, { stdout, stderr }));
    expect(routes.map(({ text }) => text)).to.deep.equal(['default via 10.0.0.1 dev eth0']);
    expect(rules).to.have.length(1);
    expect(unread).to.not.include.members(['routes']);
  });

  it('is without the answer of one command of a batch, where only that one failed', () => {
    const stdout = printed([{ program: 'bridge', stdout: 'aa:bb:cc:dd:ee:ff dev v1 master br0 \n', code: 1 }]);
    const stderr = `\x1e${index('bridge')}\nDump terminated\nCommand failed -:2\n`;
    const { fdb, unread, unasked } = stateFrom(
      'a',
      asked.slice(index('bridge'), index('bridge') + 1),
      saidTo(asked, { stdout, stderr }),
    );
    expect(fdb).to.have.length(1);
    expect(unread).to.deep.equal(['vlans']);
    expect(unasked).to.deep.equal(['a: bridge failed: Dump terminated; not known: VLANs of bridges']);
  });

  it('says that rules of iptables-legacy are there, which nft does not list', () => {
    const stdout = printed([{ program: 'grep', stdout: '/proc/net/ip_tables_names:filter\n', code: 0 }]);
    const { unasked } = stateFrom('a', asked, saidTo(asked, { stdout, stderr: '' }));
    expect(unasked.at(-1)).to.equal('a: tables of iptables-legacy are in use, which nft does not list: filter');
  });

  it('is read by few processes', () => {
    expect(asked.length + 1).to.be.at.most(10);
    expect(scriptOf(asked)).to.not.match(/\||\$\(|`/);
  });
});

const lab = (): Lab => ({
  ...twoHosts(),
  setup: {
    'Something of each kind': {
      a: `
        ip link add br0 up type bridge
        ip link add vx up type vxlan id 7 local 10.0.0.1 dev eth0 dstport 8472 nolearning
        bridge fdb append 0e:00:00:00:00:02 dev vx dst 10.0.0.2 self permanent
        ip link set vx master br0
        ip route add blackhole 10.88.2.0/26
        ip route add 10.77.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.3
        ip rule add fwmark 0x7 lookup 100
        ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0
        ip neigh add proxy 10.0.0.7 dev eth0
        sysctl -w net.ipv4.conf.eth0.rp_filter=2
        tc qdisc add dev eth0 root pfifo limit 7
        nft add table inet wall
        nft add chain inet wall pass { type filter hook forward priority 0 \\; policy drop \\; }`,
    },
  },
});

describe('the state of places that stand', () => {
  let stood: Stood;
  before(async function () {
    needsNamespaces(this);
    stood = await stand(lab());
  });
  after(() => stood?.[Symbol.asyncDispose]());

  /** The lab's runtime whose scripts begin with lines of one's own. */
  const beginning = (...lines: string[]): Pick<Runtime, 'has' | 'script'> => ({
    has: stood.runtime.has,
    script: (place, script, options) => stood.runtime.script(place, [...lines, script].join('\n'), options),
  });
  const read = async (runtime: Pick<Runtime, 'has' | 'script'>, timeoutMs = 10_000): Promise<PlaceState> =>
    (await readStates(runtime, stood.plan, ['a'], { timeoutMs })).get('a')!;

  it('is all that was set up there', async () => {
    const state = await read(stood.runtime);
    expect(state.unasked).to.deep.equal([]);
    expect(state.links.find(({ name }) => name === 'vx')).to.deep.include({ kind: 'vxlan', master: 'br0', mtu: 1450 });
    expect(state.links.find(({ name }) => name === 'vx')!.data).to.include({ id: 7, port: 8472, local: '10.0.0.1' });
    expect(state.links.find(({ name }) => name === 'eth0')!.addresses[0]).to.include({ address: '10.0.0.1' });
    expect(state.routes.find(({ type }) => type === 'blackhole')?.dst).to.equal('10.88.2.0/26');
    expect(state.routes.find(({ dst }) => dst === '10.77.0.0/16')?.nexthops).to.have.length(2);
    expect(state.rules.map(({ words }) => words.fwmark)).to.include('0x7');
    expect(state.neighbours.find(({ address }) => address === '10.0.0.9')?.state).to.equal('PERMANENT');
    expect(state.neighbours.find(({ address }) => address === '10.0.0.7')?.proxy).to.equal(true);
    expect(state.fdb.find(({ words }) => words.dst === '10.0.0.2')?.device).to.equal('vx');
    expect(state.sysctls).to.include({ 'net.ipv4.conf.eth0.rp_filter': '2' });
    expect(state.qdiscs.find(({ device }) => device === 'eth0')?.kind).to.equal('pfifo');
    expect(state.sockets.some(({ port }) => port === 8472)).to.equal(true);
    expect(state.ruleset).to.include('table inet wall').and.to.include('policy drop');
  });

  it('lacks what is left out, and nothing is said of it', async () => {
    const options = { timeoutMs: 10_000, leaveOut: ['sockets', 'qdiscs'] as const };
    const state = (await readStates(stood.runtime, stood.plan, ['a'], options)).get('a')!;
    expect(state).to.deep.include({ sockets: [], qdiscs: [], unread: ['sockets', 'qdiscs'], unasked: [] });
    expect(state.routes.length).to.be.above(0);
  });

  it('lacks what a program that is not there would tell, and says so', async () => {
    const links = 'mkdir -p /tmp/few && for p in ip bridge nft ss grep; do ln -sf $(command -v $p) /tmp/few; done';
    const state = await read(beginning(links, 'PATH=/tmp/few'));
    expect(state.unread).to.deep.equal(['qdiscs']);
    expect(state.unasked).to.have.length(1);
    expect(state.unasked[0]).to.match(/^a: tc cannot be run there: .*not found; not known: queueing disciplines$/);
    expect(state.ruleset).to.include('table inet wall');
  });

  it('lacks what a program that hangs would tell, and has what comes after it', async () => {
    const hangs = 'mkdir -p /tmp/hangs; printf "#!/bin/sh\\nsleep 60\\n" >/tmp/hangs/nft; chmod +x /tmp/hangs/nft';
    const state = await read(beginning(hangs, 'PATH=/tmp/hangs:$PATH'), 3000);
    expect(state.unread).to.deep.equal(['ruleset']);
    expect(state.unasked).to.deep.equal(['a: `nft -s -a list ruleset` did not end in time; not known: firewall rules']);
    expect(state.sockets).to.not.equal(undefined);
    expect(state.qdiscs.length).to.be.above(0);
    expect(state.routes.length).to.be.above(0);
  });

  it('is empty of a place that is wire, is gone, or says nothing, and the others have theirs', async () => {
    const runtime: Pick<Runtime, 'has' | 'script'> = {
      has: (place) => place !== 'wire',
      script(place, script, options) {
        if (place === 'gone') return Promise.reject(new Error('no place gone'));
        if (place === 'silent') return new Promise(() => {});
        return stood.runtime.script(place, script, options);
      },
    };
    const states = await readStates(runtime, stood.plan, ['wire', 'gone', 'silent', 'b'], { timeoutMs: 2000 });
    expect(states.get('wire')!.unasked).to.deep.equal(['wire is only wire here: nothing can be asked there']);
    expect(states.get('gone')!.unasked).to.deep.equal(['gone cannot be asked: no place gone']);
    expect(states.get('silent')!.unasked[0]).to.match(/^silent cannot be asked: it did not answer within \d+ ms$/);
    expect(states.get('gone')!.unread).to.have.members(
      Object.keys(emptyState()).filter(
        (part) => !['unasked', 'unread', 'routes6', 'neighbours6', 'handles'].includes(part),
      ),
    );
    expect(states.get('b')!.unasked).to.deep.equal([]);
    expect(states.get('b')!.links.map(({ name }) => name)).to.include('eth0');
  });
});

describe('many places that are asked', () => {
  it('are asked only so many at once, by whichever callers', async () => {
    let [underWay, most, all] = [0, 0, 0];
    const runtime: Pick<Runtime, 'has' | 'script'> = {
      has: () => true,
      async script() {
        most = Math.max(most, ++underWay);
        all++;
        await new Promise(setImmediate);
        underWay--;
        return { command: '', code: 0, stdout: printed([{ program: 'ss', code: 0 }]), stderr: '' };
      },
    };
    const places = Array.from({ length: 40 }, (_, i) => `p${i}`);
    const ask = () => readStates(runtime, { daemons: [] }, places, { timeoutMs: 1000, atOnce: 7 });
    await Promise.all([ask(), ask()]);
    expect({ most, all: all >= 80 }).to.deep.equal({ most: 7, all: true });
  });
});
